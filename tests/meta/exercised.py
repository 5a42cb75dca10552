#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every interposed function is called by a program or plug-in of the tests or samples that runs under the
shim. Arguments: the tree, the build directory."""

import os
import sys

from common import files, finish, interposers, run

# Programs that are not for running under the shim.
OTHERS = ('tests/analyzer/', 'tests/unit/', 'tests/bench/', 'tests/meta/')


def programs(build):
    found = []
    for folder in ('samples', 'tests'):
        for path in files(build, folder, ''):
            full = os.path.join(build, path)
            if path.startswith(OTHERS) or '.p/' in path or os.path.islink(full):
                continue
            with open(full, 'rb') as file:
                if file.read(4) == b'\x7fELF':
                    found.append(full)
    return found


def check(root, build):
    users = {name: 0 for name in interposers(root)}
    paths = programs(build)
    if len(paths) < 20:
        return [f'only {len(paths)} programs in {build}: build everything first']
    for line in run('nm', '-D', '--undefined-only', *paths).stdout.splitlines():
        words = line.split()
        name = words[-1].split('@')[0] if len(words) == 2 else ''
        if name in users:
            users[name] += 1
    return [f'no program of the tests or samples calls {name}' for name, count in users.items()
            if count == 0]


if __name__ == '__main__':
    finish('interposed functions and the programs that call them', check(*sys.argv[1:]))
