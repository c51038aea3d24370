#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# What is configured is what the interface offers to the kernel, as ethtool shows it, from
# the first start on and after each reconfiguration; and what the kernel then sends.
# shellcheck disable=SC2086 # masks are numbers

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1
. "$(dirname "${BASH_SOURCE[0]}")/../join.sh" || exit 1

TCP="tx-tcp-segmentation tx-tcp6-segmentation tx-tcp-ecn-segmentation"

# offered FEATURE... : "on" or "off" if all of them are, else "mixed".
offered()
{
	local feature states=

	for feature; do
		states+=$(in_netns ethtool -k io0 | sed -n "s/^\s*$feature: \(on\|off\).*/\1 /p")
	done
	states=$(tr ' ' '\n' <<<"$states" | sed '/^$/d' | sort -u)
	case $states in
	on | off) printf '%s\n' "$states" ;;
	*) printf 'mixed: %s\n' "$states" ;;
	esac
}

# offers NAME CHECKSUM TCP UDP TUNNEL : which of them are on.
offers()
{
	same "$1: checksum is $2" "$(offered tx-checksum-ip-generic)" "$2"
	same "$1: TCP segmentation is $3" "$(offered $TCP)" "$3"
	same "$1: UDP segmentation is $4" "$(offered tx-udp-segmentation)" "$4"
	same "$1: segmentation in tunnels is $5" "$(offered tx-udp_tnl-segmentation)" "$5"
}

# reconfigured NAME "CHECKSUM TCP UDP TUNNEL" COMMAND... : of port 0.
reconfigured()
{
	local commands=("${@:3}")

	commands=("${commands[@]/#/port config 0 }")
	check "$1: port 0 is reconfigured" while_stopped "${commands[@]}"
	offers "$1" $2
}

# started NAME RX TX CHECKSUM TCP UDP TUNNEL : offered at the first start.
started()
{
	check "$1: testpmd starts" start_join csum "$2" "$3" || return
	offers "$1" "${@:4}"
	stop_join
}

begin_join reconfigure

started "Tx offloads" 0 $TX_USO off off off off
started "checksum" $RX_CKSUM $TX_USO on off off off
started "LRO" $RX_LRO $TX_USO on on off off
started "tunnel TSO" $RX_LRO $((TX_TSO | TX_VXLAN_TNL_TSO)) on on off on
JOIN_ARGS=,uso
started "LRO, uso" $RX_LRO $TX_USO on on on off
started "uso without LRO" $RX_CKSUM $TX_USO on off off off
JOIN_ARGS=

check "testpmd starts without" start_join csum 0 $TX_MULTI_SEGS
offers "at first" off off off off
reconfigured "checksum on" "on off off off" \
	"rx_offload udp_cksum on" "rx_offload tcp_cksum on" "rx_offload ipv4_cksum on"
reconfigured "LRO on" "on on off off" "rx_offload scatter on" "rx_offload tcp_lro on"
reconfigured "tunnel TSO on" "on on off on" \
	"tx_offload outer_ipv4_cksum on" "tx_offload vxlan_tnl_tso on"
reconfigured "tunnel TSO off" "on on off off" "tx_offload vxlan_tnl_tso off"
reconfigured "LRO off" "on off off off" "rx_offload tcp_lro off"
reconfigured "checksum off" "off off off off" \
	"rx_offload udp_cksum off" "rx_offload tcp_cksum off" "rx_offload ipv4_cksum off"

# What ethtool shows is also what happens.
check "LRO on again: the ports are reconfigured" while_stopped \
	"port config @ rx_offload udp_cksum on" "port config @ rx_offload tcp_cksum on" \
	"port config @ rx_offload scatter on" "port config @ rx_offload tcp_lro on" \
	"csum set tcp hw @" "csum set udp hw @" "tso set $SEGMENT @"
check "the interfaces are set up" join_up
check "LRO on again: the bytes are the same" captured rx transfer tcp a4 b4 1000001
frames rx
frames_have "LRO on again: packets received are large" "large -gt 0"
same "LRO on again: no checksum error in either kernel" "$(checksum_errors)" ""
check "testpmd ends well" stop_join

check "testpmd starts with LRO" start_join csum $RX_LRO $TX_TSO
check "all off again: the ports are reconfigured" while_stopped \
	"port config @ rx_offload tcp_lro off" "port config @ rx_offload udp_cksum off" \
	"port config @ rx_offload tcp_cksum off"
check "the interfaces are set up" join_up
check "all off again: the bytes are the same" captured rx transfer tcp a4 b4 1000001
frames rx
frames_have "all off again: packets received are small and complete" \
	"large -eq 0" "bad -eq 0" "data -gt 0"
same "all off again: no checksum error in either kernel" "$(checksum_errors)" ""
check "testpmd ends well with LRO off" stop_join
tap_plan_after
