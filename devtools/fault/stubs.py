#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Put a stub in front of each function that the driver calls and does not have.

usage: stubs.py CC LIBRARY CALLS OBJECT

LIBRARY is the driver, CALLS says how functions fail. OBJECT becomes the driver
with its calls renamed, and with the stubs that these go to, for x86-64: a stub
asks fault_target() where to go on, and finds its arguments as they were.
"""

import errno
import os
import subprocess
import sys
import tempfile

MAX_ERRORS = 6  # of a call, with a zero in the end: as in fault.h
HOWS = ('errno', 'negative', 'positive', 'null', 'none', 'rte', 'late')
OTHERS = ('never', 'seen', 'data')  # than those, without errnos
# What a compiler adds is no call of the driver.
SANITIZERS = ('__asan_', '__tsan_', '__ubsan_')

STUB = '''
\t.type fault_{name}, @function
fault_{name}:
\tpush %rdi
\tpush %rsi
\tpush %rdx
\tpush %rcx
\tpush %r8
\tpush %r9
\tpush %rax
\tmov ${index}, %edi
\tmov 56(%rsp), %rsi
\tmov 40(%rsp), %rdx
\tcall fault_target
\tmov %rax, %r11
\tpop %rax
\tpop %r9
\tpop %r8
\tpop %rcx
\tpop %rdx
\tpop %rsi
\tpop %rdi
\tjmp *%r11
\t.size fault_{name}, . - fault_{name}
\t.globl fault_{name}
'''

ROW = '''
\t.section .rodata.str1.1, "aMS", @progbits, 1
1:\t.string "{name}"
2:\t.string "{how}"
\t.section .data.rel.ro.fault, "aw", @progbits
\t.quad 1b, 2b, {errors}, {real}
'''


def read_calls(path):
    """Return name -> (how it fails, its errnos)."""
    calls = {}
    with open(path, encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            words = line.split('#')[0].split()
            if not words:
                continue
            how, errors = words[1], words[2:]
            if (how in HOWS) != bool(errors) or len(errors) >= MAX_ERRORS or (
                    how not in HOWS + OTHERS) or words[0] in calls or not (
                    all(hasattr(errno, error) for error in errors)):
                sys.exit('%s:%d: %s' % (path, number, line.strip()))
            calls[words[0]] = (how, [getattr(errno, error) for error in errors])
    return calls


def undefined(path):
    """Return the names that an object wants from others."""
    table = subprocess.run(['nm', '-u', path], check=True, text=True,
                           stdout=subprocess.PIPE).stdout
    return [line.split()[-1] for line in table.splitlines()]


def wants_row(name, calls):
    """Return whether it can fail, or is to be seen, or nobody knows how."""
    if name in calls:
        return calls[name][0] in HOWS + ('seen',)
    return not name.startswith(SANITIZERS)


def write_stubs(names, calls, path):
    """A function that nobody knows has a row, but no stub."""
    with open(path, 'w', encoding='utf-8') as file:
        file.write('\t.text\n')
        for index, name in enumerate(names):
            if name in calls:
                file.write(STUB.format(name=name, index=index))
        file.write('\t.section .data.rel.ro.fault, "aw", @progbits\n'
                   '\t.globl fault_calls\nfault_calls:\n')
        for index, name in enumerate(names):
            how, errors = calls.get(name, ('unknown', []))
            errors = (errors + MAX_ERRORS * [0])[:MAX_ERRORS]
            file.write(ROW.format(index=index, name=name, how=how,
                                  errors=', '.join(map(str, errors)),
                                  real=name if name in calls else 0))
        file.write('\t.globl fault_nb_calls\nfault_nb_calls:\n\t.long %d\n'
                   '\t.section .note.GNU-stack, "", @progbits\n' % len(names))


def main(compiler, library, calls_path, out):
    """Build everything in a directory of its own, but for what comes out."""
    calls = read_calls(calls_path)
    compiler = compiler.split()
    with tempfile.TemporaryDirectory() as scratch:
        driver, renames, stubs = (os.path.join(scratch, name)
                                  for name in ('driver.o', 'renames', 'stubs.s'))
        subprocess.run([*compiler, '-r', '-nostdlib', '-Wl,--whole-archive',
                        library, '-o', driver], check=True)
        names = [name for name in undefined(driver) if wants_row(name, calls)]
        with open(renames, 'w', encoding='utf-8') as file:
            file.writelines('%s fault_%s\n' % (name, name) for name in names if name in calls)
        subprocess.run(['objcopy', '--redefine-syms', renames, driver], check=True)
        write_stubs(names, calls, stubs)
        subprocess.run([*compiler, '-r', '-nostdlib', driver, stubs, '-o', out], check=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
