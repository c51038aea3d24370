#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Make the commits of a patch series for DPDK out of the history of this tree.

The history is feature by feature already, each commit with its tests, and each
builds. So each commit that changes what DPDK would gain (app, doc, drivers)
becomes a patch of the same changes and words; what else it changes is left out.
series.toml names the exceptions: the first commit is split, later mends become
part of what they mend.

What follows from the files of a patch is written anew for each: the list of
sources, DPDK's lists of drivers, tests and guides, and the entry in MAINTAINERS.
Files of skeleton/ stand in for those that come with a later patch.

usage: export.py --check | --cover
       export.py CLONE BASE [--author 'NAME <ADDRESS>']

CLONE is a git directory of DPDK, to which the commits are added on top of its
commit BASE; their range is printed. Nothing is checked out.
"""

import argparse
import fnmatch
import functools
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "devtools"))
import graft  # noqa: E402

TOPS = ["app", "doc", "drivers"]
DRIVER = "drivers/net/rtap/"
SIGNED = "Signed-off-by:"


class SeriesError(Exception):
    """A message for the user."""


def git(*args, cwd=ROOT, **kwargs):
    """Return what git prints, as bytes."""
    kwargs.setdefault("check", True)
    return subprocess.run(["git", *args], cwd=cwd, stdout=subprocess.PIPE, **kwargs).stdout


def text_of(*args, cwd=ROOT):
    return git(*args, cwd=cwd).decode().strip()


class Step:
    """One patch: its message and the files that this tree has then."""

    def __init__(self, subject, body, author, files):
        self.subject = subject
        self.body = body
        self.author = author
        self.files = files


# The history


@functools.cache
def blob(name):
    return git("cat-file", "blob", name)


def files_at(commit):
    """Return {path: object name} of what DPDK would gain at a commit."""
    listing = text_of("ls-tree", "-r", commit, "--", *TOPS, "MAINTAINERS")
    entries = (line.split(None, 3) for line in listing.splitlines())
    return {path: name for _, _, name, path in entries}


def message_of(commit):
    """Return subject, body without signatures, and author."""
    subject, _, rest = text_of("log", "-1", "--format=%s%n%an <%ae>%n%b", commit).partition("\n")
    author, _, body = rest.partition("\n")
    lines = [line for line in body.splitlines() if not line.startswith(SIGNED)]
    return subject, "\n".join(lines).strip(), author


def history():
    """Return a step for each commit that changes something of DPDK's."""
    if text_of("rev-parse", "--is-shallow-repository") == "true":
        raise SeriesError("this clone has no history: git fetch --unshallow")
    steps = []
    files = {}
    for commit in text_of("rev-list", "--reverse", "--no-merges", "HEAD").split():
        now = files_at(commit)
        if now != files:
            steps.append(Step(*message_of(commit), now))
            files = now
    return steps


# What series.toml says


def index_of(steps, subject):
    found = [i for i, step in enumerate(steps) if step.subject == subject]
    if len(found) != 1:
        raise SeriesError(f"series.toml: {len(found)} commits are '{subject}', not one")
    return found[0]


def split(steps, entry):
    """Replace a step by several, each with some of its files."""
    at = index_of(steps, entry["commit"])
    whole = steps[at]
    files = dict(steps[at - 1].files) if at > 0 else {}
    parts = []
    for patch in entry["patch"]:
        names = [DRIVER + name for name in patch.get("files", ["*"])] + ["MAINTAINERS"]
        last = patch is entry["patch"][-1]
        for path, name in whole.files.items():
            if last or any(fnmatch.fnmatch(path, pattern) for pattern in names):
                files[path] = name
        if last:
            files = whole.files
        parts.append(Step(patch["subject"], patch["body"].strip(), whole.author, dict(files)))
    steps[at : at + 1] = parts


def reword(steps, entry):
    step = steps[index_of(steps, entry["commit"])]
    step.subject = entry.get("subject", step.subject)
    step.body = entry.get("body", step.body).strip()


def merge(ours, base, theirs):
    """Return the object name of ours with the change from base to theirs, or None."""
    if ours == base or base == theirs:
        return theirs if ours == base else ours
    if None in (ours, base, theirs):
        return None
    with tempfile.TemporaryDirectory() as scratch:
        names = []
        for i, name in enumerate((ours, base, theirs)):
            names.append(os.path.join(scratch, str(i)))
            Path(names[-1]).write_bytes(blob(name))
        result = subprocess.run(["git", "merge-file", "-p", *names], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL)
    if result.returncode != 0:
        return None
    return git("hash-object", "-w", "--stdin", input=result.stdout).decode().strip()


