#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors
#
# Set up, build, run all tests. The last line is "N passed, N failed, N skipped",
# counted in test cases; the exit status is 0 only if some passed and none failed.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" || exit 1

usage()
{
	cat <<-END
	usage: sudo devtools/test.sh [--build DIR] [--full] [ARGUMENT OF meson test...]
	  --build DIR  build directory (default: build)
	  --full       the long form of the tests that have one: all there is to
	               inject, fuzz and soak (sets RTAP_FULL=1); hours, not minutes
	END
}

while [ $# -gt 0 ]; do
	case $1 in
	--build)
		[ $# -ge 2 ] || die "--build needs a directory"
		RTAP_BUILD=$(realpath -m "$2")
		shift 2
		;;
	--full)
		export RTAP_FULL=1
		shift
		;;
	-h | --help)
		usage
		exit 0
		;;
	*) break ;;
	esac
done

# The log of meson test has one JSON object a line, with what each test printed.
# A test without a readable plan, or with another number of cases than planned,
# or that ended badly without naming a case, has failed: a crash is no success.
# Failed cases are printed with the diagnostic lines that follow them.
count_cases()
{
	python3 - "$1" <<-'END'
	import json
	import re
	import sys

	CASE = re.compile(r'(not )?ok\b(?:.* (# skip))?', re.I)
	PLAN = re.compile(r'1\.\.(\d+)')
	passed = failed = skipped = 0

	def tell_failures(test):
	    print('failed: %s (%s)' % (test['name'], test['result']))
	    telling = False
	    for line in test['stdout'].splitlines():
	        telling = line.startswith('not ok') or telling and line.startswith('#')
	        if telling:
	            print('    ' + line)
	    print(test.get('stderr', ''), end='')

	def tally(test):
	    counts = {'passed': 0, 'failed': 0, 'skipped': 0}
	    plan = None
	    for line in test['stdout'].splitlines():
	        case = CASE.match(line)
	        if case:
	            counts['failed' if case[1] else
	                   'skipped' if case[2] else 'passed'] += 1
	        elif PLAN.match(line):
	            plan = int(PLAN.match(line)[1])
	    return counts, plan

	for line in open(sys.argv[1]):
	    test = json.loads(line)
	    counts, plan = tally(test)
	    good = test['result'] in ('OK', 'SKIP', 'EXPECTEDFAIL')
	    seen = sum(counts.values())
	    is_tap = any('/devtools/tests/' in word for word in test['command'])
	    if plan is None and not is_tap:
	        # The test as a whole is one case.
	        counts['failed' if not good else
	               'skipped' if test['result'] == 'SKIP' else 'passed'] += 1
	    elif plan == 0 and good:
	        counts['skipped'] += 1
	    elif plan != seen:
	        counts['failed'] += max(1, (plan or 0) - seen)
	    elif not good and not counts['failed']:
	        counts['failed'] += 1
	    if counts['failed']:
	        tell_failures(test)
	    passed += counts['passed']
	    failed += counts['failed']
	    skipped += counts['skipped']
	print('%d passed, %d failed, %d skipped' % (passed, failed, skipped))
	sys.exit(failed > 0 or passed == 0)
	END
}

# The name of the log depends on the test set-up in use: take what is new.
newest_log()
{
	find "$RTAP_BUILD/meson-logs" -name 'testlog*.json' -newer "$1" | head -n 1
}

# The last line is due whatever happens.
fail()
{
	[ $# -eq 0 ] || warn "${0##*/}: $*"
	say "0 passed, 1 failed, 0 skipped"
	exit 1
}

need_root || fail
(set_up_and_build) || fail

new_scratch
touch "$SCRATCH/begin"
say "== tests${RTAP_FULL:+, in full}"
# A long form bounds itself; what hangs must end all the same, after 2.5 hours.
meson test -C "$RTAP_BUILD" --no-rebuild ${RTAP_FULL:+-t 10} "$@"
status=$?
log=$(newest_log "$SCRATCH/begin")
[ -n "$log" ] ||
	fail "no test ran, these there are: meson test -C $RTAP_BUILD --list (status $status)"
count_cases "$log" || exit 1
# Whatever else meson test objects to is no success either.
exit "$status"
