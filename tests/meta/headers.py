#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every header compiles alone, and twice. Arguments: the tree, then the compiler's command."""

import os
import sys

from common import files, finish, run

WARNINGS = ['-std=gnu11', '-fsyntax-only', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Werror',
            '-D_GNU_SOURCE']


def check(root, compiler):
    mistakes = []
    for folder in ('shim', 'analyzer'):
        places = ['-I' + os.path.join(root, place) for place in dict.fromkeys([folder, 'shim'])]
        for path in files(root, folder, '.h'):
            name = os.path.relpath(path, folder)
            source = f'#include "{name}"\n' * 2 + 'extern int not_empty;\n'
            result = run(*compiler, *WARNINGS, *places, '-I/usr/include/libunwind', '-x', 'c', '-',
                         input=source)
            if result.returncode:
                mistakes.append(f'{path} does not compile alone:\n{result.stderr}')
    return mistakes


if __name__ == '__main__':
    finish('headers compile alone', check(sys.argv[1], sys.argv[2:]))
