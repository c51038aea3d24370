#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# How long the interface lives: as long as the process, or with "persist" until
# somebody deletes it, and the next process takes it over as it is.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

ifindex()
{
	in_netns cat "/sys/class/net/$DEMO_IFACE/ifindex"
}

address()
{
	ip -n "$NETNS" -o -4 addr show dev "$DEMO_IFACE" | awk '{ print $4 }'
}


begin_scenario persist
tap_plan 21
plain=net_rtap0,iface=$DEMO_IFACE

start_testpmd a "$plain"
check "without persist: the interface is there" iface_exists "$DEMO_IFACE"
check "without persist: quit ends well" stop_testpmd a
check "without persist: gone after quit" poll 5 iface_gone "$DEMO_IFACE"
start_testpmd a "$plain"
check "without persist: the name can be used again" iface_exists "$DEMO_IFACE"
kill_testpmd a KILL
check "without persist: gone after kill -9" poll 5 iface_gone "$DEMO_IFACE"

start_testpmd a "$plain,persist"
address_iface "$DEMO_IFACE"
index=$(ifindex)
same "persist: the first run answers" "$(replies 3 0.1)" 3
check "persist: quit ends well" stop_testpmd a
check "persist: still there after quit" iface_exists "$DEMO_IFACE"
same "persist: address kept" "$(address)" "$DEMO_HOST/24"

start_testpmd a "$plain,persist"
same "next run: the same interface" "$(ifindex)" "$index"
same "next run: address kept" "$(address)" "$DEMO_HOST/24"
same "next run: answers" "$(replies 3 0.1)" 3
kill_testpmd a KILL
check "kill -9: still there" iface_exists "$DEMO_IFACE"

start_testpmd a "$plain,persist=1"
same "after kill -9: the same interface" "$(ifindex)" "$index"
same "after kill -9: answers" "$(replies 3 0.1)" 3
stop_testpmd a

# Not told either way, a port leaves the interface as persistent as it was.
start_testpmd a "$plain"
same "without persist again: the same interface" "$(ifindex)" "$index"
stop_testpmd a
check "without persist again: still there after quit" iface_exists "$DEMO_IFACE"

start_testpmd a "$plain,persist=0"
same "persist=0: takes the leftover over" "$(ifindex)" "$index"
same "persist=0: answers" "$(replies 3 0.1)" 3
check "persist=0: quit ends well" stop_testpmd a
check "persist=0: gone after quit" poll 5 iface_gone "$DEMO_IFACE"
