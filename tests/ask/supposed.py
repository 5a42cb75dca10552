#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""dlpin leaks --as-if-unloaded says what the unload then leaves: over all samples whose last step unloads a plug-in.

The host stops before that step and is asked; what is said is compared with what the folder's file "expected" has of
the real unload (tests/e2e/README.md). dlpin(1) names what may differ, and so do the lists below.

Arguments: dlpin, libdlpin.so, the root of the build, and folders of samples or cases (FOLDER:CASE); default: all."""

import json
import os
import subprocess
import sys
import tempfile
from fnmatch import fnmatch

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'e2e'))

import expected  # noqa: E402  (a neighbour, found by the line above)

DLPIN, SHIM, BUILD = (os.path.abspath(path) for path in sys.argv[1:4])
PATIENCE = 600

# These say that the module stays; and what it leaves then is not what an unload leaves.
STAYS = ('still-mapped', 'tls-destructor')
# These are about what happened, and are no matter of the unload.
HAPPENED = ('key-foreign', 'key-orphan', 'task-value')
# A library goes, or a namespace does, with the plug-in that brought it.
GOES_TOO = ('descriptor:through-library', 'descriptor:librarys-own-and-it-goes', 'mapping:through-library',
            'exit-handler:library-goes-together-is-clean', 'key:lost-by-runtime', 'key-destructor:namespace',
            'key-destructor:librarys-own-key-and-it-goes', 'key-destructor:nested', 'key-destructor:nested-clean',
            'key-destructor:dependency', 'registry:library-goes-too-clean', 'thread-requested:library-goes-too',
            'thread-routine:library-goes-too', 'thread-routine:library-goes-too-clean')


def is_released_by_destructor(case, kind):
    """The module's destructors do not run: what they would release is said, too."""
    return any(word in case.name for word in ('clean', 'uses-the-c-library')) or (
        case.name.startswith('cxx') and kind in ('heap-lost', 'key-destructor', 'key-value'))


def steps_before_unload(words):
    """The steps before the last one, which closes the only plug-in of that name, and that name; None: another form."""
    if len(words) < 5 or words[0] != 'host' or words[-2] != 'close' or words.count('close') != 1:
        return None
    name = words[-1]
    opens = sum(a.startswith('open') and b == name for a, b in zip(words, words[1:]))
    if opens != 1 or words[-4] in ('in', 'send') or '@tmp@' in ' '.join(words) or 'repeat' in words:
        return None
    return words[1:-2], name


def can_be_compared(case, folder):
    return not case.exit and steps_before_unload(case.command) and \
        all(one.kind not in STAYS for one in case.expectations) and \
        all(os.path.exists(os.path.join(folder, need)) for need in case.needs)


def ask(case, folder):
    """What is said of the plug-in, as sets of kind and severity; None: the process could not be asked."""
    steps, name = steps_before_unload(case.command)
    host = os.path.join(folder, 'host')
    if not os.path.exists(host):
        host = os.path.join(BUILD, 'samples', 'common', 'host')
    environment = {key: value for key, value in os.environ.items() if key not in ('LD_PRELOAD', 'DLPIN_OPTIONS')}
    with tempfile.TemporaryDirectory() as scratch:
        environment.update(LC_ALL='C', LD_PRELOAD=SHIM, DLPIN_OPTIONS=(
            f'log_path={scratch}/report.%p:quiet=1:check_signal=32:' +
            case.options.replace('@source@', folder.replace(BUILD, ROOT))))
        with subprocess.Popen([host, *steps, 'input'], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, env=environment) as process:
            try:
                if process.stdout.readline() != 'ready\n':
                    return None, 'the host does not wait'
                done = subprocess.run([DLPIN, 'leaks', f'--timeout={PATIENCE}', '--format=json', str(process.pid),
                                       f'--as-if-unloaded={name}.so'], capture_output=True, text=True, check=False,
                                      timeout=2 * PATIENCE)
            finally:
                process.kill()
    if done.returncode not in (0, 1):
        return None, done.stderr.strip()
    return json.loads(done.stdout)['findings'], ''


def compare(case, findings):
    """Sentences about what differs."""
    said = {(f['kind'], f['severity']) for f in findings}
    for one in case.expectations:
        if not one.required or one.resolved or one.wanted.get('at') == 'exit' or one.kind in HAPPENED:
            continue
        if not any((one.kind, severity) in said for severity in one.severities):
            yield f'not said: {one.kind} {"|".join(one.severities)}'
    for kind, severity in sorted(said):
        if not is_released_by_destructor(case, kind) and not any(kind == one.kind and severity in one.severities for one in case.expectations):
            yield f'said, and does not happen: {kind} {severity}'


def main():
    wanted = sys.argv[4:]
    folders = sorted(os.path.dirname(os.path.relpath(os.path.join(top, 'expected'), os.path.join(ROOT, 'samples')))
                     for top, _, files in os.walk(os.path.join(ROOT, 'samples')) if 'expected' in files)
    wrong = count = 0
    for sample in folders:
        folder = os.path.join(BUILD, 'samples', sample)
        for case in expected.read(os.path.join(ROOT, 'samples', sample, 'expected')):
            if wanted and sample not in wanted and f'{sample}:{case.name}' not in wanted:
                continue
            if f'{sample}:{case.name}' in GOES_TOO or not can_be_compared(case, folder):
                continue
            count += 1
            findings, problem = ask(case, folder)
            for text in [problem] if findings is None else compare(case, findings):
                wrong += 1
                print(f'{sample}:{case.name}: {text}', flush=True)
    print(f'{count} cases')
    sys.exit(1 if wrong or not count else 0)


main()
