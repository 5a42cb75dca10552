#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks what lies at the top of the tree, and that certain words are nowhere in it: paths and tools of the machine
that somebody worked at. Argument: the tree."""

import os
import re
import shutil
import sys

from common import finish, run

TOP = {'meson.build', 'meson_options.txt', 'shim', 'analyzer', 'tests', 'samples', 'man', 'README.md',
       'LICENSE', 'NEWS.md'}
# Put together so that this file does not have them.
WORDS = re.compile('|'.join([
    r'/' + r'home/\w', r'/' + r'root\b', r'/' + r'Users/', r'/' + r'work/', r'/' + r'tmp/b', r'\bpy' + r'env\b',
    r'\bTO' + r'DO\b', r'\bFIX' + r'ME\b', r'\bXX' + r'X\b(?!X)']))


def tracked(root):
    """Files under version control; without it, all that is there."""
    if shutil.which('git'):
        result = run('git', '-C', root, 'ls-files', '-z')
        if result.returncode == 0:
            return [path for path in result.stdout.split('\0') if path]
    found = []
    for place, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(('.git', 'build', '__'))]
        found += [os.path.relpath(os.path.join(place, name), root) for name in names if name != '.git']
    return found


def check_words(root, path):
    full = os.path.join(root, path)
    if not os.path.isfile(full):
        return []
    with open(full, 'rb') as file:
        if b'\0' in file.read(8192):
            return []  # a picture
    with open(full, encoding='utf-8', errors='replace') as file:
        return [f'{path}:{number}: {match.group()}' for number, line in enumerate(file, 1)
                for match in WORDS.finditer(line)]


def check(root):
    mistakes, paths = [], tracked(root)
    for name in sorted({path.split('/')[0] for path in paths}):
        if name not in TOP and not name.startswith('.'):
            mistakes.append(f'{name}: not a name for the top of the tree')
    for path in paths:
        mistakes += check_words(root, path)
    return mistakes


if __name__ == '__main__':
    finish('names and words of the tree', check(sys.argv[1]))
