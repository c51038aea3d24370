#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# UDP aggregates: the application gets them with uso and LRO only, sends them as one
# packet, and on the wire they are the datagrams that were sent.
# shellcheck disable=SC2086 # masks are numbers

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1
. "$(dirname "${BASH_SOURCE[0]}")/../join.sh" || exit 1

BYTES=1000001

declare -A LONG=([small]="large -eq 0" [large]="large -gt 0")

# application_gets NAME VERSION WHAT : small or large packets, and it sends the same.
application_gets()
{
	local name="$1, UDP over IPv$2"

	on_the_wire "rx tx wire" "$1" udp "$2" $((1380 + 8 + ($2 == 4 ? 20 : 40))) $BYTES 1380
	frames rx
	frames_have "$name: packets received are $3" "${LONG[$3]}" "data -gt 0"
	frames tx
	frames_have "$name: packets sent are $3" "${LONG[$3]}" "data -gt 0"
}

# forwarded NAME RX TX WHAT
forwarded()
{
	local name=$1

	check "$name: rtap_fwd starts" start_fwd "$2" "$3" || return
	check "$name: the interfaces are set up" join_up
	route_to_third
	application_gets "$name" 4 "$4"
	application_gets "$name" 6 "$4"
	check "$name: datagrams come back" transfer udp c4 a4 $BYTES 1380
	check "$name: TCP, the bytes are the same" transfer tcp a4 c4 $BYTES
	check "$name: TCP over IPv6, the bytes are the same" transfer tcp c6 a6 $BYTES
	same "$name: no checksum error in any kernel" \
		"$(checksum_errors "$NETNS" "$PEER_NETNS" "$THIRD_NETNS")" ""
	check "$name: rtap_fwd ends well, no packet was refused" stop_fwd
}

begin_join udp
make_third || die "cannot make the third namespace"

forwarded "LRO" $RX_LRO $TX_USO small
JOIN_ARGS=,uso
forwarded "LRO, uso" $RX_LRO $TX_USO large
forwarded "uso without LRO" $RX_CKSUM $TX_USO small
tap_plan_after
