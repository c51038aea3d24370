#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Offloads of frames with one and with two VLAN tags, and tags that the port itself puts
# in and takes out.
# shellcheck disable=SC2086 # masks are numbers

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1
. "$(dirname "${BASH_SOURCE[0]}")/../join.sh" || exit 1

BYTES=1000001

declare -A TAG_PID TAG_FD

# tag KEY NETNS INTERFACE TYPE:ID... : as tag.py does, until untag KEY.
tag()
{
	local key=$1 netns=$2 fd

	shift 2
	rm -f "$SCRATCH/$key.fifo" "$SCRATCH/$key.tag"
	mkfifo "$SCRATCH/$key.fifo"
	exec {fd}<>"$SCRATCH/$key.fifo"
	ip netns exec "$netns" "$TOOLS/tag.py" "$@" <"$SCRATCH/$key.fifo" \
		>"$SCRATCH/$key.tag" 2>&1 {fd}>&- &
	TAG_PID[$key]=$!
	TAG_FD[$key]=$fd
	poll 20 tagged_or_gone "$key"
	grep -qs ready "$SCRATCH/$key.tag"
}

tagged_or_gone()
{
	grep -qs ready "$SCRATCH/$1.tag" || process_gone "${TAG_PID[$1]}"
}

untag()
{
	local fd=${TAG_FD[$1]}

	exec {fd}>&-
	end_process "${TAG_PID[$1]}"
	wait "${TAG_PID[$1]}" 2>/dev/null
}

# tag_both TYPE:ID... : both interfaces of the joined namespaces.
tag_both()
{
	tag a "$NETNS" io0 "$@" && tag b "$PEER_NETNS" io1 "$@"
}

# tagged NAME TYPE:ID...
tagged()
{
	local name=$1 large='-gt 0'

	shift
	# Some kernels segment what has two tags before the device gets it.
	[ $# -eq 1 ] || large='-ge 0'
	check "$name: testpmd starts" start_join csum $RX_LRO $TX_TSO || return
	check "$name: the stopped ports are set up" while_stopped "tso set $SEGMENT @"
	check "$name: the interfaces are set up" join_up
	check "$name: the kernel tags" tag_both "$@"
	check "$name: TCP over IPv4, the bytes are the same" \
		captured "rx tx" transfer tcp a4 b4 $BYTES
	frames rx
	frames_have "$name: frames received have $# tags" "tags -eq $#" "data -gt 0" "large $large"
	frames tx
	frames_have "$name: frames sent have $# tags" "tags -eq $#" "data -gt 0" "large $large"
	check "$name: TCP over IPv6, the bytes are the same" transfer tcp a6 b6 $BYTES
	check "$name: TCP over IPv4 back" transfer tcp b4 a4 $BYTES
	check "$name: UDP, the datagrams are the same" transfer udp a4 b4 $BYTES 1400
	same "$name: no checksum error in either kernel" "$(checksum_errors)" ""
	same "$name: no error counted by the ports" "$(port_errors)" 0
	untag a
	untag b
	check "$name: testpmd ends well" stop_join
}

# Both kernels tag; a port takes the tag away, and the other puts one in: the mode "mac"
# tells it to, and replaces the addresses.
port_tags()
{
	local mac0 mac1

	check "in the port: testpmd starts" start_join mac "$RX_VLAN_STRIP" \
		$((TX_MULTI_SEGS | TX_VLAN_INSERT)) || return
	mac0=$(mac_of io0)
	mac1=$(mac_of io1)
	check "in the port: the stopped ports are set up" while_stopped "tx_vlan set @ 6" \
		"set eth-peer 0 $mac0" "set eth-peer 1 $mac1"
	check "in the port: the interfaces are set up" join_up
	ip -n "$NETNS" neigh replace "$B4" lladdr "$mac1" dev io0 nud permanent
	ip -n "$PEER_NETNS" neigh replace "$A4" lladdr "$mac0" dev io1 nud permanent
	check "in the port: the kernel tags" tag_both 8100:5
	check "in the port: stripped and inserted, the bytes are the same" \
		captured "rx tx" transfer tcp a4 b4 $BYTES
	frames rx
	frames_have "in the port: frames received have a tag" "tags -eq 1" "vlan -eq 5" "data -gt 0"
	frames tx
	frames_have "in the port: frames sent have another in its place" "tags -eq 1" "vlan -eq 6" \
		"data -gt 0" "bad -eq 0"
	untag a
	untag b
	same "in the port: no checksum error in either kernel" "$(checksum_errors)" ""
	check "in the port: testpmd ends well" stop_join
}

mac_of()
{
	ip -n "$NETNS" -o link show dev "$1" | sed 's/.*ether \([^ ]*\).*/\1/'
}

begin_join vlan
tagged "one tag" 8100:5
tagged "two tags" 88a8:7 8100:5
port_tags
tap_plan_after
