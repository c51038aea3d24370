#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# A shared build, installed: testpmd loads the driver with -d and is pinged.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

find_programs
meson introspect --buildoptions "$RTAP_BUILD" 2>/dev/null |
	grep -q '"name": "default_library"[^}]*"value": "shared"' ||
	skip_all "the build is not shared (-Ddefault_library=shared -Ddpdk:default_library=shared)"
begin_scenario install

# writable_above PATH : the directories above it that all may write to, as to /tmp.
writable_above()
{
	local dir=$1

	while [ "$dir" != / ]; do
		dir=$(dirname "$dir")
		[ -z "$(find "$dir" -maxdepth 0 -perm -o=w)" ] || say "$dir"
	done
}

# EAL loads nothing from there.
root=$(realpath "$RTAP_BUILD")/installed
open_dir=$(writable_above "$root")
[ -z "$open_dir" ] || skip_all "all may write to $open_dir, where the build is"
tap_plan 5
on_exit rm -rf "$root"
rm -rf "$root"

# The library that NAME is a link to, as installed; testpmd finds no other drivers,
# since none are where it looks for them.
installed()
{
	find "$root" -name "$1" -print -quit
}

check "meson installs" \
	meson install -C "$RTAP_BUILD" --no-rebuild --quiet --destdir "$root"
driver=$(installed librte_net_rtap.so)
check "librte_net_rtap.so is installed" test -e "$driver"

drivers=$(dirname "$driver")
LD_LIBRARY_PATH=$(dirname "$(installed 'librte_eal.so')"):$drivers
export LD_LIBRARY_PATH
RTAP_TESTPMD=$(installed dpdk-testpmd)
TESTPMD_MEMORY="$SMALL_MEMORY -d $drivers/librte_mempool_ring.so -d $driver"
check "testpmd loads it" start_testpmd a "net_rtap0,iface=$DEMO_IFACE"
address_iface "$DEMO_IFACE"
same "answers" "$(replies 10 0.1)" 10
check "quit ends well" stop_testpmd a
