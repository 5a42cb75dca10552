#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each lock of the shim has a place in the order that base/lock.h states, and lifecycle/locks.c takes them all
in this order. Argument: the tree."""

import re
import sys

from common import files, finish, read, without_comments


# A thread that ends the process has it to the end: a fork must not wait for that. The child resets it.
RESET_ONLY = {'own_stack_lock'}


def defined(root):
    """The locks that there are: name -> file."""
    found = {}
    for path in files(root, 'shim', '.c'):
        for name in re.findall(r'^(?:static )?struct lock (\w+)', without_comments(read(root, path)), flags=re.M):
            found[name] = path
    return found


def stated(root):
    """In the order of the comment."""
    text = re.search(r"the loader's locks ((?: *>[\s*]+\w+(?: \([^)]*\))?)+)", read(root, 'shim/base/lock.h'))
    return [name + '_lock' for name in re.findall(r'>[\s*]+(\w+)', text.group(1))] if text else []


def taken(root):
    """In the order of the table."""
    table = re.search(r'order\[\] = \{([^}]*)\}', read(root, 'shim/lifecycle/locks.c'))
    return re.findall(r'&(\w+)', table.group(1)) if table else []


def check(root):
    mistakes, locks = [], defined(root)
    order, fork = stated(root), taken(root)
    for name, path in locks.items():
        if name not in order:
            mistakes.append(f'{path}: {name} is not in the order of shim/base/lock.h')
        if name not in fork and name not in RESET_ONLY:
            mistakes.append(f'{path}: {name} is not in shim/lifecycle/locks.c')
    for name in sorted({*order, *fork} - set(locks)):
        mistakes.append(f'{name}: no such lock')
    if [name for name in order if name not in RESET_ONLY] != fork:
        mistakes.append(f'base/lock.h has {order}, lifecycle/locks.c {fork}')
    return mistakes


if __name__ == '__main__':
    finish('locks', check(sys.argv[1]))
