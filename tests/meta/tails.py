#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The trampolines in assembly: both files define the same functions, and each assembles, as far as there is
an assembler for it. Arguments: the tree, the processor of this build, its compiler's command."""

import glob
import os
import re
import shutil
import sys
import tempfile

from common import finish, read, run

CROSS = {'x86_64': ['x86_64-linux-gnu-gcc'], 'aarch64': ['aarch64-linux-gnu-gcc']}


def tail_names(root, path):
    return set(re.findall(r'^\s+TAIL(?:_EARLY)?\s+(\w+), note_\w+(?:, early_\w+)?$', read(root, path), flags=re.M))


def assembler(processor, native, compiler):
    if processor == native:
        return compiler
    for name in CROSS.get(processor, []):
        if shutil.which(name):
            return [name]
    clang = shutil.which('clang')
    return [clang, f'--target={processor}-linux-gnu'] if clang else None


def assembled(path, command, folder):
    """Global functions of the object file, or the assembler's message."""
    output = os.path.join(folder, os.path.basename(path) + '.o')
    result = run(*command, '-c', path, '-o', output)
    if result.returncode:
        return None, result.stderr
    table = run('readelf', '-sW', output).stdout
    return set(re.findall(r'FUNC\s+GLOBAL\s+\w+\s+\d+\s+(\w+)', table)), ''


# Files that define one function each, which other objects may use.
SINGLE = {'shim/base/own_stack_': 'own_stack_call', 'shim/ownership/caller_registers_': 'caller_registers_read'}


def check_single(root, native, compiler, folder):
    mistakes = []
    for start, function in SINGLE.items():
        for path in sorted(glob.glob(os.path.join(root, start + '*.S'))):
            name = os.path.relpath(path, root)
            command = assembler(name[len(start):-len('.S')], native, compiler)
            if not command:
                print(f'{name}: no assembler for it here')
                continue
            defined, message = assembled(path, command, folder)
            if defined != {function}:
                mistakes.append(f'{name}: {message or sorted(defined)}')
    return mistakes


def check(root, native, *compiler):
    mistakes, first = [], None
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(glob.glob(os.path.join(root, 'shim/interpose/tail_*.S'))):
            name = os.path.basename(path)
            processor = name[len('tail_'):-len('.S')]
            listed = tail_names(root, path)
            if first is not None and listed != first:
                mistakes.append(f'{name} and its sister differ: {sorted(listed ^ first)}')
            first = listed
            hidden = re.findall(r'real_(\w+)', ' '.join(re.findall(r'\.hidden (.*)', read(root, path))))
            if set(hidden) != listed:
                mistakes.append(f'{name}: .hidden names others: {sorted(set(hidden) ^ listed)}')
            command = assembler(processor, native, list(compiler))
            if not command:
                print(f'{name}: no assembler for {processor} here')
                continue
            defined, message = assembled(path, command, folder)
            if defined != listed:
                mistakes.append(f'{name}: {message or sorted(defined ^ listed)}')
        mistakes += check_single(root, native, list(compiler), folder)
    return mistakes


if __name__ == '__main__':
    finish('trampolines', check(*sys.argv[1:]))
