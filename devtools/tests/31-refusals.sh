#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# An interface that a port cannot have is refused, by a message with object and
# cause, and left alone.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

# make_leftover KIND... : the first kind of interface that the kernel has.
make_leftover()
{
	local kind

	for kind in "$@"; do
		# shellcheck disable=SC2086 # a list of words
		ip -n "$NETNS" $kind 2>/dev/null && return
	done
	return 1
}

# refuse_leftover NAME PATTERN KIND...
refuse_leftover()
{
	local name=$1 pattern=$2

	shift 2
	if make_leftover "$@"; then
		refused "$name" "$vdev" "$pattern"
		ip -n "$NETNS" link del "$DEMO_IFACE"
	else
		skip_refused "$name" "the kernel cannot make one"
	fi
}

begin_scenario refusals
tap_plan $((5 * REFUSED_CASES + 3))
vdev=net_rtap0,iface=$DEMO_IFACE,persist

refuse_leftover "not a TAP" "$DEMO_IFACE.*TAP" \
	"link add $DEMO_IFACE type dummy" "link add $DEMO_IFACE type bridge"
refuse_leftover "TAP of one queue" "$DEMO_IFACE.*multi-queue" \
	"tuntap add dev $DEMO_IFACE mode tap"
refuse_leftover "TUN" "$DEMO_IFACE.*TAP" \
	"tuntap add dev $DEMO_IFACE mode tun multi_queue"
refused "name of settings" net_rtap0,iface=all 'iface=all, .*neither.*default'

start_testpmd first "$vdev"
address_iface "$DEMO_IFACE"
same "in use: the first process answers" "$(replies 3 0.1)" 3
refused "in use" "$vdev" "$DEMO_IFACE.*(use|busy|another)"
same "in use: the first process answers still" "$(replies 3 0.1)" 3
check "in use: the first process ends well" stop_testpmd first
ip -n "$NETNS" link del "$DEMO_IFACE"
