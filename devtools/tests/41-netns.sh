#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# The interface is moved to other network namespaces and back, under other names
# and other indices, while testpmd stays where it is: it answers and is in
# control everywhere. The end of a namespace is that of the interface in it.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

# other_netns NAME : a further namespace, its name in the variable NAME.
other_netns()
{
	local name=rtap-netns-$1-$$

	on_exit remove_other "$name"
	ip netns add "$name" || die "cannot make a network namespace"
	printf -v "$1" '%s' "$name"
}

remove_other()
{
	[ ! -e "/run/netns/$1" ] || ip netns del "$1"
}

# settle NETNS IFACE : what an administrator does with an interface that has arrived.
settle()
{
	ip -n "$1" addr replace "$DEMO_HOST/24" dev "$2" && ip -n "$1" link set "$2" up
}

answers()
{
	local got

	got=$(ip netns exec "$1" ping -n -q -c 3 -i 0.1 -W 2 "$DEMO_PEER" 2>&1 |
		sed -n 's/.* \([0-9]*\) received.*/\1/p')
	same "$2" "$got" 3
}

move()
{
	ip -n "$1" link set "$DEMO_IFACE" netns "$2" ${3:+name "$3"}
}

shows()
{
	ip -n "$1" -d link show dev "$2" 2>/dev/null | grep -q -- "$3"
}

has_events()
{
	[ "$(grep -c 'Port 0: link state change event' "${TESTPMD_LOG[a]}")" -ge "$1" ]
}

told()
{
	poll 10 has_events "$2"
	same "$1" "$(grep -c 'Port 0: link state change event' "${TESTPMD_LOG[a]}")" "$2"
}

control_cases()
{
	testpmd_cmd a port config mtu 0 1400 >/dev/null
	check "MTU is set there" shows "$OTHER" "$DEMO_IFACE" 'mtu 1400 '
	testpmd_cmd a mac_addr set 0 02:00:00:00:00:42 >/dev/null
	check "MAC address is set there" shows "$OTHER" "$DEMO_IFACE" 02:00:00:00:00:42
	testpmd_cmd a set link-down port 0 >/dev/null
	check "link is set down there" shows "$OTHER" "$DEMO_IFACE" 'state DOWN'
	told "which is told" 3
	testpmd_cmd a set link-up port 0 >/dev/null
	told "as is link-up" 4
	testpmd_cmd a show port stats 0 >"$SCRATCH/stats"
	check "statistics are read" grep -q 'RX-packets: [1-9]' "$SCRATCH/stats"
}

restart_cases()
{
	testpmd_cmd a stop >/dev/null
	testpmd_cmd a port stop 0 >/dev/null
	check "stopped there: no carrier" shows "$OTHER" "$DEMO_IFACE" NO-CARRIER
	testpmd_cmd a port start 0 >/dev/null
	testpmd_cmd a start >/dev/null
	answers "$OTHER" "started there: answers"
	testpmd_cmd a stop >/dev/null
	testpmd_cmd a port stop 0 >/dev/null
	testpmd_cmd a port config all rxq 4 >/dev/null
	testpmd_cmd a port config all txq 4 >/dev/null
	testpmd_cmd a port start 0 >/dev/null
	testpmd_cmd a start >/dev/null
	check "more queues there" shows "$OTHER" "$DEMO_IFACE" 'numqueues 4 '
	answers "$OTHER" "with more queues: answers"
}

# The index is taken where the interface goes, and its old one where it was.
index_cases()
{
	local index

	index=$(in_netns cat "/sys/class/net/$DEMO_IFACE/ifindex")
	ip -n "$THIRD" link add stranger0 index "$index" type bridge
	check "moved to where its index is taken" move "$NETNS" "$THIRD"
	ip -n "$NETNS" link add stranger0 index "$index" type bridge
	settle "$THIRD" "$DEMO_IFACE"
	answers "$THIRD" "answers there"
	testpmd_cmd a port config mtu 0 1300 >/dev/null
	check "MTU is set there, too" shows "$THIRD" "$DEMO_IFACE" 'mtu 1300 '
	check "who has its index there keeps his MTU" shows "$THIRD" stranger0 'mtu 1500 '
	check "who has its old index keeps his MTU" shows "$NETNS" stranger0 'mtu 1500 '
}

is_detached()
{
	grep -q 'Port 0 is closed' "${TESTPMD_LOG[a]}"
}

# Queues that were opened in a namespace keep it: so the last one is another.
end_cases()
{
	check "its namespace is deleted" ip netns del "$THIRD"
	check "its end is the removal of the device" poll 10 is_detached
	same "which is told once" "$(grep -c 'device removal event' "${TESTPMD_LOG[a]}")" 1
	check "testpmd lives" testpmd_cmd a show port summary all
}

begin_scenario netns
other_netns OTHER
other_netns THIRD
tap_plan 29

start_testpmd a "net_rtap0,iface=$DEMO_IFACE"
address_iface "$DEMO_IFACE"
answers "$NETNS" "answers at home"
check "moved to another namespace" move "$NETNS" "$OTHER"
told "moving takes the link down" 1
check "is brought up there" settle "$OTHER" "$DEMO_IFACE"
told "which is told" 2
answers "$OTHER" "answers there"
control_cases
restart_cases

check "moved back with another name" move "$OTHER" "$NETNS" io7
settle "$NETNS" io7
answers "$NETNS" "answers at home again"
testpmd_cmd a port config mtu 0 1450 >/dev/null
check "MTU is set at home" shows "$NETNS" io7 'mtu 1450 '
ip -n "$NETNS" link set io7 down
ip -n "$NETNS" link set io7 name "$DEMO_IFACE"
ip -n "$NETNS" link set "$DEMO_IFACE" up

index_cases
end_cases
check "quit ends well" stop_testpmd a
