#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Random mbufs and headers for the conversion of offloads, under libFuzzer and
# the sanitizers, starting from the corpus. How long: see devtools/fuzz/lib.sh.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1
. "$RTAP_SRC/devtools/fuzz/lib.sh" || exit 1

program=$RTAP_BUILD/devtools/offload/fuzz_offload
[ -x "$program" ] ||
	skip_all "no clang with libFuzzer when the build was configured (clang, libclang-rt-dev)"
new_scratch
tap_plan $FUZZ_CASES
fuzz_target offload "$program" "$RTAP_SRC/devtools/offload/corpus.txt" 60
