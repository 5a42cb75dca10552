#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""With -Dtests=false -Dsamples=false only what is installed is built. Arguments: the tree, the archive of libunwind,
meson's command."""

import json
import os
import sys
import tempfile

from common import finish, run, skip

WANTED = {'libdlpin.so', 'dlpin', 'dlpin.h', 'dlpin.1', 'dlpin-json.5', 'dlpin-recipes.7', 'dlpin-report.5',
          'dlpin-suppressions.5', 'libdlpin.3', 'libdlpin.7', 'dlpin.bash', '_dlpin', 'merged-report.schema.json',
          'dlpin-try-driver', 'try-driver.c'}


def introspect(meson, build, what):
    return json.loads(run(*meson, 'introspect', '--' + what, build).stdout)


def check(root, archive, meson):
    mistakes = []
    with tempfile.TemporaryDirectory() as build:
        done = run(*meson, 'setup', build, root, '-Dtests=false', '-Dsamples=false', '-Dlibunwind_archive=' + archive)
        if done.returncode:
            return ['meson setup: ' + done.stdout + done.stderr]
        for target in introspect(meson, build, 'targets'):
            folder = os.path.relpath(target['defined_in'], root).split(os.sep)[0]
            if folder not in ('shim', 'analyzer'):
                mistakes.append(f'{target["name"]}, of {folder}, is built')
        mistakes += [f'{test["name"]}: a test' for test in introspect(meson, build, 'tests')]
        found = {os.path.basename(path) for path in introspect(meson, build, 'installed').values()}
        mistakes += [f'{name}: not installed' for name in sorted(WANTED - found)]
        mistakes += [f'{name}: installed' for name in sorted(found - WANTED)]
        if run(*meson, 'setup', '--reconfigure', build, root, '-Dtests=true').returncode == 0:
            mistakes.append('tests without samples are no mistake')
    return mistakes


if __name__ == '__main__':
    if not sys.argv[3:] or run(*sys.argv[3:], '--version').returncode:
        skip('no meson')
    finish('what is installed', check(sys.argv[1], sys.argv[2], sys.argv[3:]))
