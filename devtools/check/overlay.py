#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Put the files of this tree into a DPDK tree, for good.

usage: overlay.py DPDK_TREE

They are copied, and DPDK's own lists gain our entries, as in a patch for DPDK.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "devtools"))
import graft  # noqa: E402

TOPS = ("app", "doc", "drivers")


def our_files():
    """Return the paths that DPDK would gain, tracked or about to be."""
    command = ["git", "-C", ROOT, "ls-files", "-z", "-co", "--exclude-standard", "--", *TOPS]
    names = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [name for name in names.split("\0") if name and (ROOT / name).is_file()]


def edit(path, function, *args):
    path.write_text(function(path.read_text(), *args))


def main():
    tree = Path(sys.argv[1])
    files = our_files()
    for name in files:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tree / name)
    tests = sorted(Path(name).name for name in files if re.match(r"app/test/.*\.c$", name))
    edit(tree / "drivers/net/meson.build", graft.edit_driver_list)
    edit(tree / "app/test/meson.build", graft.edit_test_list, tests)
    edit(tree / "doc/guides/nics/index.rst", graft.edit_guide_index)
    edit(tree / "MAINTAINERS", graft.edit_maintainers)


if __name__ == "__main__":
    main()
