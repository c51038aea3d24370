#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Random mbufs and headers for the conversion of offloads, under libFuzzer and
# the address sanitizer, starting from the corpus.
#
# RTAP_FUZZ_SECONDS: how long (60), more than four minutes only without meson;
# RTAP_FUZZ_SEED: a number to repeat a run; RTAP_FUZZ_CORPUS: a directory for
# the inputs that reach more, kept for the next run.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

program=$RTAP_BUILD/devtools/offload/fuzz_offload
[ -x "$program" ] ||
	skip_all "no clang with libFuzzer when the build was configured (clang, libclang-rt-dev)"
seconds=${RTAP_FUZZ_SECONDS:-60}
seed=${RTAP_FUZZ_SEED:-$((RANDOM + 1))}
# unpack_corpus DIR
unpack_corpus()
{
	local n=0 line

	mkdir -p "$1"
	while read -r line; do
		base64 -d <<<"$line" >"$1/$n" || return 1
		n=$((n + 1))
	done < <(grep -v '^#' "$RTAP_SRC/devtools/offload/corpus.txt")
	[ "$n" -gt 0 ]
}

# fuzz OPTION... : what it finds ends the run at once, with the input in a file.
fuzz()
{
	"$program" -artifact_prefix="$SCRATCH/" "$@" </dev/null >"$SCRATCH/log" 2>&1
}

# tell_failure : the reason, and how to have it again.
tell_failure()
{
	local input

	note "$(grep -E '^demand failed|ERROR: |SUMMARY: |^ +#[0-9]+ .*(rtap_|rte_)' "$SCRATCH/log" |
		head -n 20)"
	for input in "$SCRATCH"/{crash,oom,timeout,leak}-*; do
		[ -f "$input" ] || continue
		note "to repeat it: base64 -d <<<$(base64 -w 0 "$input") >input && $program input"
	done
}

new_scratch
corpus=$SCRATCH/corpus
unpack_corpus "$corpus" || die "corpus.txt cannot be decoded"
found=${RTAP_FUZZ_CORPUS:-$SCRATCH/found}
mkdir -p "$found" || die "no directory for what is found"
tap_plan 3

if fuzz "$corpus"/*; then
	ok "each input of the corpus passes"
else
	not_ok "each input of the corpus passes"
	tell_failure
fi

note "seed $seed, $seconds seconds"
if fuzz -seed="$seed" -max_total_time="$seconds" -max_len=1024 -timeout=20 \
		"$found" "$corpus"; then
	ok "random inputs pass"
	note "$(grep -E '^Done |DONE' "$SCRATCH/log")"
else
	not_ok "random inputs pass"
	tell_failure
fi

# A target that gives up early would pass for ever.
runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$SCRATCH/log")
check "more inputs ran than the corpus has (${runs:-none})" \
	[ "${runs:-0}" -gt $((2 * $(find "$corpus" -type f | wc -l))) ]
