#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# What cannot work is refused at start, by a message with object and cause, and
# leaves nothing behind.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

NOBODY=65534
CASES=3

interfaces()
{
	ip -n "$NETNS" -o link | awk -F': ' '{ print $2 }' | sort
}

# refused NAME VDEV PATTERN [WRAPPER...] : three cases.
refused()
{
	local name=$1 vdev=$2 pattern=$3 before status

	shift 3
	before=$(interfaces)
	run_testpmd refused "$vdev" "$@"
	status=$?
	# testpmd goes on without the port; 124 and more are timeouts and crashes.
	if [ $status -lt 124 ] && ! testpmd_has_ports refused; then
		ok "$name: refused"
	else
		not_ok "$name: refused" "exit status $status"
	fi
	says "$name: the message says so" "${TESTPMD_LOG[refused]}" "$pattern"
	same "$name: leaves nothing behind" "$(interfaces)" "$before"
}

skip_refused()
{
	skip "$1: refused" "$2"
	skip "$1: the message says so" "$2"
	skip "$1: leaves nothing behind" "$2"
}

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

# kernel.io_uring_disabled holds for the whole machine, so the window is as short
# as one start of testpmd.
SYSCTL=/proc/sys/kernel/io_uring_disabled
set_sysctl()
{
	echo "$1" >$SYSCTL
}

refuse_by_sysctl()
{
	local name="kernel.io_uring_disabled=2" old

	if [ ! -w $SYSCTL ] || ! old=$(cat $SYSCTL) || ! set_sysctl "$old" 2>/dev/null; then
		skip_refused "$name" "this kernel has no such setting, or it is read-only"
		return
	fi
	on_exit set_sysctl "$old"
	set_sysctl 2
	refused "$name" "$vdev" 'io_uring_disabled'
	set_sysctl "$old"
}

# nobody needs a copy: the build may lie where only root can look.
readable_testpmd()
{
	chmod 711 "$SCRATCH" && cp "$RTAP_TESTPMD" "$SCRATCH/testpmd" &&
		setpriv --reuid=$NOBODY --regid=$NOBODY --clear-groups \
			"$SCRATCH/testpmd" --help >/dev/null 2>&1
}

refuse_nobody()
{
	local RTAP_TESTPMD=$RTAP_TESTPMD name="unprivileged user"

	if ! readable_testpmd; then
		skip_refused "$name" "a shared build cannot be copied"
		return
	fi
	RTAP_TESTPMD=$SCRATCH/testpmd
	refused "$name" "$vdev" '(permission|not permitted|root|CAP_NET_ADMIN)' \
		setpriv --reuid=$NOBODY --regid=$NOBODY --clear-groups
}

# As a container's seccomp profile does it: io_uring_setup, number 425 on every
# architecture, fails with the given error number.
write_seccomp_wrapper()
{
	cat >"$SCRATCH/no_io_uring.py" <<-'END'
	import ctypes
	import os
	import struct
	import sys

	LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
	ALLOW, ERRNO = 0x7fff0000, 0x00050000
	PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2
	IO_URING_SETUP = 425

	program = b''.join(struct.pack('HBBI', *insn) for insn in (
	    (LOAD, 0, 0, 0),
	    (JUMP_EQUAL, 0, 1, IO_URING_SETUP),
	    (RETURN, 0, 0, ERRNO | int(sys.argv[1])),
	    (RETURN, 0, 0, ALLOW)))
	code = ctypes.create_string_buffer(program)
	fprog = ctypes.create_string_buffer(
	    struct.pack('HP', len(program) // 8, ctypes.addressof(code)))
	libc = ctypes.CDLL(None, use_errno=True)
	if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or \
	   libc.prctl(PR_SET_SECCOMP, MODE_FILTER, fprog, 0, 0):
	    sys.exit('seccomp: ' + os.strerror(ctypes.get_errno()))
	os.execvp(sys.argv[2], sys.argv[2:])
	END
}

# refuse_by_seccomp NAME ERROR
refuse_by_seccomp()
{
	if python3 "$SCRATCH/no_io_uring.py" "$2" true 2>/dev/null; then
		refused "$1" "$vdev" 'io_uring.*seccomp' python3 "$SCRATCH/no_io_uring.py" "$2"
	else
		skip_refused "$1" "no seccomp filter here"
	fi
}

begin_scenario refusals
tap_plan $((10 * CASES + 3))
vdev=net_rtap0,iface=$DEMO_IFACE,persist

refuse_leftover "not a TAP" "$DEMO_IFACE.*TAP" \
	"link add $DEMO_IFACE type dummy" "link add $DEMO_IFACE type bridge"
refuse_leftover "TAP of one queue" "$DEMO_IFACE.*multi-queue" \
	"tuntap add dev $DEMO_IFACE mode tap"
refuse_leftover "TUN" "$DEMO_IFACE.*TAP" \
	"tuntap add dev $DEMO_IFACE mode tun multi_queue"

start_testpmd first "$vdev"
address_iface "$DEMO_IFACE"
same "in use: the first process answers" "$(replies 3 0.1)" 3
refused "in use" "$vdev" "$DEMO_IFACE.*(use|busy|another)"
same "in use: the first process answers still" "$(replies 3 0.1)" 3
check "in use: the first process ends well" stop_testpmd first
ip -n "$NETNS" link del "$DEMO_IFACE"

# shellcheck disable=SC2016 # for the inner shell
refused "no /dev/net/tun" "$vdev" '/dev/net/tun' \
	unshare --mount sh -c 'mount -t tmpfs none /dev/net && exec "$@"' sh
refused "no CAP_NET_ADMIN" "$vdev" '(permission|not permitted|root|CAP_NET_ADMIN)' \
	setpriv --bounding-set=-net_admin
refuse_nobody

write_seccomp_wrapper
refuse_by_seccomp "io_uring refused as by a container (EPERM)" 1
refuse_by_seccomp "io_uring left out as by a container (ENOSYS)" 38
refuse_by_sysctl
