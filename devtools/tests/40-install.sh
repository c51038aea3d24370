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
tap_plan 5

# The library that NAME is a link to, as installed; testpmd finds no other drivers,
# since none are where it looks for them.
installed()
{
	find "$SCRATCH/root" -name "$1" -print -quit
}

check "meson installs" \
	meson install -C "$RTAP_BUILD" --no-rebuild --quiet --destdir "$SCRATCH/root"
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
