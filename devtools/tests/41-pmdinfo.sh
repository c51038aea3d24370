#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# dpdk-pmdinfo.py tells the driver's arguments from a file without running it.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

find_programs
new_scratch
TOOL=$RTAP_SRC/subprojects/dpdk/usertools/dpdk-pmdinfo.py

# The first interpreter that has the modules: one of the user's own may not.
find_python()
{
	local python

	for python in python3 /usr/bin/python3; do
		"$python" -c 'import elftools' 2>/dev/null && {
			say "$python"
			return
		}
	done
}

# tell FILE : the arguments that it says the driver has.
tell()
{
	"$python" "$TOOL" "$1" >"$SCRATCH/info" && "$python" - "$SCRATCH/info" <<-'END'
		import json
		import sys
		for driver in json.load(open(sys.argv[1])):
		    if driver["name"] == "net_rtap":
		        print(driver.get("params", ""))
	END
}

[ -f "$TOOL" ] || skip_all "this tree has no DPDK with its usertools: set it up first"
python=$(find_python)
[ -n "$python" ] || skip_all "there is no python3-pyelftools"
arguments=$(sed -n 's/^#define RTAP_ARG_\w*[[:space:]]*"\(.*\)"/\1/p' \
	"$RTAP_SRC"/drivers/net/rtap/*.h | grep -vx without)

for file in drivers/librte_net_rtap.so app/dpdk-testpmd; do
	# A shared program has no drivers in it.
	if [[ $file == app/* ]] && [ -f "$RTAP_BUILD/devtools/dpdk-testpmd" ]; then
		continue
	fi
	params=$(tell "$RTAP_BUILD/subprojects/dpdk/$file")
	note "${file##*/}: $params"
	for argument in $arguments; do
		check "${file##*/} tells $argument" grep -qE "(^| )$argument=" <<<"$params"
	done
done
tap_plan_after