def set_file(step, path, name):
    if name is None:
        step.files.pop(path, None)
    else:
        step.files[path] = name


def fold_file(steps, path, change, first, at):
    """Carry the change of one file back from a step, as far as it applies."""
    base, theirs = change
    for step in reversed(steps[first:at]):
        ours = step.files.get(path)
        if ours is None and base is not None:
            return
        merged = merge(ours, base, theirs)
        if merged is None and theirs is not None:
            return
        set_file(step, path, merged)


def fold(steps, entry):
    """Make a step part of the earlier ones that it mends."""
    at = index_of(steps, entry["commit"])
    first = index_of(steps, entry["into"])
    if first >= at:
        raise SeriesError(f"series.toml: '{entry['commit']}' comes before what it mends")
    before = dict(steps[at - 1].files)
    after = steps[at].files
    for path in sorted({*before, *after}):
        change = before.get(path), after.get(path)
        if change[0] != change[1]:
            fold_file(steps, path, change, first, at)
    if steps[at - 1].files == after:
        del steps[at]
        return
    left = sorted(path for path in after if steps[at - 1].files.get(path) != after[path])
    raise SeriesError(f"series.toml: '{entry['commit']}' cannot be folded in {', '.join(left)}")


def join(steps, entry):
    """Make one step of several that follow each other, from first to last."""
    first = index_of(steps, entry["first"])
    last = index_of(steps, entry["last"])
    if first >= last:
        raise SeriesError(f"series.toml: '{entry['last']}' does not follow '{entry['first']}'")
    steps[last].subject = entry["subject"]
    steps[last].body = entry["body"].strip()
    del steps[first:last]


def patches(table):
    """Return the steps of the series."""
    steps = history()
    whole = steps[-1].files
    ways = (("split", split), ("reword", reword), ("fold", fold), ("join", join))
    for name, function in ways:
        for entry in table.get(name, []):
            function(steps, entry)
    if steps[-1].files != whole:
        raise SeriesError("the last patch does not lead to the files of this tree")
    return steps


# What follows from the files of a patch


def with_sources(text, files):
    """Let the driver's meson.build name the sources that there are."""
    names = sorted(path[len(DRIVER) :] for path in files if re.match(DRIVER + r"\w+\.c$", path))
    listing = "".join(f"        '{name}',\n" for name in names)
    return re.sub(r"(?m)^sources = files\(\n(.*\n)*?\)", f"sources = files(\n{listing})", text)


def with_stanza(text, stanza, files):
    """Add the stanza for MAINTAINERS, with the patterns that match a file."""
    def matches(line):
        pattern = line[3:] + ("*" if line.endswith("/") else "")
        return not line.startswith("F: ") or any(fnmatch.fnmatch(path, pattern) for path in files)

    lines = [line for line in stanza.splitlines() if matches(line)]
    return re.sub(r"(?m)^Ring PMD\n(.+\n)+\n", lambda m: m[0] + "\n".join(lines) + "\n\n", text)


def with_note(text, note):
    """Add a note at the end of the release's new features."""
    new = re.sub(r"\n\n\nRemoved Items\n", lambda m: f"\n\n{note.strip()}{m[0]}", text, count=1)
    if new == text:
        raise SeriesError("the release notes of this DPDK have another form: is it a new one?")
    return new


def with_authors(text, authors):
    """Add those whom .mailmap does not know."""
    lines = text.splitlines()
    for author in sorted(authors):
        if author in lines:
            continue
        place = [i for i, line in enumerate(lines) if line.lower() < author.lower()]
        lines.insert(place[-1] + 1 if place else 0, author)
    return "\n".join(lines) + "\n"


