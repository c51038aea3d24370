# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
# shellcheck shell=bash disable=SC2034
#
# Helpers of demo.sh, test.sh and tests/*.sh; to be sourced, never run.
#
# One trap undoes what a script makes, however the script ends: it ends all
# background processes, then runs what was registered with on_exit. Register
# first and make then, or an interrupt between the two leaves something behind.

set -u
# A caller may have closed stdin: the first file opened would then become it.
[ -e /proc/self/fd/0 ] || exec </dev/null

RTAP_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P) || exit 1

# Addresses that nobody owns (RFC 5737); testpmd's icmpecho mode answers for all.
DEMO_IFACE=io0
DEMO_HOST=192.0.2.1
DEMO_PEER=192.0.2.2
DEMO_PINGS=20

say()
{
	printf '%s\n' "$*"
}

warn()
{
	printf '%s\n' "$*" >&2
}

die()
{
	warn "${0##*/}: $*"
	exit 1
}

# ---- undoing -----------------------------------------------------------------

UNDO=()
# Subshells inherit the list but must not act on it.
UNDO_OWNER=$BASHPID

# on_exit COMMAND ARG... : run it when the script ends, last registered first.
on_exit()
{
	UNDO+=("$(printf '%q ' "$@")")
}

run_undo()
{
	local i

	[ "$BASHPID" = "$UNDO_OWNER" ] || return 0
	# Nobody can interrupt the clearing up.
	trap '' INT TERM HUP
	for i in $(jobs -p); do
		end_process "$i"
	done
	for ((i = ${#UNDO[@]} - 1; i >= 0; i--)); do
		eval "${UNDO[i]}"
	done
	UNDO=()
}

trap run_undo EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# poll SECONDS COMMAND ARG... : until the command succeeds or time is up.
poll()
{
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# ---- the build ---------------------------------------------------------------

: "${RTAP_BUILD:=$RTAP_SRC/build}"

# find_programs : in the build, unless the environment says where.
find_programs()
{
	: "${RTAP_TESTPMD:=$(find_program dpdk-testpmd)}"
	: "${RTAP_DPDK_TEST:=$(find_program dpdk-test)}"
}

# find_program NAME : a shared build has wrappers in devtools/ that tell where the
# drivers are; DPDK moved its test program up one directory in 23.11.
find_program()
{
	local dir path

	for dir in devtools subprojects/dpdk/app subprojects/dpdk/app/test; do
		path=$RTAP_BUILD/$dir/$1
		[ ! -f "$path" ] || break
	done
	printf '%s\n' "$path"
}

# What the build lists when it is configured: files may have come or gone since.
new_files()
{
	(cd "$RTAP_SRC" && find app/test devtools/tests doc/guides/nics -type d -newer "$RTAP_BUILD/build.ninja")
}

# set_up_and_build : both are quick when there is nothing to do.
set_up_and_build()
{
	say "== set-up"
	"$RTAP_SRC/devtools/setup.sh" || die "the set-up failed, see above"
	say "== build in $RTAP_BUILD"
	if [ ! -f "$RTAP_BUILD/build.ninja" ]; then
		meson setup "$RTAP_BUILD" "$RTAP_SRC" ||
			die "the configuration failed, see above"
	elif [ -n "$(new_files)" ]; then
		meson setup --reconfigure "$RTAP_BUILD" "$RTAP_SRC" ||
			die "the configuration failed, see above"
	fi
	ninja -C "$RTAP_BUILD" || die "the build failed, see above"
}

# ---- what the machine offers -------------------------------------------------

# Each prints what is wrong and how to mend it, and fails.
need_root()
{
	[ "$(id -u)" -eq 0 ] && return
	warn "Making network interfaces needs root: run it with sudo."
	return 1
}

need_tun()
{
	[ -c /dev/net/tun ] && return
	warn "There is no /dev/net/tun."
	warn "On a machine of your own: sudo modprobe tun."
	warn "In a container: start it with --device /dev/net/tun --cap-add NET_ADMIN."
	return 1
}

need_io_uring()
{
	local state=0

	[ ! -r /proc/sys/kernel/io_uring_disabled ] ||
		state=$(cat /proc/sys/kernel/io_uring_disabled)
	[ "$state" -ne 0 ] || return 0
	warn "io_uring is disabled here: kernel.io_uring_disabled is $state."
	warn "To enable it: sudo sysctl -w kernel.io_uring_disabled=0"
	# 1 shuts out only those without CAP_SYS_ADMIN.
	[ "$state" -eq 1 ] && warn "(going on: 1 leaves it to the administrator)"
}

# The first two CPUs that this process may use (the same one twice if there is
# no other) as lcores 0 and 1: testpmd wants a main lcore and one that forwards.
eal_lcores()
{
	local list first second range cpus=()

	list=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
	for range in ${list//,/ }; do
		cpus+=("${range%-*}")
		[ "${range%-*}" = "${range#*-}" ] || cpus+=($((${range%-*} + 1)))
	done
	first=${cpus[0]:-0}
	second=${cpus[1]:-$first}
	printf '0@%s,1@%s\n' "$first" "$second"
}

# free_hugepages_mb : the most that one page size has free.
free_hugepages_mb()
{
	local dir size best=0 mb

	for dir in /sys/kernel/mm/hugepages/hugepages-*kB; do
		[ -r "$dir/free_hugepages" ] || continue
		size=${dir##*hugepages-}
		mb=$(($(cat "$dir/free_hugepages") * ${size%kB} / 1024))
		[ "$mb" -le "$best" ] || best=$mb
	done
	printf '%s\n' "$best"
}

# Pages of 2 MB, 256 MB in all.
HUGEPAGES=128
HUGEPAGES_DIR=/sys/kernel/mm/hugepages/hugepages-2048kB
HUGEPAGES_TAKEN=0

change_hugepages()
{
	local count=$(($(cat $HUGEPAGES_DIR/nr_hugepages) + $1))

	[ $count -ge 0 ] || count=0
	echo $count 2>/dev/null >$HUGEPAGES_DIR/nr_hugepages
}

# give_hugepages_back : no more than were taken, whatever others did meanwhile.
give_hugepages_back()
{
	change_hugepages $((-HUGEPAGES_TAKEN))
}

top_hugepages_up()
{
	local missing=$((HUGEPAGES - $(cat $HUGEPAGES_DIR/free_hugepages)))
	local before

	if [ $missing -gt 0 ]; then
		before=$(cat $HUGEPAGES_DIR/nr_hugepages)
		change_hugepages $missing
		HUGEPAGES_TAKEN=$((HUGEPAGES_TAKEN + $(cat $HUGEPAGES_DIR/nr_hugepages) - before))
	fi
	[ "$(cat $HUGEPAGES_DIR/free_hugepages)" -ge $HUGEPAGES ]
}

# take_hugepages : so that HUGEPAGES are free, if the kernel can; it may have to
# move memory for that, and others may set the number at the same time.
take_hugepages()
{
	[ -w $HUGEPAGES_DIR/nr_hugepages ] || return 1
	on_exit give_hugepages_back
	poll 5 top_hugepages_up
}

# All processes need their memory at one address, which this is in all of them:
# EAL's own choice is taken where the address sanitizer is.
SHARED_ADDRESS=--base-virtaddr=0x200000000000

# share_memory : SHARED, what makes testpmd use memory that other processes can
# use as well. To be run in a mount namespace of its own.
share_memory()
{
	# The address sanitizer remembers for each process what is free in the heap,
	# which is one for all of them.
	! grep -qs 'define RTE_MALLOC_ASAN' "$RTAP_BUILD"/subprojects/dpdk/rte_build_config.h ||
		skip_all "DPDK's heap is instrumented, which processes cannot share"
	take_hugepages || skip_all "hugepages: cannot have $HUGEPAGES free pages of 2 MB"
	mkdir "$SCRATCH/huge"
	mount -t hugetlbfs -o pagesize=2M none "$SCRATCH/huge" ||
		skip_all "hugepages: cannot mount a hugetlbfs"
	on_exit umount -l "$SCRATCH/huge"
	SHARED=(--huge-dir "$SCRATCH/huge" --file-prefix "rtap-$$" "$SHARED_ADDRESS")
	# EAL never frees the devices that a secondary process has from the primary.
	echo leak:insert_vdev >"$SCRATCH/lsan"
	export LSAN_OPTIONS=suppressions=$SCRATCH/lsan${LSAN_OPTIONS:+:$LSAN_OPTIONS}
}

# ---- namespace and scratch space ---------------------------------------------

# new_scratch : SCRATCH, a private directory.
new_scratch()
{
	SCRATCH=
	on_exit remove_scratch
	SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/rtap.XXXXXX") || die "no scratch directory"
}

remove_scratch()
{
	[ -z "$SCRATCH" ] || rm -rf "$SCRATCH"
}

# new_netns NAME : NETNS, with its loopback up. It takes interfaces with it.
new_netns()
{
	NETNS=$1-$$
	on_exit remove_netns
	ip netns add "$NETNS" || die "cannot make a network namespace"
	ip -n "$NETNS" link set lo up
}

remove_netns()
{
	[ ! -e "/run/netns/$NETNS" ] || ip netns del "$NETNS"
}

in_netns()
{
	ip netns exec "$NETNS" "$@"
}

iface_exists()
{
	ip -n "$NETNS" link show dev "$1" >/dev/null 2>&1
}

iface_gone()
{
	! iface_exists "$1"
}

# address_iface NAME [ADDRESS/LENGTH] : as an administrator would.
address_iface()
{
	ip -n "$NETNS" addr replace "${2:-$DEMO_HOST/24}" dev "$1" &&
		ip -n "$NETNS" link set "$1" up
}

# replies COUNT INTERVAL [ADDRESS] : how many of COUNT pings came back.
replies()
{
	in_netns ping -n -q -c "$1" -i "$2" -W 2 "${3:-$DEMO_PEER}" 2>&1 |
		sed -n 's/.* \([0-9]*\) received.*/\1/p'
}

# ---- processes ---------------------------------------------------------------

# end_process PID : politely, then not; returns when it is gone.
end_process()
{
	process_gone "$1" && return
	kill -TERM "$1" 2>/dev/null
	poll 10 process_gone "$1" && return
	kill -KILL "$1" 2>/dev/null
	poll 5 process_gone "$1"
}

# Only a living child of this script is not gone: neither one that ended and is
# not collected yet, nor a stranger that was given the number since.
process_gone()
{
	local state parent

	{
		state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status")
		parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status")
	} 2>/dev/null
	[ "${state:-Z}" = Z ] || [ "$parent" != "$$" ]
}

# Keys are the caller's names for its testpmd instances.
declare -A TESTPMD_PID TESTPMD_LOG TESTPMD_FD

# eal_command PROGRAM ARG... : EAL_COMMAND, to be run by in_netns or exec'd.
# stdbuf makes the output appear line by line although no terminal reads it;
# the address sanitizer must accept that something is preloaded before it.
eal_command()
{
	local program=$1

	shift
	EAL_COMMAND=(
		env "RUNTIME_DIRECTORY=$SCRATCH"
		"ASAN_OPTIONS=verify_asan_link_order=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
		stdbuf -oL -eL "$program"
		--lcores "$(eal_lcores)" --no-pci "${EAL_TELEMETRY:---no-telemetry}" "$@"
	)
}

# testpmd_command MEMORY_OPTIONS VDEVS [TESTPMD_OPTION...]
testpmd_command()
{
	local memory=$1 vdevs=$2

	shift 2
	# shellcheck disable=SC2086 # lists of words
	eal_command "$RTAP_TESTPMD" $memory ${vdevs:+$(printf -- '--vdev=%s ' $vdevs)} -- \
		--interactive --auto-start --forward-mode=icmpecho \
		--total-num-mbufs=16384 "$@"
}

# What needs neither hugepages nor a place in the file system.
SMALL_MEMORY="--no-huge -m 256 --no-shconf"

# start_testpmd KEY VDEVS [TESTPMD_OPTION...] : until its first prompt.
start_testpmd()
{
	local key=$1 vdevs=$2 fifo fd

	shift 2
	fifo=$SCRATCH/$key.in
	TESTPMD_LOG[$key]=$SCRATCH/$key.log
	rm -f "$fifo"
	mkfifo "$fifo" || return 1
	# Emptied here, not by the process: it may hold the prompt of another run.
	: >"${TESTPMD_LOG[$key]}"
	# Held open for both directions: neither side waits for the other, and
	# testpmd sees the end of its input if this script dies.
	exec {fd}<>"$fifo"
	TESTPMD_FD[$key]=$fd
	testpmd_command "${TESTPMD_MEMORY:-$SMALL_MEMORY}" "$vdevs" "$@"
	ip netns exec "$NETNS" "${EAL_COMMAND[@]}" \
		<"$fifo" >>"${TESTPMD_LOG[$key]}" 2>&1 {fd}>&- &
	TESTPMD_PID[$key]=$!
	poll 60 testpmd_prompted_or_gone "$key" 0
	testpmd_has_started "$key" && return
	warn "testpmd with $vdevs did not start well:"
	testpmd_start_log "$key" >&2
	return 1
}

# testpmd_has_started KEY : and not ended before its first prompt.
testpmd_has_started()
{
	[ "$(testpmd_prompts "$1")" -gt 0 ] && testpmd_has_ports "$1"
}

# testpmd_start_log KEY : what comes later is about a testpmd without a port.
testpmd_start_log()
{
	sed '/^testpmd: create/,$d' "${TESTPMD_LOG[$1]}"
}

# testpmd_has_ports KEY : it goes on without those that could not be made.
testpmd_has_ports()
{
	! grep -qE 'No probed ethernet devices|Bus \(vdev\) probe failed' \
		"${TESTPMD_LOG[$1]}"
}

testpmd_prompts()
{
	grep -o 'testpmd> ' "${TESTPMD_LOG[$1]}" 2>/dev/null | wc -l
}

testpmd_prompted_or_gone()
{
	[ "$(testpmd_prompts "$1")" -gt "$2" ] || process_gone "${TESTPMD_PID[$1]}"
}

# testpmd_cmd KEY COMMAND... : prints what testpmd answered, without the echo of
# the command itself.
testpmd_cmd()
{
	local key=$1 before size

	shift
	before=$(testpmd_prompts "$key")
	size=$(stat -c %s "${TESTPMD_LOG[$key]}")
	printf '%s\n' "$*" >&"${TESTPMD_FD[$key]}"
	poll 30 testpmd_prompted_or_gone "$key" "$before"
	tail -c "+$((size + 1))" "${TESTPMD_LOG[$key]}" |
		tr -d '\r' | sed -e 1d -e '/^testpmd> $/d'
	[ "$(testpmd_prompts "$key")" -gt "$before" ]
}

# stop_testpmd KEY : by its own command; fails unless it ended well.
stop_testpmd()
{
	local key=$1 pid=${TESTPMD_PID[$1]:-} status=1

	[ -n "$pid" ] || return 0
	printf 'quit\n' >&"${TESTPMD_FD[$key]}"
	if poll 30 process_gone "$pid"; then
		wait "$pid"
		status=$?
	fi
	kill_testpmd "$key"
	return "$status"
}

# kill_testpmd KEY [SIGNAL] : whatever state it is in.
kill_testpmd()
{
	local key=$1 pid=${TESTPMD_PID[$1]:-} fd

	[ -n "$pid" ] || return 0
	fd=${TESTPMD_FD[$key]}
	exec {fd}>&-
	# The shell's own words about how it ended are of no interest.
	{
		[ $# -lt 2 ] || process_gone "$pid" || kill "-$2" "$pid"
		end_process "$pid"
		wait "$pid"
	} 2>/dev/null
	unset "TESTPMD_PID[$key]" "TESTPMD_FD[$key]"
}

# run_testpmd KEY VDEVS [WRAPPER...] : one that has no input and so ends soon.
run_testpmd()
{
	local key=$1 vdevs=$2

	shift 2
	TESTPMD_LOG[$key]=$SCRATCH/$key.log
	testpmd_command "${TESTPMD_MEMORY:-$SMALL_MEMORY}" "$vdevs"
	in_netns timeout -k 5 60 "$@" "${EAL_COMMAND[@]}" \
		</dev/null >"${TESTPMD_LOG[$key]}" 2>&1
}

# ---- users without privilege --------------------------------------------------

NOBODY_ID=65534
NOBODY=(setpriv "--reuid=$NOBODY_ID" "--regid=$NOBODY_ID" --clear-groups)

# with_tun COMMANDS : a wrapper with a /dev/net of its own that COMMANDS fill.
with_tun()
{
	WRAPPER=(unshare --mount sh -c "mount -t tmpfs $1 && $2 && exec \"\$@\"" sh)
}

# The build may lie where only root can look.
readable_testpmd()
{
	chmod 711 "$SCRATCH" && cp "$RTAP_TESTPMD" "$SCRATCH/testpmd" &&
		"${NOBODY[@]}" "$SCRATCH/testpmd" --help >/dev/null 2>&1
}

# start_wrapped KEY VDEVS WRAPPER... PROGRAM : such a testpmd.
start_wrapped()
{
	local key=$1 vdevs=$2

	shift 2
	printf '#!/bin/sh\nexec%s "$@"\n' "$(printf ' %q' "$@")" >"$SCRATCH/wrapped"
	chmod 755 "$SCRATCH/wrapped"
	RTAP_TESTPMD=$SCRATCH/wrapped start_testpmd "$key" "$vdevs"
}

# ---- TAP ---------------------------------------------------------------------

# shellcheck source=devtools/lib/cases.sh
. "$RTAP_SRC/devtools/lib/cases.sh" || exit 1
