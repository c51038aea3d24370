#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Make subprojects/dpdk: a DPDK source tree with the files of this tree in it.

It is a farm of symbolic links, to the DPDK tree and to ours, so that an edit
in either place is built at once. Only what has to differ is a file: DPDK's own
lists, which gain our entries. The DPDK tree itself is never written to.

Run again, it changes only what has changed. Prints the files whose change
makes another run necessary.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FARM = ROOT / "subprojects" / "dpdk"
PACKAGE = FARM / ".package"
STAMP = FARM / ".source"
CLEAN = "git clean -dffxq subprojects/dpdk"

OLDEST = (22, 11)
# From this release on the sources need no compatibility header.
CURRENT = (26, 3)
COMPAT = "rtap-compat"
COMPAT_FLAGS = "'-I' + dpdk_source_root / '%s'" % COMPAT
DRIVER = "drivers/net/rtap"

# Directories of the farm that are real, as are those above a file of ours; all
# else is one link per entry. The build lists what app, drivers and lib contain,
# and gets it wrong from behind a link.
REAL_DIRS = {"", "app", "app/test", "buildtools", "buildtools/subproject", "doc"}
REAL_DIRS |= {"drivers", "drivers/net", "lib"}
# What is not part of the source: of git, and made by a build of the documentation.
NOT_LINKED = r"\.git(attributes|ignore)?|doc/guides/.*/overview\w*_table\.txt|.*/__pycache__"
# The documentation is built with files written beside its sources.
REAL_TREES = ["doc/guides", "dts"]


class GraftError(Exception):
    """A message for the user, of one line."""


# The DPDK tree


def version_of(tree):
    """Return (year, month) of a DPDK tree, None if it is no DPDK tree."""
    parts = ["VERSION", "meson.build", "app/test", "drivers/net", "lib/ethdev"]
    if not all((tree / part).exists() for part in parts):
        return None
    version = re.match(r"(\d+)\.(\d+)", (tree / "VERSION").read_text())
    return version and tuple(int(number) for number in version.groups())


def user_tree(path):
    """Return the DPDK tree that the user named, relative to this tree."""
    tree = (ROOT / Path(path).expanduser()).resolve()
    if FARM == tree or FARM in tree.parents:
        raise GraftError(f"{path} is made by this build: name another DPDK source tree")
    return tree


def package_tree(build):
    """Return the unpacked source package, fetched if it is not here yet."""
    if not version_of(PACKAGE):
        get = [ROOT / "devtools/get-dpdk.sh", build / "apt", PACKAGE]
        result = subprocess.run(get, stderr=subprocess.PIPE, text=True)
        if result.returncode != 0:
            raise GraftError(result.stderr.strip())
    return PACKAGE


def check_version(tree, name):
    version = version_of(tree)
    if version is None:
        raise GraftError(f"{name} is no DPDK source tree: give another -Ddpdk_source=PATH")
    if version < OLDEST:
        found = "%d.%02d" % version
        raise GraftError(
            f"{name} is DPDK {found}, but 22.11 or later is needed: give another -Ddpdk_source=PATH"
        )
    return version


def check_stamp(name):
    """Refuse to change the DPDK under build directories that use it."""
    before = STAMP.read_text().strip() if STAMP.exists() else name
    if before != name:
        raise GraftError(
            f"this checkout is built with {before}, not with {name}: take another "
            f"clone or git worktree of it, or delete its build directories and run: {CLEAN}"
        )


def find_python():
    """Return an interpreter that has the ELF tools that DPDK's build needs."""
    for python in (sys.executable, "/usr/bin/python3", shutil.which("python3")):
        if python and os.access(python, os.X_OK):
            test = [python, "-c", "import elftools.elf.elffile"]
            if subprocess.run(test, stderr=subprocess.DEVNULL).returncode == 0:
                return python
    raise GraftError("python3-pyelftools is missing: run devtools/setup.sh")


# Edits of DPDK's files: each returns the text with our entry in it


def unknown_form(pattern):
    return GraftError(f"no line of DPDK is like {pattern}: is this DPDK newer than this checkout?")


def insert_sorted(text, head, item, name, entry):
    """Put entry, the lines for name, in its place in the list after head.

    item is a pattern whose group 1 is the name in a line of the list.
    """
    lines = text.splitlines(keepends=True)
    start = next((i for i, line in enumerate(lines) if re.match(head, line)), None)
    if start is None:
        raise unknown_form(head)
    place = start + 1
    for i in range(start + 1, len(lines)):
        match = re.match(item, lines[i])
        if match and match.group(1) == name:
            return text
        if match and match.group(1) < name:
            place = i + 1
        if re.match(r"[\]})]", lines[i]):
            break
    # An entry may go on for some lines: its end is where the next begins.
    while not re.match(item + r"|[\]})]|\s*(#.*)?$", lines[place]):
        place += 1
    return "".join(lines[:place]) + entry + "".join(lines[place:])


