# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
# shellcheck shell=bash
#
# Helper of the tests that run targets of libFuzzer; to be sourced after lib.sh.
#
# RTAP_FUZZ_SECONDS: how long each target runs, ten minutes with RTAP_FULL=1 in the
# environment; more than four minutes only without meson, or with test.sh --full;
# RTAP_FUZZ_SEED: a number to repeat a run; RTAP_FUZZ_CORPUS: a directory for
# the inputs that reach more, kept for the next run.

# unpack_corpus FILE DIR : one input a line, in base64.
unpack_corpus()
{
	local n=0 line

	mkdir -p "$2"
	while read -r line; do
		base64 -d <<<"$line" >"$2/$n" || return 1
		n=$((n + 1))
	done < <(grep -v '^#' "$1")
	[ "$n" -gt 0 ]
}

# tell_failure PROGRAM LOG DIR : the reason, and how to have it again.
tell_failure()
{
	local input

	note "$(grep -E '^demand failed|ERROR: |SUMMARY: |runtime error|^ +#[0-9]+ .*(rtap_|rte_)' "$2" |
		head -n 20)"
	for input in "$3"/{crash,oom,timeout,leak}-*; do
		[ -f "$input" ] || continue
		note "to repeat it: base64 -d <<<$(base64 -w 0 "$input") >input && $1 input"
	done
}

# fuzz_case NAME PROGRAM DIR OPTION... : what it finds ends the run at once, with
# the input in a file.
fuzz_case()
{
	local name=$1 program=$2 dir=$3

	shift 3
	if "$program" -artifact_prefix="$dir/" "$@" </dev/null >"$dir/log" 2>&1; then
		ok "$name"
		note "$(grep -E '^Done |DONE' "$dir/log")"
	else
		not_ok "$name"
		tell_failure "$program" "$dir/log" "$dir"
	fi
}

# shellcheck disable=SC2034 # scripts count with it
FUZZ_CASES=3

# fuzz_target NAME PROGRAM CORPUS SECONDS : its cases; needs SCRATCH.
fuzz_target()
{
	local name=$1 program=$2 dir=$SCRATCH/$1 seconds=${RTAP_FUZZ_SECONDS:-$4}
	local seed=${RTAP_FUZZ_SEED:-$((RANDOM + 1))} found runs

	[ -n "${RTAP_FUZZ_SECONDS:-}" ] || [ "${RTAP_FULL:-0}" != 1 ] || seconds=600
	found=${RTAP_FUZZ_CORPUS:+$RTAP_FUZZ_CORPUS/$name}
	found=${found:-$dir/found}
	mkdir -p "$dir" "$found" || die "no directory for what is found"
	unpack_corpus "$3" "$dir/corpus" || die "$3 cannot be decoded"

	fuzz_case "$name: each input of the corpus passes" "$program" "$dir" "$dir/corpus"/*
	note "seed $seed, $seconds seconds"
	fuzz_case "$name: random inputs pass" "$program" "$dir" \
		-seed="$seed" -max_total_time="$seconds" -max_len=1024 -timeout=20 \
		"$found" "$dir/corpus"
	# A target that gives up early would pass for ever.
	runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$dir/log")
	check "$name: more inputs ran than the corpus has (${runs:-none})" \
		[ "${runs:-0}" -gt $((2 * $(find "$dir/corpus" -type f | wc -l))) ]
}
