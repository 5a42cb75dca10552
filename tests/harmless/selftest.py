#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sees to it that run.py notices harm: each kind that harm.c can do, in a program that it concerns."""

import os
import re
import subprocess
import sys

# The kind of harm, the test that must notice it, and what run.py then says.
CASES = [
    ('', 'modules', None),
    ('descriptor', 'descriptors', 'stdout'),
    ('thread', 'thread-count', 'stdout'),
    ('key', 'key-exhaust', 'stdout'),
    ('child', 'wait-nothing', 'stdout'),
    ('orphan', 'modules', 'processes left behind'),
    ('status', 'modules', 'status'),
    ('signal', 'dispositions', 'stdout'),
    ('error-text', 'modules', 'stderr'),
    ('file', 'modules', 'file noise.txt'),
    ('hang', 'modules', 'it hangs'),
    ('errno', 'heap-errno', 'stdout'),
    ('pending-error', 'dlerror', 'stdout'),
    ('leave-open', 'unload', 'stdout'),
    ('search', 'search', 'stdout'),
]


def main():
    harm, runner = sys.argv[1:3]
    # The rest is each test's command line after the runner, introduced by "--test NAME".
    tests = {}
    for word in sys.argv[3:]:
        if word.startswith('--test='):
            words = tests.setdefault(word[7:], [])
        else:
            words.append(word)
    failed = 0
    for kind, name, expected in CASES:
        command = [sys.executable, runner, '--shim', harm, '--env', f'HARM={kind}', '--compare-only',
                   *tests[name]]
        limit = {'HARMLESS_TIME_LIMIT': '10'} if kind == 'hang' else {}
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              env={**os.environ, **limit})
        noticed = done.returncode == 1 and bool(re.search(rf'^  {expected}', done.stdout, re.M))
        good = noticed if expected else done.returncode == 0
        print(f'{"ok" if good else "FAILED"}: {kind or "no harm"} in {name}')
        if not good:
            print(done.stdout, done.stderr)
            failed += 1
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