def insert_after(text, pattern, addition):
    """Put addition behind the first line that matches pattern."""
    new, count = re.subn(f"(?m)^{pattern}.*\n", lambda m: m.group() + addition, text, count=1)
    if count == 0:
        raise unknown_form(pattern)
    return new


def edit_driver_list(text):
    return insert_sorted(text, r"drivers = \[", r"\s+'([\w/]+)',", "rtap", "        'rtap',\n")


def edit_guide_index(text):
    return insert_sorted(text, r"\.\. toctree::", r"    (\w+)$", "rtap", "    rtap\n")


def edit_maintainers(text):
    if "\nRtap PMD" in text:
        return text
    stanza = (ROOT / "MAINTAINERS").read_text().strip()
    return re.sub(r"(?m)^Ring PMD\n(.+\n)+\n", lambda m: m.group() + stanza + "\n\n", text)


def edit_test_list(text, tests):
    """Add the sources of the autotest to the test application."""
    if "source_file_deps = {" not in text:
        return edit_old_test_list(text, tests)
    for test in tests:
        entry = f"    '{test}': ['bus_vdev', 'ethdev', 'net', 'net_rtap'],\n"
        text = insert_sorted(text, "source_file_deps = {", r"\s+'([\w.]+)':", test, entry)
    return text


def edit_old_test_list(text, tests):
    """The same before DPDK 23.11, where the list has conditions in it."""
    if "RTE_NET_RTAP" in text:
        return text
    block = ["if dpdk_conf.has('RTE_NET_RTAP')", "    test_deps += 'net_rtap'"]
    block += [f"    test_sources += '{test}'" for test in tests]
    block += ["    fast_tests += [['rtap_pmd_autotest', true, true]]"]
    block += ["    fast_tests += [['rtap_mp_autotest', false, false]]", "endif", ""]
    marker = "if dpdk_conf.has('RTE_HAS_LIBPCAP')\n"
    if marker not in text:
        raise unknown_form(marker.strip())
    return text.replace(marker, "\n".join(block) + marker, 1)


def add_test_objects(text):
    """Keep what the test application is made of, for devtools/sanitize.

    Only DPDK itself may take objects out of its programs.
    """
    return text + "dpdk_test_objects = dpdk_test.extract_all_objects(recursive: false)\n"


def add_test_flags(text):
    """Let the autotest find the compatibility header."""
    return insert_after(text, r"cflags \+= .*ALLOW_INTERNAL_API", f"cflags += {COMPAT_FLAGS}\n")


def add_driver_flags(text):
    """Let each file of the driver begin with the compatibility header."""
    flags = f"cflags += [{COMPAT_FLAGS}, '-include', 'rtap_compat.h']"
    block = ["if drv_path == 'net/rtap'", f"    {flags}", "endif", ""]
    return insert_after(text, r" +subdir\(drv_path\)", "\n".join(block))


def set_python(text, python):
    """Name the interpreter: the first of PATH may lack modules."""
    return text.replace("find_installation('python3'", f"find_installation('{python}'")


# The farm


def our_files():
    """Return the paths that we add to DPDK: the whole driver, other files singly."""
    files = [file for top in ("app", "doc") for file in (ROOT / top).rglob("*") if file.is_file()]
    return [DRIVER] + sorted(str(file.relative_to(ROOT)) for file in files)


def subtrees(tree):
    """Return the directories of the DPDK tree that are in REAL_TREES, and those."""
    below = [path for top in REAL_TREES for path in (tree / top).rglob("*") if path.is_dir()]
    return {*REAL_TREES, *(str(path.relative_to(tree)) for path in below)}


def parents(path):
    return {str(parent) for parent in Path(path).parents} - {"."}


class Farm:
    """What each path of the farm shall be: a link or a text."""

    def __init__(self, tree):
        self.tree = tree
        self.ours = our_files()
        self.real_dirs = REAL_DIRS.union(subtrees(tree), *map(parents, self.ours))
        self.links = {}
        self.texts = {}
        self.watched = []

    def link(self, path, target):
        """Link path to target: relative in this tree, so that it can be moved."""
        place = FARM / path
        if ROOT in target.parents:
            target = Path(os.path.relpath(target, place.parent))
        self.links[path] = target
        self.texts.pop(path, None)

    def text(self, path, text):
        self.texts[path] = text
        self.links.pop(path, None)

    def edit(self, path, function, *args):
        """Replace a link to a file by the text that function makes of it."""
        text = self.texts.get(path)
        if text is None:
            source = Path(os.path.normpath((FARM / path).parent / self.links[path]))
            self.watched.append(source)
            text = source.read_text()
        self.text(path, function(text, *args))

    def link_tree(self):
        """Link all that the DPDK tree has."""
        for directory in self.real_dirs:
            if not (self.tree / directory).is_dir():
                continue
            for name in os.listdir(self.tree / directory):
                path = os.path.join(directory, name)
                if path not in self.real_dirs and not re.fullmatch(NOT_LINKED, path):
                    self.link(path, self.tree / path)

    def link_ours(self):
        """Link all our files over it."""
        for path in self.ours:
            self.link(path, ROOT / path)

    def write(self):
        """Bring the directory to this state, touching only what differs."""
        directories = self.real_dirs.union(map(os.path.dirname, [*self.links, *self.texts]))
        for directory in sorted(directories):
            make_directory(FARM / directory)
        for path, target in self.links.items():
            write_link(FARM / path, target)
        for path, text in self.texts.items():
            write_text(FARM / path, text)
        for directory in directories:
            self.remove_stale(directory)

    def remove_stale(self, directory):
        for entry in os.scandir(FARM / directory):
            path = os.path.join(directory, entry.name)
            known = path in self.links or path in self.texts or path in (".gitignore", ".source")
            if not known and (entry.is_symlink() or entry.is_file()):
                os.unlink(entry.path)


