#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# The link goes down and up, by whoever's hand; testpmd is told once each time.
# What is built upon the interface notices when the port is stopped, and what
# the administrator gave to the interface stays.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

ROUNDS=5
HOST6=2001:db8::1/64

# events KEY : how often testpmd was told that the link of the first port changed.
events()
{
	grep -c 'Port 0: link state change event' "${TESTPMD_LOG[$1]}"
}

has_events()
{
	[ "$(events a)" -ge "$1" ]
}

# told NAME COUNT : so many events, and no more.
told()
{
	poll 10 has_events "$2"
	same "$1" "$(events a)" "$2"
}

port_link()
{
	testpmd_cmd a show port info 0 | sed -n 's/^Link status: //p'
}

# iface_set NAME WORD... : as an administrator does.
iface_set()
{
	ip -n "$NETNS" link set dev "$@"
}

carrier()
{
	in_netns cat "/sys/class/net/$1/carrier"
}

has_carrier()
{
	[ "$(carrier "$1")" = "$2" ]
}

# All that the administrator gave: addresses and routes of both families.
given()
{
	ip -n "$NETNS" -o addr show dev "$DEMO_IFACE" scope global | awk '{ print $4 }'
	ip -n "$NETNS" -4 route show dev "$DEMO_IFACE"
	ip -n "$NETNS" -6 route show dev "$DEMO_IFACE" | grep -v '^fe80\|^multicast'
}

down_and_up_cases()
{
	local round

	same "link is up after the start" "$(port_link)" up
	check "interface is set down" iface_set "$DEMO_IFACE" down
	told "the application is told" 1
	same "link of the port is down" "$(port_link)" down
	check "interface is set up" iface_set "$DEMO_IFACE" up
	told "the application is told again" 2
	same "link of the port is up" "$(port_link)" up
	same "answers" "$(replies 3 0.1)" 3
	for ((round = 1; round <= ROUNDS; round++)); do
		iface_set "$DEMO_IFACE" down && iface_set "$DEMO_IFACE" up
	done
	told "each of many changes is told once" $((2 + 2 * ROUNDS))
	EVENTS=$((2 + 2 * ROUNDS))
}

carrier_cases()
{
	iface_set "$DEMO_IFACE" carrier off
	told "loss of carrier is told" $((EVENTS + 1))
	iface_set "$DEMO_IFACE" carrier on
	told "return of carrier is told" $((EVENTS + 2))
	EVENTS=$((EVENTS + 2))
}

# Only what is asked for by name does what the administrator would do.
port_cases()
{
	testpmd_cmd a set link-down port 0 >/dev/null
	told "link-down of the port is told" $((EVENTS + 1))
	check "it sets the interface down" grep -q 'state DOWN' \
		<<<"$(ip -n "$NETNS" link show dev "$DEMO_IFACE")"
	testpmd_cmd a set link-up port 0 >/dev/null
	told "link-up of the port is told" $((EVENTS + 2))
	same "answers after link-up" "$(replies 3 0.1)" 3
	EVENTS=$((EVENTS + 2))
}

# refusals KEY : how often it was told that the port cannot have an MTU.
refusals()
{
	grep -c 'MTU [0-9]* of the interface makes frames too long' "${TESTPMD_LOG[$1]}"
}

has_refusals()
{
	[ "$(refusals a)" -ge "$1" ]
}

# refused_mtu NAME COUNT : so many of them, and no more.
refused_mtu()
{
	poll 10 has_refusals "$2"
	same "$1" "$(refusals a)" "$2"
}

mtu_cases()
{
	iface_set "$DEMO_IFACE" mtu 9000
	refused_mtu "an MTU that the mbufs are too small for is told at once" 1
	iface_set "$DEMO_IFACE" txqueuelen 2000
	iface_set "$DEMO_IFACE" mtu 9001
	refused_mtu "the next one, too, and nothing in between" 2
	stop_port >/dev/null
	start_port >/dev/null
	refused_mtu "once more by a start" 3
	iface_set "$DEMO_IFACE" mtu 1500
	iface_set "$DEMO_IFACE" mtu 9001
	refused_mtu "once more after one that the port could have" 4
	iface_set "$DEMO_IFACE" mtu 1500
	same "answers with the usual one" "$(replies 3 0.1)" 3
}

stop_port()
{
	testpmd_cmd a stop && testpmd_cmd a port stop 0
}

start_port()
{
	testpmd_cmd a port start 0 && testpmd_cmd a start
}

