#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Compare the guide and the table of features with the code.

usage: docs.py DPDK_TREE

The features are those of DPDK's default.ini and in its order; each argument of
the device is described in the guide, once in a table and once in words, and the
guide describes no other. Devices of the guide and of the README have no other
argument, each message for which the guide has advice is one of the driver, and the
table of statistics has their names.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
GUIDE = ROOT / "doc/guides/nics/rtap.rst"
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


def driver_sources():
    return "".join(path.read_text() for path in sorted((ROOT / "drivers/net/rtap").glob("*.[ch]")))


def section(title):
    """Return a section of the guide, with its subsections."""
    pattern = rf"\n{title}\n-+\n(.*?)(?:\n\n\n[^\n]+\n-+\n|$)"
    found = re.search(pattern, GUIDE.read_text(), re.S)
    return found[1] if found else ""


def check_arguments():
    coded = set(re.findall(r'#define RTAP_ARG_\w+\s+"(\w+)"', driver_sources()))
    text = section("Device arguments")
    told = set(re.findall(r"(?m)^``(\w+)", text))
    listed = set(re.findall(r"(?m)^   \* - ``(\w+)``", text))
    for name in sorted(coded - told):
        yield f"rtap.rst: the argument '{name}' is not described"
    for name in sorted(coded - listed):
        yield f"rtap.rst: the argument '{name}' is not in the table of arguments"
    for name in sorted((told | listed) - coded):
        yield f"rtap.rst: the driver has no argument '{name}'"
    for path in (GUIDE, ROOT / "README.md"):
        for args in re.findall(r"net_rtap\d*,([\w=,:.%+]+)", path.read_text()):
            used = {pair.partition("=")[0] for pair in args.split(",")} - {""}
            for name in sorted(used - coded):
                yield f"{path.name}: the driver has no argument '{name}'"


def check_messages():
    """A conversion of a format, or macros between strings, is "..." in the guide."""
    strings = re.findall(r'(?:"(?:[^"\\]|\\.)*"\s*)+', driver_sources())
    texts = ["".join(re.findall(r'"((?:[^"\\]|\\.)*)"', string)) for string in strings]
    texts = {re.sub(r"(%[-+ #0-9.]*[a-zA-Z]+)+", "...", text) for text in texts}
    for message in re.findall(r"(?m)^``(.+)``$", section("Troubleshooting")):
        # What follows an error number is a text of its own, after dots.
        wanted = message.removeprefix("...") if message.startswith("..., ") else message
        if not any(wanted in text for text in texts):
            yield f"rtap.rst: the driver has no message '{message}'"


def check_statistics():
    """Names of the sources lack the queue where it stands in those of the guide."""
    text = (ROOT / "drivers/net/rtap/rtap_stats.c").read_text()
    coded = set(re.findall(r'\bKERNEL_ROW\("(\w+)"', text))
    for kind, name in re.findall(r'\b([RT]X)_(?:ROW|STATE)\("(\w+)"', text):
        coded.add(name if name.startswith("rx_") else f"{kind.lower()}_qN_{name}")
    told = set(re.findall(r"``([rt]x_\w+)``", section("Statistics")))
    for name in sorted(coded - told):
        yield f"rtap.rst: the statistic '{name}' is not described"
    for name in sorted(told - coded - {"rx_nombuf"}):
        yield f"rtap.rst: the driver has no statistic '{name}'"


def main():
    found = [*check_features(Path(sys.argv[1])), *check_arguments(), *check_messages(),
             *check_statistics()]
    for line in found:
        print(line)
    sys.exit(len(found) != 0)


if __name__ == "__main__":
    main()
