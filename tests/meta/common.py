# SPDX-License-Identifier: MIT
"""Common parts of the checks of this folder: files of the tree, tables in the shim's headers, and the ending."""

import os
import re
import subprocess
import sys

SKIPPED = 77  # meson takes this exit status for "not done here"


def read(root, *parts):
    with open(os.path.join(root, *parts), encoding='utf-8') as file:
        return file.read()


def files(root, folder, *endings):
    """Paths below root/folder, relative to root, sorted."""
    found = []
    for place, folders, names in os.walk(os.path.join(root, folder)):
        folders[:] = [name for name in folders if not name.startswith(('.', '__', 'build'))]
        found += [os.path.relpath(os.path.join(place, name), root) for name in names
                  if name.endswith(endings)]
    return sorted(found)


def without_comments(text):
    return re.sub(r'/\*.*?\*/|//[^\n]*', '', text, flags=re.S)


def interposers(root):
    """Names in interposers.def."""
    text = without_comments(read(root, 'shim/interpose/interposers.def'))
    return set(re.findall(r'INTERPOSE\((\w+), \w+\)', text))


def table(root, path, name):
    """Rows of an X-macro: what stands between the parentheses of each X(...)."""
    text = read(root, path).replace('\\\n', ' ')
    line = re.search(r'#define ' + name + r'\(X\)(.*)', text)
    return re.findall(r'\bX\(((?:[^()"]|"[^"]*")*)\)', line.group(1)) if line else []


def kinds(root):
    """DLPIN_KINDS: enumerator -> name."""
    rows = table(root, 'shim/report/report_format.h', 'DLPIN_KINDS')
    return dict(re.match(r'(\w+),\s*"([^"]*)"', row).groups() for row in rows)


def option_names(root):
    rows = table(root, 'shim/base/options.h', 'DLPIN_OPTIONS_TABLE')
    return [row.split(',')[1].strip() for row in rows]


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def skip(why):
    print('skipped:', why)
    sys.exit(SKIPPED)


def finish(what, mistakes):
    """Prints what was checked and its faults; the exit status."""
    print(what)
    for mistake in mistakes:
        print('  ' + mistake)
    print(f'{len(mistakes)} mistakes' if mistakes else 'ok')
    sys.exit(1 if mistakes else 0)