restart_cases()
{
	local wanted

	ip -n "$NETNS" addr add "$HOST6" dev "$DEMO_IFACE" nodad
	ip -n "$NETNS" route add 203.0.113.0/24 via "$DEMO_PEER" dev "$DEMO_IFACE"
	ip -n "$NETNS" -6 route add 2001:db8:1::/64 via 2001:db8::2 dev "$DEMO_IFACE"
	wanted=$(given)
	same "addresses and routes are there" "$(wc -l <<<"$wanted")" 6
	check "port stops" stop_port
	same "a stopped port has no carrier" "$(carrier "$DEMO_IFACE")" 0
	check "its interface stays up" grep -q '[<,]UP[,>]' \
		<<<"$(ip -n "$NETNS" link show dev "$DEMO_IFACE")"
	check "port starts" start_port
	check "a started port has a carrier" poll 5 has_carrier "$DEMO_IFACE" 1
	same "stop and start lost no address and no route" "$(given)" "$wanted"
	same "answers after the restart" "$(replies 3 0.1)" 3
	told "stop and start are no events" "$EVENTS"
}

bridge_state_is()
{
	grep -q "state $1" <<<"$(bridge -n "$NETNS" link show dev "$DEMO_IFACE")"
}

# A bridge tells of its ports in messages that resemble those about links.
bridge_cases()
{
	ip -n "$NETNS" link add br0 type bridge || return
	ip -n "$NETNS" link set br0 up
	iface_set "$DEMO_IFACE" master br0
	check "bridge: forwards to the port" poll 5 bridge_state_is forwarding
	stop_port >/dev/null
	check "bridge: notices that the port is stopped" poll 5 bridge_state_is disabled
	start_port >/dev/null
	check "bridge: notices the start" poll 5 bridge_state_is forwarding
	iface_set "$DEMO_IFACE" nomaster
	iface_set "$DEMO_IFACE" down
	told "bridge: to join and leave it are no events" $((EVENTS + 1))
	iface_set "$DEMO_IFACE" up
	ip -n "$NETNS" link del br0
}

# What is stacked upon an interface has its carrier, and tells its own users.
macvlan_cases()
{
	ip -n "$NETNS" link add link "$DEMO_IFACE" name stack0 type macvlan || return
	iface_set stack0 up
	check "macvlan: has the carrier of the port" poll 5 has_carrier stack0 1
	stop_port >/dev/null
	check "macvlan: notices that the port is stopped" poll 5 has_carrier stack0 0
	start_port >/dev/null
	check "macvlan: notices the start" poll 5 has_carrier stack0 1
	ip -n "$NETNS" link del stack0
}

active_is()
{
	grep -q "Currently Active Slave: $1" <<<"$(in_netns cat /proc/net/bonding/bond0)"
}

bond_cases()
{
	local names=("both ports in it" "goes to the other when one stops" "comes back at its start")
	local name

	if ! ip -n "$NETNS" link add bond0 type bond mode active-backup miimon 20 2>/dev/null; then
		for name in "${names[@]}"; do
			skip "bond: $name" "this kernel has no module bonding"
		done
		return
	fi
	for name in "$DEMO_IFACE" io1; do
		iface_set "$name" down
		iface_set "$name" master bond0
	done
	ip -n "$NETNS" link set bond0 type bond primary "$DEMO_IFACE"
	ip -n "$NETNS" link set bond0 up
	check "bond: ${names[0]}" poll 5 active_is "$DEMO_IFACE"
	stop_port >/dev/null
	check "bond: ${names[1]}" poll 5 active_is io1
	start_port >/dev/null
	check "bond: ${names[2]}" poll 5 active_is "$DEMO_IFACE"
}

begin_scenario link
tap_plan 43

start_testpmd a "net_rtap0,iface=$DEMO_IFACE net_rtap1,iface=io1"
address_iface "$DEMO_IFACE"
down_and_up_cases
carrier_cases
port_cases
mtu_cases
restart_cases
bridge_cases
macvlan_cases
bond_cases
check "quit ends well" stop_testpmd a

start_testpmd a "net_rtap0,iface=$DEMO_IFACE" --no-lsc-interrupt
address_iface "$DEMO_IFACE"
iface_set "$DEMO_IFACE" down
same "without events: link is down when it is asked for" "$(port_link)" down
iface_set "$DEMO_IFACE" up
same "without events: link is up when it is asked for" "$(port_link)" up
check "without events: quit ends well" stop_testpmd a
