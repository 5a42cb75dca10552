#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The shim asks base/clock alone for the time, so that its tests can stop it; and no test depends on how fast a
machine is: none ends a program after some seconds, draws by chance, or has only the 30 seconds that meson gives.
Argument: the tree."""

import re
import sys

from common import files, finish, read, without_comments

CLOCK = re.compile(r'\b(clock_gettime|gettimeofday|nanosleep|usleep|sleep|SYS_\w*sleep|SYS_clock_\w+|FUTEX_WAIT\w*)\b')
# Looks whether a word can be read; it does not wait.
PROBES = {('shim/base/sys.c', 'FUTEX_WAIT_PRIVATE')}
# Names the calls that threads wait in, and makes none of them.
NAMES = 'shim/scan/waits.c'
LIMITS = re.compile(r'\bu?alarm\(')
CHANCE = re.compile(r'\brandom\.(?!Random\()\w+\(')
LEAST = 3600  # seconds


def calls(text, name):
    """The calls of a function in a file of meson."""
    for start in re.finditer(rf'^\s*{name}\(', text, flags=re.M):
        depth, end = 1, start.end()
        while depth and end < len(text):
            depth += {'(': 1, ')': -1}.get(text[end], 0)
            end += 1
        yield text[start.start():end]


def check_shim(root):
    mistakes = []
    for path in files(root, 'shim', '.c', '.h'):
        for word in sorted(set(CLOCK.findall(without_comments(read(root, path))))):
            if path not in ('shim/base/clock.c', NAMES) and (path, word) not in PROBES:
                mistakes.append(f'{path}: {word} past base/clock')
    return mistakes


def check_tests(root):
    mistakes = []
    for path in files(root, 'tests', '.c', '.cpp', '.h', '.py'):
        found = CHANCE if path.endswith('.py') else LIMITS
        if found.search(without_comments(read(root, path)) if found is LIMITS else read(root, path)):
            mistakes.append(f'{path}: {"chance without a seed" if found is CHANCE else "alarm"}')
    for path in files(root, 'tests', 'meson.build') + ['man/meson.build']:
        for call in calls(read(root, path), 'test'):
            limit = re.search(r'timeout: (\d+)', call)
            if not limit or int(limit.group(1)) < LEAST:
                mistakes.append(f'{path}: less than {LEAST} s for {call.split(",")[0].strip()})')
    return mistakes


def check(root):
    return check_shim(root) + check_tests(root)


if __name__ == '__main__':
    finish('time', check(sys.argv[1]))
