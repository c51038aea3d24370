#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Compare the guide and the table of features with the code.

usage: docs.py DPDK_TREE

The features are those of DPDK's default.ini and in its order; each argument of
the device is described in the guide, and the guide describes no other.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FEATURES = "doc/guides/nics/features"
# Not in default.ini of each release that is supported.
NEWER = {"Selective Rx", "Tx queue count"}


def features(text):
    """Return the (name, value) pairs of an .ini file."""
    lines = [line.partition(";")[0] for line in text.partition("[Features]")[2].splitlines()]
    pairs = [line.partition("=") for line in lines if "=" in line]
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def check_features(tree):
    known = [name for name, _ in features((tree / FEATURES / "default.ini").read_text())]
    last = -1
    for name, value in features((ROOT / FEATURES / "rtap.ini").read_text()):
        if name not in known:
            if name not in NEWER:
                yield f"rtap.ini: default.ini has no '{name}'"
            continue
        if known.index(name) < last:
            yield f"rtap.ini: '{name}' is not in the order of default.ini"
        if value not in ("Y", "P"):
            yield f"rtap.ini: '{name}' is '{value}', neither Y nor P"
        last = known.index(name)


def check_arguments():
    driver = "".join(path.read_text() for path in (ROOT / "drivers/net/rtap").glob("*.[ch]"))
    coded = set(re.findall(r'#define RTAP_ARG_\w+\s+"(\w+)"', driver))
    guide = (ROOT / "doc/guides/nics/rtap.rst").read_text()
    section = re.search(r"\nDevice arguments\n-+\n(.*?)\n\n\n", guide, re.S)
    told = set(re.findall(r"(?m)^``(\w+)", section[1])) if section else set()
    for name in sorted(coded - told):
        yield f"rtap.rst: the argument '{name}' is not described"
    for name in sorted(told - coded):
        yield f"rtap.rst: the driver has no argument '{name}'"


def main():
    found = [*check_features(Path(sys.argv[1])), *check_arguments()]
    for line in found:
        print(line)
    sys.exit(len(found) != 0)


if __name__ == "__main__":
    main()
