#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Report how long the functions, files and lines of C sources are.

usage: figures.py FILE...

Files of a directory are taken together. A function is counted from the line
with its name to its closing brace. What is beyond the aims of this project is
listed; the report is for people, nothing of it is an error.
"""

import re
import statistics
import sys
from collections import defaultdict
from pathlib import Path

AIM_MEDIAN = 18
AIM_TENTH = 45
MAX_FUNCTION = 70
MAX_FILE = 600
MAX_LINE = 100
RUN = 6


def functions(lines):
    """Yield (name, first line, length) of each function of a file."""
    start = name = None
    for number, line in enumerate(lines, 1):
        match = re.match(r"(\w+)\(", line)
        if match:
            start, name = number, match[1]
        elif line == "{" and name is None:
            start = None
        elif line == "}" and start is not None:
            yield name, start, number - start + 1
            start = name = None
        elif re.match(r"[^\s{].*;$|(struct|enum|static const) ", line):
            start = name = None


def significant(lines):
    """Return (number, text) of the lines that say something by themselves."""
    kept = []
    for number, line in enumerate(lines, 1):
        text = " ".join(line.split())
        if len(text) > 3 and not re.match(r"/?\*|#include|//|else$|default:$", text):
            kept.append((number, text))
    return kept


def repeated_runs(files):
    """Return the places where a run of RUN lines begins that was there before."""
    seen = {}
    found = []
    for path, lines in files:
        kept = significant(lines)
        last = -RUN
        for i in range(len(kept) - RUN + 1):
            run = tuple(text for _, text in kept[i : i + RUN])
            place = f"{path}:{kept[i][0]}"
            first = seen.setdefault(run, place)
            if first != place and i >= last + RUN:
                found.append(f"{place} repeats {first}")
                last = i
    return found


def tenth(lengths):
    """Return the length that a tenth of the functions exceeds."""
    return sorted(lengths)[max(0, -(-len(lengths) * 9 // 10) - 1)]


def report(name, paths):
    files = [(path, Path(path).read_text().splitlines()) for path in paths]
    found = [(path, *function) for path, lines in files for function in functions(lines)]
    lengths = [length for *_, length in found] or [0]
    total = sum(len(lines) for _, lines in files)
    beyond = []
    for path, function, number, length in found:
        if length > MAX_FUNCTION:
            beyond.append(f"{path}:{number}: {function} has {length} lines")
    for path, lines in files:
        if len(lines) > MAX_FILE:
            beyond.append(f"{path}: {len(lines)} lines")
        for number, line in enumerate(lines, 1):
            if len(line.expandtabs(8)) > MAX_LINE:
                beyond.append(f"{path}:{number}: {len(line.expandtabs(8))} columns")
    runs = repeated_runs(files)
    longest = max(len(lines) for _, lines in files)
    print(f"{name}: {len(files)} files, {total} lines, the longest {longest} (aim {MAX_FILE})")
    print(
        f"  {len(found)} functions: median {statistics.median(lengths):g} (aim {AIM_MEDIAN}), "
        f"a tenth beyond {tenth(lengths)} (aim {AIM_TENTH}), "
        f"the longest {max(lengths)} (aim {MAX_FUNCTION})"
    )
    print(f"  {len(runs)} repeated runs of {RUN} lines")
    for line in beyond + runs:
        print(f"    {line}")


def main():
    groups = defaultdict(list)
    for path in sys.argv[1:]:
        groups[Path(path).parent].append(path)
    for name, paths in groups.items():
        report(name, paths)


if __name__ == "__main__":
    main()
