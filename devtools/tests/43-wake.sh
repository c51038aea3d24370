#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Threads that sleep on Rx interrupts, with link status events on: a frame that comes
# while they fall asleep wakes them, and nothing else does. RTAP_FRAMES is how many
# frames in all: 21,000, or a million and more if RTAP_FULL is 1.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

[ "${RTAP_FULL:-0}" != 1 ] || : "${RTAP_FRAMES:=1020000}"
: "${RTAP_FRAMES:=21000}"
# As many queues and as many threads; all queues in one thread is what l3fwd-power does.
SHAPES="1/1 4/1 4/4"
MAX_REST_US=10000

# value KEY
value()
{
	sed -n "s/^sent=.*\<$1=\([0-9]*\).*/\1/p" "$SCRATCH/wake"
}

# hunt QUEUES SLEEPERS
hunt()
{
	# shellcheck disable=SC2086 # a list of words
	eal_command "$WAKE" $SMALL_MEMORY "--vdev=net_rtap0,iface=$DEMO_IFACE" -- \
		--iface "$DEMO_IFACE" --frames $((RTAP_FRAMES / 3)) --queues "$1" --sleepers "$2" \
		${RTAP_SOAK_SEED:+--seed "$RTAP_SOAK_SEED"}
	in_netns timeout -k 5 $((60 + RTAP_FRAMES / 300)) "${EAL_COMMAND[@]}" \
		>"$SCRATCH/wake" 2>&1
}

begin_scenario wake
WAKE=$RTAP_BUILD/devtools/soak/rtap_wake
[ -x "$WAKE" ] || die "no program at $WAKE: build first"
tap_plan 15

# The kernel is to say nothing of its own accord.
in_netns sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
for shape in $SHAPES; do
	queues=${shape%/*}
	sleepers=${shape#*/}
	name="$queues queue(s), $sleepers thread(s)"
	hunt "$queues" "$sleepers"
	status=$?
	if ! same "$name: each frame wakes" "$(value taken)" $((RTAP_FRAMES / 3)) ||
			[ $status -ne 0 ]; then
		note "$(tail -n 5 "$SCRATCH/wake")"
	fi
	same "$name: all threads end" $status 0
	check "$name: frames come while the interrupt is enabled" test "$(value during)" -gt 0
	check "$name: with events of the link meanwhile" test "$(value changes)" -gt 0
	check "$name: at rest no CPU is used" test "$(value rest_us)" -le $MAX_REST_US
	note "$(grep '^seed=' "$SCRATCH/wake") $(grep '^sent=' "$SCRATCH/wake")"
done