class Series:
    """Writes the steps as commits of a DPDK clone."""

    def __init__(self, clone, base, author, note):
        self.clone = clone
        self.base = base
        self.author = author
        self.note = note
        self.copied = {}
        version = re.match(r"(\d+)\.(\d+)", self.original("VERSION"))
        if (int(version[1]), int(version[2])) < graft.CURRENT:
            raise SeriesError(f"DPDK {version[0]} is too old: patches are for the main branch")
        self.notes = f"doc/guides/rel_notes/release_{version[1]}_{version[2]}.rst"

    def original(self, path):
        return text_of("show", f"{self.base}:{path}", cwd=self.clone) + "\n"

    def store(self, data):
        return git("hash-object", "-w", "--stdin", cwd=self.clone, input=data).decode().strip()

    def copy(self, name):
        """Return the name of an object of this tree, which the clone has then, too."""
        if name not in self.copied:
            self.copied[name] = self.store(blob(name))
        return self.copied[name]

    def lists(self, step, authors):
        """Return the text of each file of DPDK's own that a step changes."""
        tests = sorted(path[len("app/test/") :] for path in step.files
                       if re.match(r"app/test/\w+\.c$", path))
        stanza = blob(step.files["MAINTAINERS"]).decode()
        edits = {
            ".mailmap": (with_authors, authors),
            "MAINTAINERS": (with_stanza, stanza, step.files),
            "doc/guides/nics/index.rst": (graft.edit_guide_index,),
            "drivers/net/meson.build": (graft.edit_driver_list,),
            "app/test/meson.build": (graft.edit_test_list, tests),
            self.notes: (with_note, self.note),
        }
        return {path: function(self.original(path), *args)
                for path, (function, *args) in edits.items()}

    def tree(self, step, authors):
        """Return the name of the tree that DPDK has after a step."""
        texts = self.lists(step, authors)
        sources = DRIVER + "meson.build"
        texts[sources] = with_sources(blob(step.files[sources]).decode(), step.files)
        names = {path: self.copy(name) for path, name in step.files.items() if path not in texts}
        names.update((path, self.store(text.encode())) for path, text in texts.items())
        lines = [f"100644 {name}\t{path}\n" for path, name in names.items()]
        with tempfile.TemporaryDirectory() as scratch:
            env = {**os.environ, "GIT_INDEX_FILE": os.path.join(scratch, "index")}
            git("read-tree", self.base, cwd=self.clone, env=env)
            git("update-index", "--add", "--index-info", cwd=self.clone, env=env,
                input="".join(lines).encode())
            return git("write-tree", cwd=self.clone, env=env).decode().strip()

    def commit(self, step, parent, authors):
        author = self.author or step.author
        name, address = re.match(r"(.*) <(.*)>$", author).groups()
        env = {**os.environ, "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": address}
        env.update(GIT_COMMITTER_NAME=name, GIT_COMMITTER_EMAIL=address)
        message = f"{step.subject}\n\n{step.body}\n\n{SIGNED} {author}\n"
        tree = self.tree(step, authors)
        return git("commit-tree", "-p", parent, "-F", "-", tree, cwd=self.clone, env=env,
                   input=message.encode()).decode().strip()

    def write(self, steps):
        """Return the last commit of the series."""
        authors = {self.author} if self.author else {step.author for step in steps}
        head = self.base
        for step in steps:
            head = self.commit(step, head, authors)
        return head


def add_skeleton(steps):
    """Let the files of skeleton/ stand in until a commit has them."""
    stand_ins = {}
    for path in sorted((HERE / "skeleton").rglob("*.*")):
        name = git("hash-object", "-w", str(path)).decode().strip()
        stand_ins[str(path.relative_to(HERE / "skeleton"))] = name
    for path, name in stand_ins.items():
        for step in steps:
            if path in step.files:
                break
            step.files[path] = name


def check_sources(steps):
    """What the list of sources is written to must be what this tree has."""
    text = blob(steps[-1].files[DRIVER + "meson.build"]).decode()
    if with_sources(text, steps[-1].files) != text:
        raise SeriesError(f"{DRIVER}meson.build does not list its sources, sorted, and no others")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only check and list the patches")
    parser.add_argument("--cover", action="store_true", help="print the text of the cover letter")
    parser.add_argument("--author", help="of all patches, instead of those of the commits")
    parser.add_argument("clone", nargs="?")
    parser.add_argument("base", nargs="?")
    args = parser.parse_args()

    table = tomllib.loads((HERE / "series.toml").read_text())
    if args.cover:
        print(table["cover"].strip())
        return
    steps = patches(table)
    check_sources(steps)
    add_skeleton(steps)
    if args.check:
        print(*(step.subject for step in steps), sep="\n")
        return
    if args.base is None:
        parser.error("a clone and its commit are needed")
    base = text_of("rev-parse", args.base, cwd=args.clone)
    series = Series(args.clone, base, args.author, table["release_note"])
    print(f"{base}..{series.write(steps)}")


if __name__ == "__main__":
    try:
        main()
    except SeriesError as error:
        sys.exit(str(error))
