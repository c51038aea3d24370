#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# The soak with the driver under the sanitizer of threads: those that control the port,
# the lcore, those of the EAL for interrupts and messages, and the second process. Each
# report is a failure. Ten seconds, or five minutes if RTAP_FULL is 1.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1
. "$RTAP_SRC/devtools/soak/lib.sh" || exit 1

if [ "${1:-}" != mounted ]; then
	exec unshare --mount "$0" mounted
fi

begin_scenario tsan
program=$RTAP_BUILD/devtools/sanitize/rtap_soak-tsan
[ -x "$program" ] ||
	skip_all "no $program: the compiler has no sanitizer of threads, or the whole build has others"
# The sanitizer has memory of its own where the other tests share theirs.
# shellcheck disable=SC2034 # for share_memory
SHARED_ADDRESS=--base-virtaddr=0x100000000
share_memory
# Nor may programs be where the kernel puts them with many random bits.
fixed=(setarch --addr-no-randomize)
"${fixed[@]}" true 2>/dev/null || fixed=()
tap_plan 2

export TSAN_OPTIONS=log_path=$SCRATCH/report
seconds=10
[ "${RTAP_FULL:-0}" != 1 ] || seconds=300
if ! check "the program ends well" soak "$program" $seconds "$SCRATCH/soak" "${fixed[@]}"; then
	note "$(tail -n 30 "$SCRATCH/soak")"
fi
note "$(grep '^operations' "$SCRATCH/soak")"
same "nothing to report" "$(cat "$SCRATCH"/report.* 2>/dev/null)" ""
