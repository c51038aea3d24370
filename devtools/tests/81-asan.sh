#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# The autotest with the driver under the sanitizers of addresses, leaks and undefined
# behavior. Each report of theirs is a failure, whatever process it comes from.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

begin_scenario asan
program=$RTAP_BUILD/devtools/sanitize/dpdk-test-asan
[ -x "$program" ] ||
	skip_all "no $program: the compiler has no sanitizers, or the whole build has them"

reports=$SCRATCH/report
export ASAN_OPTIONS=log_path=$reports:detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1
RTAP_DPDK_TEST=$program
# shellcheck disable=SC2034 # for autotest_cases
AUTOTEST_SECONDS=600
# In a file: what has undefined behavior is told on the standard error.
autotest_cases asan --no-huge -m 512 --no-shconf >"$SCRATCH/cases"
cat "$SCRATCH/cases"
same "asan: nothing to report" \
	"$(cat "$reports".* 2>/dev/null; grep -h 'runtime error:' "$SCRATCH/cases")" ""
tap_plan_after
