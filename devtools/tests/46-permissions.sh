#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Permissions and limits that containers and careful administrators set: what is
# missing is named at start, and nothing is left behind. What the guide asks for
# is enough.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

# System calls of io_uring, on every architecture.
SETUP=425
ENTER=426
REGISTER=427

refuse_by_device()
{
	with_tun "none /dev/net" true
	refused "no /dev/net/tun" "$vdev" '/dev/net/tun.*load module tun' "${WRAPPER[@]}"
	# As after an update of the kernel, when the module of the running one is gone.
	with_tun "none /dev/net" "mknod -m 666 /dev/net/tun c 10 255"
	refused "/dev/net/tun has no driver" "$vdev" \
		'/dev/net/tun.*load module tun' "${WRAPPER[@]}"
	same "/dev/net/tun has no driver: nothing is said of an interface" \
		"$(grep "interface '" "${TESTPMD_LOG[refused]}")" ''
	with_tun "-o nodev none /dev/net" "mknod -m 666 /dev/net/tun c 10 200"
	refused "/dev/net/tun denied to the container" "$vdev" \
		'/dev/net/tun.*permission' "${WRAPPER[@]}"
	with_tun "none /dev/net" "touch /dev/net/tun"
	refused "/dev/net/tun is a plain file" "$vdev" '/dev/net/tun.*ioctl' "${WRAPPER[@]}"
}

refuse_nobody()
{
	local name="unprivileged user"
	local RTAP_TESTPMD=$SCRATCH/testpmd

	with_tun "none /dev/net" "mknod -m 600 /dev/net/tun c 10 200"
	refused "$name, private /dev/net/tun" "$vdev" '/dev/net/tun.*permission' \
		"${WRAPPER[@]}" "${NOBODY[@]}"
	with_tun "none /dev/net" "mknod -m 666 /dev/net/tun c 10 200"
	refused "$name, public /dev/net/tun" "$vdev" 'CAP_NET_ADMIN' \
		"${WRAPPER[@]}" "${NOBODY[@]}"
}

# refuse_by_seccomp NAME ERROR CALLS PATTERN [WRAPPER...]
refuse_by_seccomp()
{
	local name=$1 seccomp=("$RTAP_SRC/devtools/seccomp.py" "$2" "$3") pattern=$4

	shift 4
	if "$@" "${seccomp[@]}" true 2>/dev/null; then
		refused "$name" "$vdev" "$pattern" "$@" "${seccomp[@]}"
	else
		skip_refused "$name" "no seccomp filter here"
	fi
}

# It holds for the whole machine. 1 changes nothing for those who may do anything,
# and is set for the time of two starts. 2 would stop whoever starts just then:
# RTAP_SYSCTL=1 sets it nevertheless.
SYSCTL=/proc/sys/kernel/io_uring_disabled
set_sysctl()
{
	echo "$1" >$SYSCTL
}

refuse_by_sysctl()
{
	local name=kernel.io_uring_disabled old

	if [ ! -w $SYSCTL ] || ! old=$(cat $SYSCTL) || ! set_sysctl "$old" 2>/dev/null; then
		skip_refused "$name=1" "this kernel has no such setting, or it is read-only"
		skip "$name=1: no matter with CAP_SYS_ADMIN" "the same"
		skip_refused "$name=2" "the same"
		return
	fi
	on_exit set_sysctl "$old"
	set_sysctl 1
	refused "$name=1" "$vdev" 'io_uring_disabled.*CAP_SYS_ADMIN' \
		setpriv --bounding-set=-sys_admin
	run_testpmd allowed "net_rtap0,iface=$DEMO_IFACE"
	check "$name=1: no matter with CAP_SYS_ADMIN" testpmd_has_ports allowed
	if [ "${RTAP_SYSCTL:-0}" = 1 ]; then
		set_sysctl 2
		refused "$name=2" "$vdev" 'io_uring_disabled.*0'
	fi
	set_sysctl "$old"
	[ "${RTAP_SYSCTL:-0}" = 1 ] || refuse_as_by_sysctl "$name=2"
}

# refuse_as_by_sysctl NAME : what a process sees of the value 2.
refuse_as_by_sysctl()
{
	echo 2 >"$SCRATCH/disabled"
	WRAPPER=(unshare --mount sh -c "mount --bind $SCRATCH/disabled $SYSCTL && exec \"\$@\"" sh)
	refuse_by_seccomp "$1" 1 $SETUP,$ENTER,$REGISTER 'io_uring_disabled.*0' "${WRAPPER[@]}"
}

