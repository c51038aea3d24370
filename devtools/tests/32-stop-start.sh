#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# The port is stopped and started again without a new queue set-up; what the
# administrator gave to the interface stays.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

HOST6=2001:db8::1/64
ROUNDS=5

addresses()
{
	ip -n "$NETNS" -o addr show dev "$DEMO_IFACE" scope global |
		awk '{ print $4 }' | sort | tr '\n' ' '
}

stop_and_start()
{
	testpmd_cmd a stop && testpmd_cmd a port stop 0 &&
		testpmd_cmd a port start 0 && testpmd_cmd a start
}

begin_scenario stop-start
tap_plan $((3 * ROUNDS + 3))

start_testpmd a "net_rtap0,iface=$DEMO_IFACE"
address_iface "$DEMO_IFACE"
ip -n "$NETNS" addr add "$HOST6" dev "$DEMO_IFACE" nodad
wanted=$(addresses)
same "before: IPv4 and IPv6 address" "$wanted" "$DEMO_HOST/24 $HOST6 "
same "before: answers" "$(replies 3 0.1)" 3
for ((round = 1; round <= ROUNDS; round++)); do
	check "round $round: stop and start" stop_and_start
	same "round $round: answers" "$(replies 3 0.1)" 3
	same "round $round: addresses kept" "$(addresses)" "$wanted"
done
check "quit ends well" stop_testpmd a
