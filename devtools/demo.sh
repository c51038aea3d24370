#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Show net_rtap at work: testpmd answers the kernel's ping through it, in a
# network namespace made for the purpose. Everything is removed at the end.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" || exit 1

usage()
{
	cat <<-END
	usage: sudo devtools/demo.sh [--shell] [--no-build] [--build DIR]
	  --shell      stay at the testpmd prompt instead of pinging
	  --no-build   take the build as it is
	  --build DIR  build directory (default: build)
	END
}

shell=no
build=yes
while [ $# -gt 0 ]; do
	case $1 in
	--shell) shell=yes ;;
	--no-build) build=no ;;
	--build)
		[ $# -ge 2 ] || die "--build needs a directory"
		RTAP_BUILD=$(realpath -m "$2")
		unset RTAP_TESTPMD
		shift
		;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		usage >&2
		exit 2
		;;
	esac
	shift
done

# The driver needs 128 MB with room to spare; a page size with that much free
# is used, otherwise ordinary memory will do.
demo_memory()
{
	if [ "$(free_hugepages_mb)" -ge 256 ]; then
		say "--in-memory"
	else
		say "$SMALL_MEMORY"
	fi
}

vdev=net_rtap0,iface=$DEMO_IFACE,persist

# Reads no terminal: waits for the interface that testpmd makes.
address_when_there()
{
	poll 60 iface_exists "$DEMO_IFACE" && address_iface "$DEMO_IFACE"
}

demo_shell()
{
	say "testpmd is about to start in the network namespace $NETNS."
	say "In a second terminal:"
	say "    sudo ip netns exec $NETNS ping $DEMO_PEER"
	say "    sudo ip netns exec $NETNS ip -s link show $DEMO_IFACE"
	say "Here: 'show port stats 0', 'show port info 0'; 'quit' ends it."
	address_when_there &
	testpmd_command "$TESTPMD_MEMORY" "$vdev"
	in_netns "${EAL_COMMAND[@]}"
}

demo_pings()
{
	local got

	say "== testpmd with --vdev=$vdev ($TESTPMD_MEMORY)"
	start_testpmd demo "$vdev" || die "there is no port to ping, see above"
	address_iface "$DEMO_IFACE" || die "cannot give $DEMO_IFACE an address"

	say "== $DEMO_PINGS pings to $DEMO_PEER, which testpmd answers for"
	in_netns ping -n -c "$DEMO_PINGS" -i 0.2 -W 2 "$DEMO_PEER" | tee "$SCRATCH/ping"
	got=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$SCRATCH/ping")

	say "== the port's statistics"
	testpmd_cmd demo show port stats 0
	stop_testpmd demo || die "testpmd did not end well: status $?"
	say "== ${got:-0} of $DEMO_PINGS replies"
	[ "${got:-0}" -eq "$DEMO_PINGS" ]
}

need_root && need_tun && need_io_uring || exit 1
if [ "$build" = yes ]; then
	set_up_and_build
fi
find_programs
[ -x "$RTAP_TESTPMD" ] || die "there is no $RTAP_TESTPMD: run without --no-build"

new_scratch
new_netns rtap-demo
TESTPMD_MEMORY=$(demo_memory)
if [ "$shell" = yes ]; then
	demo_shell
else
	demo_pings
fi