# A process that gave up has its interfaces removed after its end.
interfaces_are()
{
	[ "$(interfaces)" = "$1" ]
}

# From too few for a probe to too few for a start, whatever EAL itself needs.
refuse_by_nofile()
{
	local limit vdevs="net_rtap0,iface=$DEMO_IFACE net_rtap1,iface=io1" before
	local name="RLIMIT_NOFILE" told=0 bad='' status

	before=$(interfaces)
	for ((limit = 10; limit < 100; limit += 3)); do
		run_testpmd nofile "$vdevs" prlimit --nofile=$limit:$limit
		status=$?
		# EAL itself panics when it has too few, or cannot load its libraries.
		[ $status -lt 124 ] || grep -q 'PANIC in rte_eal_init' "${TESTPMD_LOG[nofile]}" ||
			[ $status -eq 127 ] || bad+=" status $status at $limit"
		poll 5 interfaces_are "$before" || bad+=" $limit leaves $(interfaces)"
		if grep -q 'RTAP:.*RLIMIT_NOFILE' "${TESTPMD_LOG[nofile]}"; then
			told=$((told + 1))
		elif [ $told -gt 0 ]; then
			break
		fi
	done
	check "$name: the message says so, wherever it is reached" [ $told -ge 3 ]
	check "$name: works with enough" testpmd_has_ports nofile
	same "$name: leaves nothing behind" "$bad" ''
}

# runs NAME WRAPPER... : such a testpmd answers, as far as one can tell from outside.
runs()
{
	local name=$1

	shift
	start_wrapped a "net_rtap0,iface=$DEMO_IFACE" "$@"
	address_iface "$DEMO_IFACE"
	same "$name: answers" "$(replies 3 0.1)" 3
}

run_with_little_memlock()
{
	local name="RLIMIT_MEMLOCK without CAP_IPC_LOCK"

	runs "$name" setpriv --bounding-set=-ipc_lock prlimit --memlock=65536:65536 "$RTAP_TESTPMD"
	says "$name: the message says what it costs" "${TESTPMD_LOG[a]}" RLIMIT_MEMLOCK
	check "$name: quit ends well" stop_testpmd a
}

# No more than the guide asks for.
run_as_nobody()
{
	local name="unprivileged user with CAP_NET_ADMIN"

	with_tun "none /dev/net" "mknod -m 666 /dev/net/tun c 10 200"
	chmod 777 "$SCRATCH"
	runs "$name" "${WRAPPER[@]}" "${NOBODY[@]}" \
		--inh-caps=-all,+net_admin --ambient-caps=-all,+net_admin \
		--bounding-set=-all,+net_admin --no-new-privs "$SCRATCH/testpmd"
	check "$name: quit ends well" stop_testpmd a
	check "$name: gone after quit" poll 5 iface_gone "$DEMO_IFACE"
}

begin_scenario permissions
tap_plan $((13 * REFUSED_CASES + 11))
vdev=net_rtap0,iface=$DEMO_IFACE,persist

refuse_by_device
refused "no CAP_NET_ADMIN" "$vdev" CAP_NET_ADMIN setpriv --bounding-set=-net_admin

refuse_by_seccomp "seccomp, EPERM" 1 $SETUP,$ENTER,$REGISTER 'io_uring.*seccomp'
refuse_by_seccomp "seccomp, ENOSYS" 38 $SETUP,$ENTER,$REGISTER 'io_uring.*seccomp'
refuse_by_seccomp "seccomp without io_uring_enter" 1 $ENTER 'io_uring.*seccomp'
refuse_by_seccomp "seccomp without io_uring_register" 38 $REGISTER 'io_uring.*seccomp'
refuse_by_sysctl

refuse_by_nofile
run_with_little_memlock

if readable_testpmd; then
	refuse_nobody
	run_as_nobody
else
	skip_refused "unprivileged user, private /dev/net/tun" "a shared build cannot be copied"
	skip_refused "unprivileged user, public /dev/net/tun" "the same"
	skip "unprivileged user with CAP_NET_ADMIN: answers" "the same"
	skip "unprivileged user with CAP_NET_ADMIN: quit ends well" "the same"
	skip "unprivileged user with CAP_NET_ADMIN: gone after quit" "the same"
fi
