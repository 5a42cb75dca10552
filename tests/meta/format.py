#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The sources are as clang-format writes them. Argument: the tree."""

import re
import shutil
import sys

from common import files, finish, run, skip


def check(root):
    formatter = shutil.which('clang-format')
    if not formatter:
        skip('there is no clang-format')
    paths = [path for folder in ('shim', 'analyzer', 'samples', 'tests')
             for path in files(root, folder, '.c', '.h', '.cpp')]
    result = run(formatter, '--dry-run', *paths, cwd=root)
    return sorted({match.group(1) for match in
                   re.finditer(r'^(\S+?):\d+:\d+: warning: code should be', result.stderr, flags=re.M)})


if __name__ == '__main__':
    finish('files that clang-format would change', check(sys.argv[1]))
