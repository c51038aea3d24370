#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# What the interface is called, and what dpdk-pmdinfo.py tells of the arguments.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

# pmdinfo PYTHON : the parameters of net_rtap, from the driver's own library in
# a shared build, otherwise from testpmd.
pmdinfo()
{
	"$1" "$PMDINFO" "$BINARY" | "$1" -c '
import json, sys
print(*(d.get("params") for d in json.load(sys.stdin) if d["name"] == "net_rtap"))'
}

# elf_python : the distribution's, whose packages DPDK asks for, before others.
elf_python()
{
	local python

	for python in /usr/bin/python3 python3; do
		"$python" -c 'import elftools' 2>/dev/null && break
	done && printf '%s\n' "$python"
}

pmdinfo_cases()
{
	local shows="dpdk-pmdinfo.py shows" python params

	BINARY=$RTAP_BUILD/subprojects/dpdk/drivers/librte_net_rtap.so
	[ -f "$BINARY" ] || BINARY=$RTAP_TESTPMD
	PMDINFO=$RTAP_SRC/subprojects/dpdk/usertools/dpdk-pmdinfo.py
	if [ ! -r "$PMDINFO" ] || ! python=$(elf_python); then
		skip "$shows iface" "no dpdk-pmdinfo.py, or no elftools for it"
		skip "$shows persist" "no dpdk-pmdinfo.py, or no elftools for it"
		return
	fi
	params=$(pmdinfo "$python" 2>"$SCRATCH/pmdinfo")
	check "$shows iface" grep -w iface <<<"$params" || note "$(cat "$SCRATCH/pmdinfo")"
	check "$shows persist" grep -w persist <<<"$params"
}

begin_scenario names
tap_plan 9

start_testpmd a net_rtap0
check "without iface: rtap0" iface_exists rtap0
address_iface rtap0
same "without iface: answers" "$(replies 3 0.1)" 3
check "without iface: quit ends well" stop_testpmd a

start_testpmd a "net_rtap0 eth_rtap1"
check "two ports: rtap0" iface_exists rtap0
check "two ports: rtap1, by the driver's other name" iface_exists rtap1
address_iface rtap0
address_iface rtap1 198.51.100.1/24
same "two ports: the first answers" "$(replies 3 0.1)" 3
same "two ports: the second answers" "$(replies 3 0.1 198.51.100.2)" 3
stop_testpmd a

pmdinfo_cases
