#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Compile each header by itself, with the flags of a source beside it.

usage: headers.py BUILD HEADER...

The compatibility header is not put in front of it: what it brings along would
hide what is missing. Exit status 1 if one does not compile.
"""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# What of a compile command is about the one source that it compiles.
WITH_VALUE = {"-o", "-MF", "-MQ", "-MT", "-c"}
ALONE = {"-MD", "-MMD", "-Winvalid-pch"}


def command_of(entry):
    """Return the compiler and the flags that hold for any source."""
    words = iter(shlex.split(entry["command"]))
    kept = []
    for word in words:
        if word in WITH_VALUE:
            next(words)
        elif word == "-include":
            name = next(words)
            if name != "rtap_compat.h":
                kept += ["-include", name]
        elif word not in ALONE and word != entry["file"]:
            kept.append(word)
    return kept


def commands(build):
    """Return a compile command for each directory of this tree that has sources."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = os.path.normpath(build / entry["file"])
        # Sources are compiled in the grafted tree, where they are links or wrapped.
        directory = Path(path.replace(f"{ROOT}/subprojects/dpdk/", f"{ROOT}/")).parent
        if "rtap" in path.rpartition("/")[2] or f"{ROOT}/devtools/" in path:
            found.setdefault(directory, command_of(entry))
    return found


def command_for(header, found):
    """Return the command of its directory, or of one whose sources include it."""
    including = (command for command in found.values() if f"-I{header.parent}" in command)
    return found.get(header.parent) or next(including, None)


def compiles(build, command, header):
    flags = ["-Werror", "-fsyntax-only", "-I", str(header.parent), "-x", "c", "-"]
    text = f'#include "{header.name}"\n'
    return subprocess.run(command + flags, input=text, text=True, cwd=build).returncode == 0


def main():
    build = Path(sys.argv[1]).resolve()
    found = commands(build)
    failed = 0
    for header in (Path(name).resolve() for name in sys.argv[2:]):
        command = command_for(header, found)
        if command is None:
            print(f"{header}: the build compiles no source beside it")
            failed += 1
        elif not compiles(build, command, header):
            print(f"{header}: does not compile alone")
            failed += 1
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
