#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Each call fails once that the driver makes in a secondary process: to attach a port, to
# borrow its queues and to give them back, for bursts, for whoever asks. The primary
# process and its port are well afterwards, and so is the secondary.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

if [ "${1:-}" != mounted ]; then
	exec unshare --mount "$0" mounted
fi

begin_scenario fault-mp
program=$RTAP_BUILD/devtools/fault/rtap_fault
[ -x "$program" ] || skip_all "no $program: its stubs are for x86-64 alone"
share_memory
eal_command "$program" -m 128 "${SHARED[@]}"
in_netns timeout -k 5 600 "${EAL_COMMAND[@]}" </dev/null
