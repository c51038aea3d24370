#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Each call that the driver makes to others fails once: it has to say so or to do
# without, to leave nothing behind, and to work the next time. In the long form it fails
# in several ways.
# Then rings and descriptors give less than was asked, or nothing again and again, or
# completions in another order: each packet has to come, to be sent, or to be counted.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

begin_scenario fault
program=$RTAP_BUILD/devtools/fault/rtap_fault
[ -x "$program" ] || skip_all "no $program: its stubs are for x86-64 alone"
eal_command "$program" --no-huge -m 256 --no-shconf --iova-mode va
in_netns timeout -k 5 600 "${EAL_COMMAND[@]}" </dev/null
