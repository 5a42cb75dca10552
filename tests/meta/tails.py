#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The files in assembly: each assembles, as far as there is an assembler for it, and defines just the functions
that it should; the trampolines those of tails.def. Arguments: the tree, the processor of this build, its compiler's command."""

import glob
import os
import re
import shutil
import sys
import tempfile

from common import finish, read, run

CROSS = {'x86_64': ['x86_64-linux-gnu-gcc'], 'aarch64': ['aarch64-linux-gnu-gcc']}


def assembler(processor, native, compiler):
    if processor == native:
        return compiler
    for name in CROSS.get(processor, []):
        if shutil.which(name):
            return [name]
    clang = shutil.which('clang')
    return [clang, f'--target={processor}-linux-gnu'] if clang else None


def assembled(root, path, command, folder):
    """Global functions of the object file, or the assembler's message."""
    output = os.path.join(folder, os.path.basename(path) + '.o')
    result = run(*command, '-I', os.path.join(root, 'shim'), '-c', path, '-o', output)
    if result.returncode:
        return None, result.stderr
    table = run('readelf', '-sW', output).stdout
    return set(re.findall(r'FUNC\s+GLOBAL\s+\w+\s+\d+\s+(\w+)', table)), ''


def wanted(root):
    """Beginnings of the files' names, and what each defines that other objects may use."""
    tails = set(re.findall(r'^\s+TAIL(?:_EARLY)?\s+(\w+), note_\w+(?:, early_\w+)?$',
                           read(root, 'shim/interpose/tails.def'), flags=re.M))
    return {'shim/interpose/tail_': tails, 'shim/base/own_stack_': {'own_stack_call'},
            'shim/ownership/caller_registers_': {'caller_registers_read'}}


def check(root, native, *compiler):
    mistakes = []
    with tempfile.TemporaryDirectory() as folder:
        for start, functions in wanted(root).items():
            for path in sorted(glob.glob(os.path.join(root, start + '*.S'))):
                name = os.path.relpath(path, root)
                command = assembler(name[len(start):-len('.S')], native, list(compiler))
                if not command:
                    print(f'{name}: no assembler for it here')
                    continue
                defined, message = assembled(root, path, command, folder)
                if defined != functions:
                    mistakes.append(f'{name}: {message or sorted(defined ^ functions)}')
    return mistakes


if __name__ == '__main__':
    finish('files in assembly', check(*sys.argv[1:]))
