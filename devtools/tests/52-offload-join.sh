#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Two namespaces joined by testpmd, with each combination of offloads: all bytes arrive,
# no checksum is wrong, and frames are as long as the offloads say.
# shellcheck disable=SC2086 # masks are numbers

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1
. "$(dirname "${BASH_SOURCE[0]}")/../join.sh" || exit 1

BYTES=2000001

# iperf_works NAME TO OPTION... : both sides ended well, and the server got something;
# its count is taken when the client stops to send, with some still on the way.
iperf_works()
{
	local name=$1 got

	shift
	got=$(iperf "$@")
	check "$name" test "${got:-0}" -gt 0 || note "$(grep error "$SCRATCH/iperf3.client")"
}

# combination NAME MODE RX TX RECEIVED SENT SUM [TESTPMD_OPTION...] : RECEIVED and SENT
# tell whether the application's packets are large or small, SUM whether those that it
# receives have a complete checksum. COMMANDS are for the stopped ports, VERSIONS of IP.
combination()
{
	local name=$1 mode=$2 rx=$3 tx=$4 received=$5 sent=$6 sum=$7 v

	shift 7
	check "$name: testpmd starts" start_join "$mode" "$rx" "$tx" "$@" || return
	[ ${#COMMANDS[@]} -eq 0 ] ||
		check "$name: the stopped ports are set up" while_stopped "${COMMANDS[@]}"
	check "$name: the interfaces are set up" join_up
	check "$name: TCP over IPv4, the bytes are the same" \
		captured "rx tx" transfer tcp a4 b4 $BYTES
	frames rx
	frames_have "$name: packets received are $received" "${LONG[$received]}" "data -gt 0"
	frames_have "$name: checksums received are $sum" "${SUMS[$sum]}" "data -gt 0"
	frames tx
	frames_have "$name: packets sent are $sent" "${LONG[$sent]}" "data -gt 0"
	for v in $VERSIONS; do
		traffic "$name: IPv$v" "$v"
	done
	same "$name: no checksum error in either kernel" "$(checksum_errors)" ""
	same "$name: no error counted by the ports" "$(port_errors)" 0
	check "$name: testpmd ends well" stop_join
}

# traffic NAME VERSION
traffic()
{
	check "$1: TCP, the bytes are the same" transfer tcp "a$2" "b$2" $BYTES
	check "$1: TCP back, the bytes are the same" transfer tcp "b$2" "a$2" $BYTES
	check "$1: UDP, the datagrams are the same" transfer udp "a$2" "b$2" 500001 1400
	iperf_works "$1: TCP by iperf3" "b$2" -n 4M
	iperf_works "$1: UDP by iperf3" "b$2" -n 500K -u -b 100M -l 1400
}

declare -A LONG=([small]="large -eq 0" [large]="large -gt 0")
declare -A SUMS=([complete]="bad -eq 0" [partial]="bad -gt 0")

begin_join offload

COMMANDS=()
VERSIONS="4 6"
combination "nothing" io 0 $TX_MULTI_SEGS small small complete
combination "Tx checksum" csum 0 $TX_CKSUM small small complete
combination "Rx checksum" csum $RX_CKSUM $TX_MULTI_SEGS small small partial
combination "checksum" csum $RX_CKSUM $TX_CKSUM small small partial
COMMANDS=("tso set 700 @")
combination "checksum, TSO" csum $RX_CKSUM $TX_TSO small small partial
COMMANDS=("tso set $SEGMENT @")
combination "checksum, LRO, TSO" csum $RX_LRO $TX_TSO large large partial
combination "checksum, LRO, TSO in one mbuf" csum $RX_LRO $TX_TSO large large partial \
	--mbuf-size=65535 --total-num-mbufs=1100
COMMANDS=("set port @ gso on")
# DPDK's own segmentation does not know TCP over IPv6.
VERSIONS=4
combination "checksum, LRO, segmentation by testpmd" csum $RX_LRO $TX_CKSUM large small partial
tap_plan_after
