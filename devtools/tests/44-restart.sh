#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# An administrator prepares a persistent interface once. Applications come and
# go, whatever their number of queues and however they end, and leave it so.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

MAC=02:00:5e:00:53:01
NEXT_MAC=42:00:5e:00:53:01
MTU=1400
NET=198.51.100.0/24
NET6=2001:db8:1::/48

prepare()
{
	ip -n "$NETNS" link set "$DEMO_IFACE" address $MAC mtu $MTU up &&
		ip -n "$NETNS" addr add "$DEMO_HOST/24" dev "$DEMO_IFACE" &&
		ip -n "$NETNS" addr add 2001:db8::1/64 dev "$DEMO_IFACE" nodad &&
		ip -n "$NETNS" route add $NET via "$DEMO_PEER" &&
		ip -n "$NETNS" route add $NET6 via 2001:db8::2 dev "$DEMO_IFACE"
}

# state : all that must stay, in one text; the carrier comes and goes.
state()
{
	ip -n "$NETNS" -o link show dev "$DEMO_IFACE" |
		sed -n 's/^\([0-9]*\): \([^:]*\): .* \(mtu [0-9]*\) .* link.ether \([^ ]*\).*/\1 \2 \3 \4/p'
	ip -n "$NETNS" -o addr show dev "$DEMO_IFACE" scope global |
		sed 's/ *\\.*//; s/ tentative//; s/ dadfailed//'
	ip -n "$NETNS" route show dev "$DEMO_IFACE" | sed 's/ linkdown//'
	ip -n "$NETNS" -6 route show dev "$DEMO_IFACE" proto boot | sed 's/ linkdown//'
}

queues()
{
	ip -n "$NETNS" -d -o link show dev "$DEMO_IFACE" |
		sed -n 's/.* numqueues \([0-9]*\).*/\1/p'
}

neighbor()
{
	ip -n "$NETNS" neigh show "$1" dev "$DEMO_IFACE" | sed -n 's/.*lladdr \([^ ]*\).*/\1/p'
}

# generation NAME QUEUES [DEVARG] : starts one, which answers and leaves all as it is.
generation()
{
	start_testpmd a "net_rtap0,iface=$DEMO_IFACE,persist${3:+,$3}" \
		--rxq="$2" --txq="$2"
	same "$1: everything is as it was" "$(state)" "$prepared"
	same "$1: queues" "$(queues)" "$2"
	same "$1: answers" "$(replies 3 0.1)" 3
}

# restart_port [COMMAND] : with a command of testpmd while it is stopped.
restart_port()
{
	testpmd_cmd a stop
	testpmd_cmd a port stop 0
	[ $# -eq 0 ] || testpmd_cmd a "$1"
	testpmd_cmd a port start 0
	testpmd_cmd a start
}

begin_scenario restart
tap_plan 34

start_testpmd a "net_rtap0,iface=$DEMO_IFACE,persist"
check "first run: the interface is prepared" prepare
prepared=$(state)
note "$prepared"
same "first run: answers" "$(replies 3 0.1)" 3
restart_port >"$SCRATCH/out"
same "stop and start: everything is as it was" "$(state)" "$prepared"
same "stop and start: answers" "$(replies 3 0.1)" 3
testpmd_cmd a show port info 0 >"$SCRATCH/info"
check "stop and start: the port's MTU is that of the interface" \
	grep -qw "MTU: $MTU" "$SCRATCH/info"
check "first run: quit ends well" stop_testpmd a
same "after quit: everything is as it was" "$(state)" "$prepared"

generation "more queues" 4
testpmd_cmd a show port info 0 >"$SCRATCH/info"
check "more queues: the new port has the interface's MTU" \
	grep -qw "MTU: $MTU" "$SCRATCH/info"
check "more queues: and its MAC address" grep -qi "MAC address: $MAC" "$SCRATCH/info"
kill_testpmd a KILL
same "after kill -9: everything is as it was" "$(state)" "$prepared"

generation "fewer queues" 1 create=0
kill_testpmd a KILL
# At once: the kernel may still be busy with the process that was killed.
generation "right after kill -9" 2
check "right after kill -9: quit ends well" stop_testpmd a

generation "a second host" 1 "mac=$MAC"
same "a second host: answers by its own address" "$(neighbor "$DEMO_PEER")" $NEXT_MAC
check "a second host: quit ends well" stop_testpmd a

# An application that asks for an MTU gets it.
start_testpmd a "net_rtap0,iface=$DEMO_IFACE,persist"
restart_port "port config mtu 0 1300" >"$SCRATCH/out"
same "the application sets an MTU" "$(state)" "${prepared/mtu $MTU/mtu 1300}"
stop_testpmd a

# Interfaces made by other tools are as good, with virtio-net header or without.
ip -n "$NETNS" link del "$DEMO_IFACE"
for header in "" vnet_hdr; do
	made="made by ip tuntap${header:+ with $header}"
	# shellcheck disable=SC2086 # one word or none
	ip -n "$NETNS" tuntap add dev "$DEMO_IFACE" mode tap multi_queue $header
	address_iface "$DEMO_IFACE"
	start_testpmd a "net_rtap0,iface=$DEMO_IFACE,create=0"
	same "$made: answers" "$(replies 3 0.1)" 3
	check "$made: quit ends well" stop_testpmd a
	check "$made: stays" iface_exists "$DEMO_IFACE"
	ip -n "$NETNS" link del "$DEMO_IFACE"
done

run_testpmd refused "net_rtap0,iface=$DEMO_IFACE,create=0"
says "create=0: refused without the interface" "${TESTPMD_LOG[refused]}" \
	"no interface '$DEMO_IFACE'" create=0
check "create=0: none is made" iface_gone "$DEMO_IFACE"
