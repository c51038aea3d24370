#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# The interface is deleted under a running, a stopped and a deaf testpmd, and
# the device is attached again, with the same arguments.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

ROUNDS=3

# count PATTERN : lines of testpmd's output that have it.
count()
{
	grep -c "$1" "${TESTPMD_LOG[a]}"
}

has()
{
	[ "$(count "$1")" -ge "$2" ]
}

delete_iface()
{
	ip -n "$NETNS" link del "$DEMO_IFACE"
}

# testpmd detaches the device itself a moment after it was told.
is_detached()
{
	has 'is detached' "$1"
}

attach()
{
	testpmd_cmd a port attach "$DEVICE" >"$SCRATCH/attach"
	testpmd_cmd a stop >/dev/null
	testpmd_cmd a port start all >/dev/null
	testpmd_cmd a start >/dev/null
	address_iface "$DEMO_IFACE"
}

open_files()
{
	find "/proc/${TESTPMD_PID[a]}/fd" -mindepth 1 | wc -l
}

told_cases()
{
	local round files

	for ((round = 1; round <= ROUNDS; round++)); do
		check "round $round: deleted" delete_iface
		check "round $round: testpmd detaches the device" poll 10 is_detached "$round"
		same "round $round: it was told once" "$(count 'device removal event')" "$round"
		[ "$round" -gt 1 ] || files=$(open_files)
		same "round $round: as many files are open" "$(open_files)" "$files"
		check "round $round: the device is attached again" attach
		same "round $round: answers" "$(replies 3 0.1)" 3
	done
}

# Stopped ports are removed, too.
stopped_cases()
{
	testpmd_cmd a stop >/dev/null
	testpmd_cmd a port stop all >/dev/null
	check "stopped: deleted" delete_iface
	check "stopped: testpmd detaches the device" poll 10 is_detached $((ROUNDS + 1))
	check "stopped: the device is attached again" attach
	same "stopped: answers" "$(replies 3 0.1)" 3
}

# Nobody tells it: it goes on polling until somebody closes the port.
deaf_cases()
{
	local before after

	same "not told: answers" "$(replies 3 0.1)" 3
	check "not told: deleted" delete_iface
	before=$(testpmd_cmd a show port stats 0 | sed -n 's/.*RX-packets: *\([0-9]*\).*/\1/p')
	check "not told: statistics are read" test "${before:-0}" -ge 3
	after=$(testpmd_cmd a show port stats 0 | grep -c 'RX-errors: 0$')
	same "not told: bursts are quiet" "$after" 1
	same "not told: link is down" \
		"$(testpmd_cmd a show port info 0 | sed -n 's/^Link status: //p')" down
	same "not told: no event" "$(count 'device removal event')" 0
	testpmd_cmd a stop >/dev/null
	testpmd_cmd a port stop 0 >/dev/null
	testpmd_cmd a port close 0 >/dev/null
	check "not told: closes" has 'Port 0 is closed' 1
}

begin_scenario delete
tap_plan $((6 * ROUNDS + 14))
DEVICE=net_rtap0,iface=$DEMO_IFACE

start_testpmd a "$DEVICE"
address_iface "$DEMO_IFACE"
same "answers" "$(replies 3 0.1)" 3
told_cases
stopped_cases
check "quit ends well" stop_testpmd a

start_testpmd a "$DEVICE" --no-rmv-interrupt
address_iface "$DEMO_IFACE"
deaf_cases
check "not told: quit ends well" stop_testpmd a
