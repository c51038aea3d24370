#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# What the application sends is routed on to a third namespace, by an interface that can
# neither checksum nor segment: there the kernel has finished what the offloads left to
# it, and each packet on the wire can be looked at.
# shellcheck disable=SC2086 # masks are numbers

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1
. "$(dirname "${BASH_SOURCE[0]}")/../join.sh" || exit 1

BYTES=1000001

# join_third MODE RX TX [COMMAND...]
join_third()
{
	local mode=$1 rx=$2 tx=$3

	shift 3
	start_join "$mode" "$rx" "$tx" || return 1
	{ [ $# -eq 0 ] || while_stopped "$@"; } && join_up && route_to_third
}

# routed NAME LENGTH4 LENGTH6 : of packets with TCP segments; a header of UDP adds 8 bytes.
routed()
{
	local name=$1

	on_the_wire wire "$name" tcp 4 "$2" $BYTES
	on_the_wire wire "$name" tcp 6 "$3" $BYTES
	on_the_wire wire "$name" udp 4 1228 $BYTES 1200
	on_the_wire wire "$name" udp 6 1248 $BYTES 1200
	check "$name: back through the router" transfer tcp c4 a4 $BYTES
	check "$name: back through the router, IPv6" transfer tcp c6 a6 $BYTES
	same "$name: no checksum error in any kernel" \
		"$(checksum_errors "$NETNS" "$PEER_NETNS" "$THIRD_NETNS")" ""
	check "$name: testpmd ends well" stop_join
}

begin_join routed
make_third || die "cannot make the third namespace"

check "checksum: testpmd starts" join_third csum $RX_CKSUM $TX_CKSUM
routed "checksum" 1500 1500
# Packets of 1448 bytes in three. IP and TCP headers with time stamps add 52 or 72 bytes.
check "TSO: testpmd starts" join_third csum $RX_CKSUM $TX_TSO "tso set 700 @"
routed "TSO" 752 772
check "LRO, TSO: testpmd starts" join_third csum $RX_LRO $TX_TSO "tso set 1000 @"
routed "LRO, TSO" 1052 1072
tap_plan_after
