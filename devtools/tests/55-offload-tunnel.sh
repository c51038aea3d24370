#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# VXLAN between the two namespaces: the checksum to be completed is that of the packet
# inside, and aggregates are of packets inside.
# shellcheck disable=SC2086 # masks are numbers

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1
. "$(dirname "${BASH_SOURCE[0]}")/../join.sh" || exit 1

BYTES=1000001
# The addresses that transfer knows as a4, b4, a6, b6 are those inside; these outside.
OUTER_A4=203.0.113.1
OUTER_B4=203.0.113.2
OUTER_A6=2001:db8:2::1
OUTER_B6=2001:db8:2::2

# add_vxlan NETNS INTERFACE LOCAL REMOTE : not up yet.
add_vxlan()
{
	# testpmd does not know what an outer UDP checksum will be, so there is none.
	ip -n "$1" link add vx0 type vxlan id 42 dev "$2" local "$3" remote "$4" dstport 4789 \
		noudpcsum udp6zerocsumtx udp6zerocsumrx
}

# tunnel_up LOCAL REMOTE : outer addresses decide about the outer IP version. Nothing is
# forwarded before both sides can receive: in IPv6 that would count as a wrong checksum.
tunnel_up()
{
	ip -n "$NETNS" link set io1 netns "$PEER_NETNS" &&
		address "$NETNS" io0 $OUTER_A4 $OUTER_A6 &&
		address "$PEER_NETNS" io1 $OUTER_B4 $OUTER_B6 &&
		add_vxlan "$NETNS" io0 "$1" "$2" &&
		add_vxlan "$PEER_NETNS" io1 "$2" "$1" &&
		testpmd_cmd join stop >/dev/null &&
		address "$NETNS" vx0 "$A4" "$A6" &&
		address "$PEER_NETNS" vx0 "$B4" "$B6" &&
		testpmd_cmd join start >/dev/null &&
		clear_port_errors
}

tunnel_down()
{
	ip -n "$NETNS" link del vx0
	ip -n "$PEER_NETNS" link del vx0
}

# tunnel NAME LOCAL REMOTE MODE RX TX [COMMAND...]
tunnel()
{
	local name=$1 local=$2 remote=$3 mode=$4 rx=$5 tx=$6

	shift 6
	check "$name: testpmd starts" start_join "$mode" "$rx" "$tx" || return
	[ $# -eq 0 ] || check "$name: the stopped ports are set up" while_stopped "$@"
	check "$name: the tunnel is made" tunnel_up "$local" "$remote"
	check "$name: TCP over IPv4, the bytes are the same" \
		captured rx transfer tcp a4 b4 $BYTES
	frames rx
	check "$name: TCP over IPv6, the bytes are the same" transfer tcp a6 b6 $BYTES
	check "$name: TCP over IPv4 back" transfer tcp b4 a4 $BYTES
	check "$name: UDP, the datagrams are the same" transfer udp a4 b4 300001 1300
	same "$name: no checksum error in either kernel" "$(checksum_errors)" ""
	same "$name: no error counted by the ports" "$(port_errors)" 0
	tunnel_down
	check "$name: testpmd ends well" stop_join
}

begin_join tunnel
VXLAN=$((TX_TSO | TX_OUTER_IPV4_CKSUM))
PARSE=("csum parse-tunnel on @")

tunnel "no offloads" $OUTER_A4 $OUTER_B4 io 0 $TX_MULTI_SEGS
frames_have "no offloads: checksums received are complete" "bad -eq 0" "inner -gt 0"
tunnel "checksum" $OUTER_A4 $OUTER_B4 csum $RX_CKSUM $TX_CKSUM "${PARSE[@]}"
frames_have "checksum: checksums received are partial" "bad -gt 0" "inner -gt 0" "large -eq 0"
tunnel "tunnel TSO" $OUTER_A4 $OUTER_B4 csum $RX_LRO $VXLAN "${PARSE[@]}" \
	"tso set 1300 @" "tunnel_tso set 1300 @"
frames_have "tunnel TSO: packets received are large" "large -gt 0" "inner -gt 0"
tunnel "tunnel TSO, outer IPv6" $OUTER_A6 $OUTER_B6 csum $RX_LRO $VXLAN "${PARSE[@]}" \
	"tso set 1300 @" "tunnel_tso set 1300 @"
frames_have "tunnel TSO, outer IPv6: packets received are large" "large -gt 0" "inner -gt 0"
tap_plan_after
