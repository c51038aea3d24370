# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
# shellcheck shell=bash
#
# Helper of the tests that run the soak; to be sourced after lib.sh.
#
# RTAP_SOAK_SECS: how long it runs; RTAP_SOAK_SEED: repeats the choices of another run.

ROUND_SECS=2

# soak PROGRAM SECONDS LOG [COMMAND_WORD...] : needs share_memory; by that command.
soak()
{
	local program=$1 secs=${RTAP_SOAK_SECS:-$2} log=$3 lcores cpu pause_ms

	shift 3
	lcores=$(eal_lcores)
	cpu=${lcores##*@}
	# Each secondary process costs memory for good, of which there is so much.
	pause_ms=$((secs > 100 ? 2500 : 500))
	eal_command "$program" -m 128 "${SHARED[@]}" "--vdev=net_rtap0,iface=$DEMO_IFACE" -- \
		--iface "$DEMO_IFACE" --secs "$secs" --round-secs $ROUND_SECS \
		--pause-ms $pause_ms ${RTAP_SOAK_SEED:+--seed "$RTAP_SOAK_SEED"} \
		--secondary "--lcores 5@$cpu --no-pci --no-telemetry --log-level=*:error --proc-type=secondary ${SHARED[*]}"
	# The kernel is to say nothing of its own accord: the sums are exact.
	in_netns sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	in_netns timeout -k 5 $((2 * secs + 120)) "$@" "${EAL_COMMAND[@]}" >"$log" 2>&1
}