def make_directory(path):
    """Make a real directory: to write through a link would be into the DPDK tree."""
    if path.is_symlink():
        path.unlink()
    path.mkdir(exist_ok=True)


def remove(path):
    """Remove what the farm has at path, never what a link points to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_link(path, target):
    if path.is_symlink() and os.readlink(path) == str(target):
        return
    remove(path)
    path.symlink_to(target)


def write_text(path, text):
    if path.is_symlink():
        path.unlink()
    elif path.exists() and path.read_text() == text:
        return
    path.write_text(text)


def copy_python(farm):
    """Python writes its cache beside a module: not into the DPDK tree."""
    for name in ("coff.py", "pmdinfogen.py"):
        farm.edit(f"buildtools/{name}", lambda text: text)


def add_compat(farm, tests):
    """Add what bridges the distance from an older release to the current one."""
    for header in (ROOT / "devtools/compat").glob("*.h"):
        farm.link(f"{COMPAT}/{header.name}", header)
    for name in ("rte_cksum.h", "rte_stdatomic.h"):
        if not any(farm.tree.glob(f"lib/**/{name}")):
            farm.text(f"{COMPAT}/{name}", '#include "rtap_compat.h"\n')
    farm.edit("app/test/meson.build", add_test_flags)
    farm.edit("drivers/meson.build", add_driver_flags)
    for test in tests:
        wrap_test(farm, test)


def wrap_test(farm, test):
    """Put the compatibility header in front of one file of the autotest.

    Flags are for all of DPDK's tests, which shall not see the header. The
    build looks for the registration in the text of the file, where it takes
    no other words than true and false.
    """
    source = ROOT / "app/test" / test
    register = re.findall(r"(?m)^REGISTER_(?:FAST|DRIVER)_TEST\(.*\)", source.read_text())
    words = [re.sub(r"\b(NOHUGE|ASAN)_OK\b", "true", line) for line in register]
    words = [re.sub(r"\b(NOHUGE|ASAN)_SKIP\b", "false", line) for line in words]
    farm.link(f"app/test/{test}.in", source)
    farm.text(
        f"app/test/{test}",
        "/*\n" + "".join(f"{line}\n" for line in words) + " */\n"
        '#include "test.h"\n#include "rtap_compat.h"\n' + f'#include "{test}.in"\n',
    )


def graft(tree, version):
    """Make the farm for a DPDK tree; return the files to watch."""
    tests = sorted(file.name for file in (ROOT / "app/test").glob("*.c"))
    farm = Farm(tree)
    farm.link_tree()
    farm.link_ours()
    farm.edit("buildtools/meson.build", set_python, find_python())
    farm.edit("drivers/net/meson.build", edit_driver_list)
    farm.edit("app/test/meson.build", edit_test_list, tests)
    farm.edit("buildtools/subproject/meson.build", add_test_objects)
    farm.edit("doc/guides/nics/index.rst", edit_guide_index)
    farm.edit("MAINTAINERS", edit_maintainers)
    copy_python(farm)
    if version < CURRENT:
        add_compat(farm, tests)
    farm.write()
    return [tree / "VERSION", ROOT / "MAINTAINERS", *farm.watched]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--build", type=Path, required=True, help="build directory")
    parser.add_argument("--source", default="", help="DPDK source tree; empty: the package")
    args = parser.parse_args()

    if args.source:
        tree = user_tree(args.source)
        name = str(tree)
        version = check_version(tree, name)
        check_stamp(name)
    else:
        name = "the source package"
        check_stamp(name)
        tree = package_tree(args.build)
        version = check_version(tree, name)
    watched = graft(tree, version)
    write_text(STAMP, name + "\n")
    print(*watched, sep="\n")


if __name__ == "__main__":
    try:
        main()
    except GraftError as error:
        sys.exit(str(error))
