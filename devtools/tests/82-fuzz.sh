#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Random input for what reads the words of others: device arguments, netlink
# messages, messages between processes; under libFuzzer and the sanitizers,
# starting from the corpus of each. How long: see devtools/fuzz/lib.sh.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1
. "$RTAP_SRC/devtools/fuzz/lib.sh" || exit 1

targets=(devargs mp netlink)
dir=$RTAP_BUILD/devtools/fuzz

for target in "${targets[@]}"; do
	[ -x "$dir/fuzz_$target" ] ||
		skip_all "no clang with libFuzzer when the build was configured (clang, libclang-rt-dev)"
done
new_scratch
tap_plan $((${#targets[@]} * FUZZ_CASES))
for target in "${targets[@]}"; do
	fuzz_target "$target" "$dir/fuzz_$target" "$RTAP_SRC/devtools/fuzz/$target.txt" 20
done
