#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Devices come and go while testpmd runs, and many of them run side by side.
# RTAP_CYCLES is how often one is attached and detached, 150 by default.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

: "${RTAP_CYCLES:=150}"
# Libraries and testpmd make some things at the first use, and keep them.
WARM_UP=30
# At a time: the log is searched for prompts again and again while they run.
BATCH=50
BATCH_SECONDS=60
MAX_GROWTH_KB=128
MANY=64

fds()
{
	find "/proc/${TESTPMD_PID[a]}/fd" -mindepth 1 | wc -l
}

rss_kb()
{
	sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/${TESTPMD_PID[a]}/status"
}

# batch COUNT : so many cycles, of four commands each.
batch()
{
	local i

	: >"${TESTPMD_LOG[a]}"
	for ((i = 0; i < $1; i++)); do
		printf '%s\n' "port attach net_rtap1,iface=$DEMO_IFACE" \
			"port start 1" "port stop 1" "port detach 1"
	done >&"${TESTPMD_FD[a]}"
	poll $BATCH_SECONDS testpmd_prompted_or_gone a $(($1 * 4 - 1))
	[ "$(grep -c 'is attached' "${TESTPMD_LOG[a]}")" -eq "$1" ] &&
		[ "$(grep -c 'is detached' "${TESTPMD_LOG[a]}")" -eq "$1" ]
}

cycles()
{
	local left n

	for ((left = $1; left > 0; left -= n)); do
		n=$((left < BATCH ? left : BATCH))
		if ! batch $n; then
			tail -n 20 "${TESTPMD_LOG[a]}"
			return 1
		fi
	done
}

many_vdevs()
{
	local i

	for ((i = 0; i < MANY; i++)); do
		printf '%s ' "net_rtap$i,iface=many$i"
	done
}

# all_answer : how many do, each on a network of its own.
all_answer()
{
	local i good=0

	for ((i = 0; i < MANY; i++)); do
		address_iface "many$i" "10.1.$i.1/24"
	done
	for ((i = 0; i < MANY; i++)); do
		[ "$(replies 1 0.1 "10.1.$i.2")" = 1 ] && good=$((good + 1))
	done
	echo $good
}

many_gone()
{
	! ip -n "$NETNS" -o link | grep -q many
}

# max_devices : what DPDK was built for.
max_devices()
{
	sed -n 's/^#define RTE_MAX_ETHPORTS \([0-9]*\)$/\1/p' \
		"$RTAP_BUILD/subprojects/dpdk/rte_build_config.h"
}

many_cases()
{
	local many="$MANY devices" max

	max=$(max_devices)
	if [ "${max:-0}" -lt $MANY ]; then
		skip "$many: all answer" "this DPDK is built for $max, see -Ddpdk:max_ethports"
		skip "$many: quit ends well" "this DPDK is built for $max"
		skip "$many: gone after quit" "this DPDK is built for $max"
		return
	fi
	start_testpmd many "$(many_vdevs)"
	same "$many: all answer" "$(all_answer)" $MANY
	check "$many: quit ends well" stop_testpmd many
	check "$many: gone after quit" poll 5 many_gone
}

begin_scenario hotplug
tap_plan 13

start_testpmd a net_rtap0,iface=stay0
address_iface stay0
{
	testpmd_cmd a stop
	testpmd_cmd a "port attach net_rtap1,iface=$DEMO_IFACE"
	testpmd_cmd a port start 1
	testpmd_cmd a start
} >"$SCRATCH/out"
address_iface "$DEMO_IFACE" 198.51.100.1/24
same "attach: the new port answers" "$(replies 3 0.1 198.51.100.2)" 3
same "attach: the other one goes on" "$(replies 3 0.1)" 3
{
	testpmd_cmd a stop
	testpmd_cmd a port stop 1
	testpmd_cmd a port detach 1
} >"$SCRATCH/out"
check "detach: the interface is gone" poll 5 iface_gone "$DEMO_IFACE"

# As a user finds out who mistypes a name.
testpmd_cmd a "port attach net_rtap1,iface=lo" >"$SCRATCH/out"
says "attach that is refused: says why" "${TESTPMD_LOG[a]}" "interface 'lo' is no TAP"
testpmd_cmd a "port attach net_rtap1,iface=$DEMO_IFACE" >"$SCRATCH/out"
check "attach that is refused: the next one works" iface_exists "$DEMO_IFACE"
testpmd_cmd a port detach 1 >"$SCRATCH/out"

check "cycles: $WARM_UP to warm up" cycles $WARM_UP
fds=$(fds)
rss=$(rss_kb)
check "cycles: $RTAP_CYCLES of attach, start, stop, detach" cycles "$RTAP_CYCLES"
same "cycles: as many descriptors as before" "$(fds)" "$fds"
growth=$(($(rss_kb) - rss))
if ldd "$RTAP_TESTPMD" | grep -q libasan; then
	skip "cycles: no more memory than before" "the address sanitizer keeps freed memory"
else
	check "cycles: no more memory than before" [ $growth -le $MAX_GROWTH_KB ]
fi
note "$rss kB, and $growth kB more after $RTAP_CYCLES cycles"
check "cycles: quit ends well" stop_testpmd a

many_cases
