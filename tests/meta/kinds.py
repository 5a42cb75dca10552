#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every kind of finding has a rule, a sample with its clean twin, and an entry in the manual; every option of
the shim is in the manual. Argument: the tree."""

import os
import re
import sys

from common import files, finish, kinds, option_names, read, skip

REPORT_PAGE = 'man/dlpin-report.5'
SHIM_PAGE = 'man/libdlpin.7'


def page(root, path):
    """The manual page as text (\\- is a hyphen), or None."""
    full = os.path.join(root, path)
    return read(root, path).replace('\\-', '-') if os.path.exists(full) else None


def check_rules(root):
    rows = {}
    for path in files(root, 'shim/rules', '_rules.c'):
        for enumerator in re.findall(r'^const struct rule rule_(\w+) = \{', read(root, path), flags=re.M):
            rows.setdefault(enumerator, []).append(path)
    mistakes = [f'{name} has no rule_{enumerator} in shim/rules'
                for enumerator, name in kinds(root).items() if enumerator not in rows]
    return mistakes + [f'{path}: rule_{enumerator}, which is not in DLPIN_KINDS'
                       for enumerator, paths in rows.items() if enumerator not in kinds(root)
                       for path in paths]


def cases(text):
    """Case name -> its lines."""
    parts = re.split(r'^case (\S+)\s*$', text, flags=re.M)[1:]
    return {name: body for name, body in zip(parts[::2], parts[1::2])}


def check_sample(root, kind):
    folder = os.path.join('samples', kind)
    path = os.path.join(folder, 'expected')
    if not os.path.exists(os.path.join(root, path)):
        return [f'{kind}: no {path}']
    mistakes, found = [], cases(read(root, path))
    if not any(re.search(rf'^\s*find {kind} ', body, flags=re.M) for body in found.values()):
        mistakes.append(f'{kind}: no case of {path} finds it')
    clean = [name for name, body in found.items() if 'clean' in name and
             not re.search(r'^\s*find ', body, flags=re.M)]
    twins = [name for name in os.listdir(os.path.join(root, folder)) if name.startswith('tidy.')]
    if not clean or not twins:
        mistakes.append(f'{kind}: no clean twin (tidy.c and a case *clean* without findings)')
    if f"'{kind}'" not in read(root, 'samples/meson.build'):
        mistakes.append(f'{kind}: not in samples/meson.build')
    return mistakes


def check_report_page(root):
    text = page(root, REPORT_PAGE)
    if text is None:
        skip(f'there is no {REPORT_PAGE} yet')
    return [f'{REPORT_PAGE} does not describe {name}' for name in kinds(root).values()
            if not re.search(rf'(?<![\w-]){re.escape(name)}(?![\w-])', text)]


def check_options(root):
    text = page(root, SHIM_PAGE)
    if text is None:
        skip(f'there is no {SHIM_PAGE} yet')
    return [f'{SHIM_PAGE} does not describe {name}' for name in option_names(root)
            if not re.search(rf'(?<!\w){name}(?!\w)', text)]


def check_samples(root):
    return [mistake for kind in kinds(root).values() for mistake in check_sample(root, kind)]


CHECKS = {'rules': check_rules, 'samples': check_samples, 'page': check_report_page,
          'options': check_options}

if __name__ == '__main__':
    what, tree = sys.argv[1:3]
    if not kinds(tree) or not option_names(tree):
        finish(what, ['the tables in the headers could not be read'])
    finish(f'kinds and options: {what}', CHECKS[what](tree))
