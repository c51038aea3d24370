# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
# shellcheck shell=bash disable=SC2034
#
# The part of lib.sh that prints cases in the Test Anything Protocol: those of a
# script, and those of the autotest.

TAP_COUNT=0

tap_plan()
{
	say "1..$1"
}

# tap_plan_after : for scripts that learn the number of their cases as they go.
tap_plan_after()
{
	say "1..$TAP_COUNT"
}

ok()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	say "ok $TAP_COUNT - $1"
}

not_ok()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	say "not ok $TAP_COUNT - $1"
	[ $# -lt 2 ] || note "$2"
}

skip()
{
	TAP_COUNT=$((TAP_COUNT + 1))
	say "ok $TAP_COUNT - $1 # SKIP $2"
}

skip_all()
{
	say "1..0 # SKIP $1"
	exit 0
}

# note TEXT : diagnostic lines.
note()
{
	[ -n "$1" ] || return 0
	printf '%s\n' "$1" | tr -d '\r' | sed 's/^/# /'
}

# check NAME COMMAND ARG... : a case that is the command's success. The command
# runs in this shell, whose children it may have to wait for.
check()
{
	local name=$1

	shift
	if "$@" >"$SCRATCH/check" 2>&1; then
		ok "$name"
	else
		not_ok "$name" "failed: $*"
		note "$(tail -n 20 "$SCRATCH/check")"
		return 1
	fi
}

# same NAME GOT WANTED
same()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "got '$2', expected '$3'"
		return 1
	fi
}

# says NAME FILE PATTERN... : one line of the file, not DPDK's own, has them all.
says()
{
	local name=$1 file=$2 lines pattern

	shift 2
	lines=$(tr -d '\r' <"$file" | grep -v '^EAL:')
	for pattern in "$@"; do
		lines=$(grep -iE -- "$pattern" <<<"$lines")
	done
	if [ -n "$lines" ]; then
		ok "$name"
		note "$lines"
	else
		not_ok "$name" "no line of the output has: $*"
		note "$(tail -n 30 "$file")"
		return 1
	fi
}

interfaces()
{
	ip -n "$NETNS" -o link | awk -F': ' '{ print $2 }' | sort
}

# refused NAME VDEV PATTERN [WRAPPER...] : that testpmd does without the port, and
# the network namespace is as it was.
REFUSED_CASES=3
refused()
{
	local name=$1 vdev=$2 pattern=$3 before status

	shift 3
	before=$(interfaces)
	run_testpmd refused "$vdev" "$@"
	status=$?
	# testpmd goes on without the port; 124 and more are timeouts and crashes.
	if [ $status -lt 124 ] && ! testpmd_has_ports refused; then
		ok "$name: refused"
	else
		not_ok "$name: refused" "exit status $status"
	fi
	says "$name: the message says so" "${TESTPMD_LOG[refused]}" "$pattern"
	same "$name: leaves nothing behind" "$(interfaces)" "$before"
}

skip_refused()
{
	skip "$1: refused" "$2"
	skip "$1: the message says so" "$2"
	skip "$1: leaves nothing behind" "$2"
}

# begin_scenario NAME : what every scenario test needs, or a reason to skip it.
begin_scenario()
{
	local reason

	reason=$({ need_root && need_tun; } 2>&1) || skip_all "${reason%%$'\n'*}"
	find_programs
	[ -x "$RTAP_TESTPMD" ] || die "no testpmd at $RTAP_TESTPMD: build first"
	new_scratch
	new_netns "rtap-$1"
}

# ---- the autotest ------------------------------------------------------------

# The autotest's own time; meson's limit on the whole script is larger.
AUTOTEST_SECONDS=240

# autotest_to_tap MODE : reads dpdk-test's output, keeps the names of the cases.
# DPDK prints a line for each case after whatever the case had to say, and a
# summary in the end: without it the program did not get there.
autotest_to_tap()
{
	local mode=$1 line name result said='' why='' ended=no

	AUTOTEST_FAILURES=0
	while IFS= read -r line; do
		line=${line%$'\r'}
		if [[ $line =~ ^\ \+\ TestCase\ \[\ *[0-9]+\]\ :\ (.*)\ ([a-z]+)$ ]]; then
			name="$mode: ${BASH_REMATCH[1]}"
			result=${BASH_REMATCH[2]}
			case $result in
			succeeded) ok "$name" ;;
			skipped | unsupported) skip "$name" "${why:-$result}" ;;
			*)
				not_ok "$name"
				AUTOTEST_FAILURES=$((AUTOTEST_FAILURES + 1))
				;;
			esac
			note "$said"
			said=
			why=
			continue
		fi
		[[ $line =~ Tests\ Total\ : ]] && ended=yes
		[[ ${line,,} =~ skip ]] && [[ $line != ' +'* ]] && why=$line
		[[ -z $line || $line == ' +'* ]] || said+=${said:+$'\n'}$line
	done
	if [ "$TAP_COUNT" -eq 0 ] && [ -n "$why" ]; then
		skip "$mode" "$why"
	fi
	note "$said"
	[ "$ended" = yes ]
}

# autotest_cases MODE EAL_OPTION... : needs NETNS; prints the cases of the autotest.
# AUTOTEST names another than the usual one.
autotest_cases()
{
	local mode=$1 ended status

	shift
	eal_command "$RTAP_DPDK_TEST" "$@"
	# The loop has to count in this shell.
	shopt -s lastpipe
	in_netns env "DPDK_TEST=${AUTOTEST:-rtap_pmd_autotest}" \
		timeout -k 5 "$AUTOTEST_SECONDS" \
		${RTAP_WRAPPER[@]+"${RTAP_WRAPPER[@]}"} "${EAL_COMMAND[@]}" \
		</dev/null 2>&1 | autotest_to_tap "$mode"
	ended=("${PIPESTATUS[@]}")
	status=${ended[0]}
	# A status of its own stands for failed cases, which have been told, and
	# 77 for a skipped suite; from 124 to 192 are timeout's and crashes.
	if [ "${ended[1]}" -ne 0 ]; then
		not_ok "$mode: ran to its end" "no summary, exit status $status"
	elif [ "$status" -eq 0 ] || [ "$status" -eq 77 ]; then
		ok "$mode: ran to its end"
	elif [ "$AUTOTEST_FAILURES" -gt 0 ] && { [ "$status" -lt 124 ] || [ "$status" -gt 192 ]; }; then
		ok "$mode: ran to its end"
	else
		not_ok "$mode: ran to its end" "exit status $status"
	fi
}

# run_autotest MODE EAL_OPTION... : the same for a script that has no other cases.
run_autotest()
{
	autotest_cases "$@"
	tap_plan_after
}
