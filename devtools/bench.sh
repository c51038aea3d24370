#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

# Measures net_rtap against net_tap, and net_af_packet over veth where that compares.
# Everything happens in a network namespace that ends with this script; hugepages are
# reserved for the time of the run. The work is done by bench/run.py.

set -eu

usage() {
	cat <<- END_OF_HELP
	usage: sudo $0 [options]

	  --quick           three short rounds, about three minutes
	  --rounds N        number of rounds (5, or 3 with --quick)
	  --cases PATTERNS  only the cases whose names match, e.g. 'tx-64-*,rtt'
	  --device VDEV     net_tap, net_rtap, net_af_packet, or with arguments such as
	                    'net_rtap,key=value'; may be repeated (default: these three)
	  --cpus LIST       CPUs to use, e.g. 2,3 (default: those at the end of the allowed)
	  --build DIR       the build directory (default: build)
	  --out DIR         where table, CSV and chart go (default: bench-out in the build)
	  --no-huge         do without hugepages
	  --per-cpu-time    on a busy machine: Tx rates for each second of CPU time that the
	                    lcore got; work that kernel threads do for a device is left out
	  --list            the names of the cases

	Without --device net_tap there are no ratios. The machine should be idle.
	END_OF_HELP
}

fail() {
	echo "$0: $*" >&2
	exit 1
}

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build
out=
huge=1
devices=3
pages_before=
nr_hugepages=/proc/sys/vm/nr_hugepages
memory_kb=$((64 * 1024)) # of each process, the same in run.py
bulk_memory_kb=$((128 * 1024)) # of the one process of a bulk case, the same in bulk.py

# How many free hugepages the processes of one round need at the same time.
pages_needed() {
	size_kb=$(awk '/^Hugepagesize:/ { print $2 }' /proc/meminfo)
	[ -n "$size_kb" ] || return 1
	together=$((devices * ((memory_kb + size_kb - 1) / size_kb)))
	bulk=$(((bulk_memory_kb + size_kb - 1) / size_kb))
	echo $((together > bulk ? together : bulk))
}

release_pages() {
	[ -z "$pages_before" ] || echo "$pages_before" > "$nr_hugepages"
	pages_before=
}

# Falls back to small pages when the machine cannot give as many.
reserve_pages() {
	needed=$(pages_needed) || return 1
	free=$(awk '/^HugePages_Free:/ { print $2 }' /proc/meminfo)
	[ "$free" -lt "$needed" ] || return 0
	pages_before=$(cat "$nr_hugepages")
	echo $((pages_before + needed - free)) > "$nr_hugepages"
	free=$(awk '/^HugePages_Free:/ { print $2 }' /proc/meminfo)
	[ "$free" -ge "$needed" ]
}

list_cases() {
	cd "$root/devtools/bench"
	python3 -c 'import cases; print(*(case.name for case, _ in cases.all_cases()), sep="\n")'
}

long=help,list,quick,no-huge,per-cpu-time,rounds:,cases:,device:,cpus:,build:,out:
args=$(getopt -n "$0" -o h --long $long \
	-- "$@") || exit 2
eval "set -- $args"
given=0
set -- "$@" END_OF_OPTIONS
while [ "$1" != END_OF_OPTIONS ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	--list) list_cases; exit 0 ;;
	--no-huge) huge=0; shift ;;
	--build) build=$2; shift 2 ;;
	--out) out=$2; shift 2 ;;
	--quick | --per-cpu-time) set -- "$@" "$1"; shift ;;
	--device) given=$((given + 1)); set -- "$@" --devices "$2"; shift 2 ;;
	--rounds | --cases | --cpus) set -- "$@" "$1" "$2"; shift 2 ;;
	--) shift ;;
	*) usage >&2; exit 2 ;;
	esac
done
shift
[ "$given" -eq 0 ] || devices=$given

[ "$(id -u)" -eq 0 ] || fail "must be root: it makes interfaces"
for program in ip iperf3 nsenter python3 ss taskset unshare; do
	command -v $program > /dev/null || fail "needs $program"
done
bin=$build/devtools/bench
[ -x "$bin/rtap_bench" ] || fail "no $bin/rtap_bench: build first, or say --build DIR"
testpmd=$build/devtools/dpdk-testpmd
[ -x "$testpmd" ] || testpmd=$build/subprojects/dpdk/app/dpdk-testpmd
out=${out:-$build/bench-out}
mkdir -p "$out"

child=
trap release_pages EXIT
# The child ends its own children, and reports what it has.
trap '[ -z "$child" ] || kill "$child" || :; wait; exit 130' INT TERM HUP
if [ $huge -eq 1 ] && ! reserve_pages; then
	echo "$0: not enough hugepages, going on without" >&2
	release_pages
	huge=0
fi
[ $huge -eq 1 ] || set -- "$@" --no-huge

# The inner shell prepares the namespaces: loopback up, nothing that sends by itself, and
# the tracing files by which system calls are counted.
# shellcheck disable=SC2016 # the inner shell expands
unshare --net --mount sh -c '
	ip link set dev lo up
	for conf in all default; do
		echo 1 2> /dev/null > /proc/sys/net/ipv6/conf/$conf/disable_ipv6 || :
	done
	[ -d /sys/kernel/tracing/events ] ||
		mount -t tracefs tracefs /sys/kernel/tracing 2> /dev/null || :
	exec python3 -B "$@"' \
	sh "$root/devtools/bench/run.py" --bin "$bin" --testpmd "$testpmd" \
	--out "$out" "$@" &
child=$!
wait "$child"
