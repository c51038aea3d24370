#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Run the kernel's checkpatch.pl and leave out what it misunderstands.

RTAP_CHECKPATCH names the script. It takes RTE_ATOMIC(type), the way of DPDK to
declare a member, for a cast or a factor, does not know how trace points are
declared, and wants const what exec() gets. The exit status is that of what is
left.
"""

import os
import re
import subprocess
import sys

MISUNDERSTOOD = "|".join((
    r"CHECK:SPACING: No space is necessary after a cast\n.*\n\+.*\bRTE_ATOMIC\(",
    r"CHECK:SPACING: spaces preferred around that '\*'.*\n.*\n\+.*\bRTE_ATOMIC\(",
    r"CHECK:OPEN_ENDED_LINE: .*\n.*\n\+RTE_TRACE_POINT(_FP)?\(",
    r"WARNING:STATIC_CONST_CHAR_ARRAY: .*\n.*\n"
    r"\+\t(static char (test|mark)\[\]|char \*argv\[\]) = ",
))


def main():
    command = [os.environ["RTAP_CHECKPATCH"], *sys.argv[1:]]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    reports = re.split(r"\n\n+", result.stdout)
    kept = [report for report in reports if not re.search(MISUNDERSTOOD, report)]
    print("\n\n".join(kept), end="")
    found = any(re.search(r"(?m)^(ERROR|WARNING|CHECK):", report) for report in kept)
    sys.exit(result.returncode if found or len(kept) == len(reports) else 0)


if __name__ == "__main__":
    main()
