#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks what libdlpin.so shows to the loader: it exports the interposed functions and its own interface and nothing
else, and needs nothing but the C library."""

import os
import re
import subprocess
import sys

ALLOWED_NEEDED = re.compile(r'^(libc\.so\.6|ld-linux[-\w]*\.so\.\d+|libdl\.so\.2|libpthread\.so\.0)$')
# Names of the unwinder, of its kin and of the C++ run time: never ours to define.
FORBIDDEN = re.compile(r'^(_?_Unwind_|_?_?unw_|_U[a-z]|__(de)?register_frame|lzma_|__gxx|__cxa_throw)')


def interposed(path):
    """The names in the table of interposed functions: the first argument of each entry."""
    if not os.path.exists(path):
        return None
    with open(path, encoding='utf-8') as file:
        text = re.sub(r'/\*.*?\*/|//[^\n]*', '', file.read(), flags=re.S)
    return set(re.findall(r'^\s*[A-Z][A-Z0-9_]*\s*\(\s*([A-Za-z_]\w*)', text, flags=re.M))


def main():
    library, table = sys.argv[1:3]
    lines = subprocess.run(['nm', '-D', '--defined-only', library], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    exported = {line.split()[-1].split('@')[0] for line in lines if line.split()[-2] != 'A'}
    dynamic = subprocess.run(['readelf', '-dW', library], capture_output=True, text=True,
                             check=True).stdout
    mistakes = []
    for name in re.findall(r'\(NEEDED\).*\[(.*)\]', dynamic):
        if not ALLOWED_NEEDED.match(name):
            mistakes.append(f'it needs {name}')
    for name in sorted(exported):
        if FORBIDDEN.match(name):
            mistakes.append(f'it exports {name}')
    if re.search(r'\((RPATH|RUNPATH|TEXTREL)\)|SYMBOLIC', dynamic):
        mistakes.append('it has a search path, text relocations or DF_SYMBOLIC')
    names = interposed(table)
    if names is None:
        print(f'no {table}: exports are not compared with the table')
    else:
        for name in sorted(exported - names):
            if not name.startswith('dlpin_'):
                mistakes.append(f'it exports {name}, which is not in the table')
        for name in sorted(names - exported):
            mistakes.append(f'it does not export {name}, which is in the table')
    print(f'{len(exported)} exported symbols', *mistakes, sep='\n')
    return 1 if mistakes else 0


if __name__ == '__main__':
    sys.exit(main())
