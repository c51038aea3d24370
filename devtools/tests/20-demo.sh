#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# The README's demonstration: its answers, what it says when it cannot work, and
# that it leaves nothing behind.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh" || exit 1

begin_scenario scenario
export RTAP_BUILD RTAP_TESTPMD
# What the demo makes of its own goes here, where it can be looked for.
mkdir "$SCRATCH/tmp"
export TMPDIR=$SCRATCH/tmp
LOG=$SCRATCH/demo.log
ANSWERED="$DEMO_PINGS packets transmitted, $DEMO_PINGS received"

# start_demo [OPTION...] : in the background, as process $demo. Background
# processes ignore interrupts and have no input unless told otherwise.
start_demo()
{
	# Emptied here, not by the process: it may be the log of another run.
	: >"$LOG"
	env --default-signal=INT "$RTAP_SRC/devtools/demo.sh" --no-build "$@" \
		<&0 >>"$LOG" 2>&1 &
	demo=$!
}

end_of_demo()
{
	poll 120 process_gone "$demo"
	wait "$demo" 2>/dev/null
}

log_has_or_gone()
{
	grep -q "$1" "$LOG" || process_gone "$demo"
}

nothing_left()
{
	! ip netns list | grep "^rtap-demo-$demo\b" && [ -z "$(ls "$TMPDIR")" ]
}

# It is told by the demo itself where to type this.
ping_by_hint()
{
	local words

	read -ra words < <(grep -o "ip netns exec rtap-demo-$demo ping .*" "$LOG") &&
		poll 10 "${words[@]}" -n -q -c 1 -W 1
}

pings()
{
	start_demo
	end_of_demo
	same "$1: ends with status 0" $? 0 || note "$(tail -n 40 "$LOG")"
	says "$1: all pings are answered" "$LOG" "$ANSWERED"
	says "$1: prints the port's statistics" "$LOG" 'RX-packets: [1-9]'
	check "$1: leaves nothing behind" nothing_left
}

# says_so NAME PATTERN WRAPPER... : the demo ends at once and says why.
says_so()
{
	local name=$1 pattern=$2

	shift 2
	"$@" "$RTAP_SRC/devtools/demo.sh" --no-build >"$LOG" 2>&1
	same "$name: ends with status 1" $? 1
	says "$name: says how to mend it" "$LOG" "$pattern"
}

tap_plan 21

pings "ordinary memory"
if take_hugepages; then
	pings "hugepages"
	says "hugepages: they are used" "$LOG" 'testpmd with .*--in-memory'
else
	for name in "ends with status 0" "all pings are answered" \
		"prints the port's statistics" "leaves nothing behind" "they are used"; do
		skip "hugepages: $name" "cannot have $HUGEPAGES free pages of 2 MB"
	done
fi

start_demo
poll 60 log_has_or_gone 'bytes from'
check "interrupted: it had begun to ping" grep -q 'bytes from' "$LOG"
kill -INT "$demo"
end_of_demo
same "interrupted: says so by its status" $? 130
check "interrupted: leaves nothing behind" nothing_left

mkfifo "$SCRATCH/in"
exec {input}<>"$SCRATCH/in"
start_demo --shell <"$SCRATCH/in" {input}>&-
poll 60 log_has_or_gone 'testpmd> '
check "--shell: the hint works" ping_by_hint
echo quit >&"$input"
end_of_demo
same "--shell: ends with status 0" $? 0 || note "$(tail -n 40 "$LOG")"
check "--shell: leaves nothing behind" nothing_left

# shellcheck disable=SC2016 # for the inner shell
says_so "no /dev/net/tun" 'modprobe tun' \
	unshare --mount sh -c 'mount -t tmpfs none /dev/net && exec "$@"' sh
echo 2 >"$SCRATCH/disabled"
# shellcheck disable=SC2016 # for the inner shell
says_so "io_uring disabled" 'sysctl -w kernel.io_uring_disabled=0' \
	unshare --mount sh -c 'mount --bind "$0" /proc/sys/kernel/io_uring_disabled &&
		exec "$@"' "$SCRATCH/disabled"
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
if "${nobody[@]}" test -r "$RTAP_SRC/devtools/lib.sh"; then
	says_so "no root" 'sudo' "${nobody[@]}" bash
else
	skip "no root: ends with status 1" "only root can look into this directory"
	skip "no root: says how to mend it" "only root can look into this directory"
fi
