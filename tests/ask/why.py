#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""dlpin why: of a running process, which must not notice, and of its report file afterwards.

Arguments: dlpin, libdlpin.so, the folder of the sample still-mapped."""

import os
import shutil
import subprocess
import sys
import tempfile

DLPIN, SHIM, FOLDER = (os.path.abspath(path) for path in sys.argv[1:4])
HOST = '''
import _ctypes, sys
names = {}
print('ready', flush=True)
for line in sys.stdin:
    verb, name = line.split()
    if verb == 'open':
        names.setdefault(name, []).append(_ctypes.dlopen(name, 1))
    elif verb == 'add':
        _ctypes.call_function(_ctypes.dlsym(names[name][-1], 'add_one'), ())
    else:
        _ctypes.dlclose(names[name].pop())
    print('done', flush=True)
print('good')
'''


def path(name):
    return name if '/' in name else f'{FOLDER}/{name}.so'


class Host:
    """Opens and closes what it is told to."""

    def __init__(self, folder):
        options = f'log_path={folder}/report:quiet=1:check_signal=32'
        self.process = subprocess.Popen(['python3', '-c', HOST], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, 'LD_PRELOAD': SHIM, 'DLPIN_OPTIONS': options})
        assert self.process.stdout.readline() == 'ready\n'

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()

    def do(self, *words):
        for verb, name in zip(words[::2], words[1::2]):
            print(verb, path(name), file=self.process.stdin, flush=True)
            assert self.process.stdout.readline() == 'done\n'

    def end(self):
        rest, _ = self.process.communicate(timeout=600)
        if rest != 'good\n' or self.process.returncode != 0:
            sys.exit(f'the program says {rest!r} and ends with {self.process.returncode}')


def why(status, parts, *arguments, locale='C.UTF-8'):
    """The parts are in the output, in this order, however it is wrapped; one that begins with "!" is not in it."""
    patience = ['--timeout=600'] if '-p' in arguments else []
    done = subprocess.run([DLPIN, 'why', *patience, *arguments], capture_output=True, text=True, check=False,
                          timeout=600, env={**os.environ, 'LC_ALL': locale})
    text, at = ' '.join((done.stdout + done.stderr).replace('│', ' ').split()), 0
    if done.returncode != status:
        sys.exit(f'why {arguments}: status {done.returncode}, not {status}\n{text}')
    for part in parts:
        found = text.find(' '.join(part.removeprefix('!').split()), 0 if part[0] == '!' else at)
        if (found >= 0) == (part[0] == '!'):
            sys.exit(f'why {arguments}: {part!r} is wrong in\n{text}')
        at = max(at, found)
    return done.stdout


def of_process(host):
    pid = ('-p', str(host.process.pid))
    why(2, ['has no module "tidy.so"'], *pid, 'tidy.so')
    host.do('open', 'tidy')
    why(0, ['tidy.so, load 1 (loaded)\n', '1 handle of it is still open', 'opened at:', '#0 '], *pid, 'tidy.so')
    host.do('open', 'tidy', 'open', 'library', 'close', 'tidy', 'close', 'tidy')
    # Held by an open library that needs it: the retention path continues to the module that opened this library.
    why(0, ['tidy.so, load 1 (closed)\n', 'was closed', 'library.so needs it', '\n└── library.so, load 1 (loaded)\n',
            '1 handle of it is still open', 'opened at:', '!2 handles'], *pid, path('tidy'))
    why(0, ['\n|   ', '\n`-- library.so, load 1 (loaded)\n        '], *pid, 'tidy.so', locale='C')
    graph = why(0, ['digraph', 'tidy.so, load 1 (closed)', 'library.so, load 1 (loaded)', 'n1 -> n0'],
                '--format=dot', *pid, 'tidy.so')
    if shutil.which('dot'):
        subprocess.run(['dot', '-Tsvg'], input=graph, text=True, check=True, capture_output=True)
    why(0, ['<!DOCTYPE html>', '<ul class="tree">\n<li><b>tidy.so, load 1 (closed)</b>', 'library.so needs it',
            '<ul class="tree">\n<li><b>library.so, load 1 (loaded)</b>', '</html>'], '--format=html', *pid, 'tidy.so')
    host.do('close', 'library')
    why(1, ['tidy.so, load 1 (unloaded)\n', 'it was unmapped'], *pid, 'tidy.so')
    host.do('open', 'tidy', 'open', 'plugin', 'close', 'plugin', 'open', 'cxx', 'close', 'cxx')
    why(0, ['tidy.so, load 2 (loaded)\n', '1 handle'], *pid, 'tidy.so')
    why(0, ['plugin.so, load 1 (closed)\n', 'DF_1_NODELETE', '!opened at'], *pid, 'plugin.so')
    why(0, ['cxx.so, load 1 (closed)\n', 'is unique in the process', '-fno-gnu-unique'], *pid, 'cxx.so')
    # The process is too large for a scan at each dlclose, but a request asks for one.
    host.do('open', 'keeper', 'add', 'keeper', 'add', 'keeper', 'close', 'keeper')
    why(0, ['keeper.so, load 1 (closed)\n', 'hold 2 blocks', 'with 208 bytes'], *pid, 'keeper.so')
    why(0, ['loaded with the program', '!needs it'], *pid, 'libc.so.6')
    # By a relative path; and two files of one name are two modules.
    why(0, ['tidy.so, load 2 (loaded)'], *pid, os.path.relpath(path('tidy')))
    with tempfile.TemporaryDirectory() as folder:
        other = shutil.copy(path('tidy'), folder)
        host.do('open', other)
        why(2, [f'{path("tidy")}, too', f'{other}: name one by its path'], *pid, 'tidy.so')
        why(0, ['tidy.so, load 3 (loaded)'], *pid, other)
        why(0, ['tidy.so, load 2 (loaded)'], *pid, path('tidy'))


def of_file(report):
    why(0, ['tidy.so, load 2 (loaded)\n', 'and never closed', 'opened at:', 'tidy.so, load 3 (loaded)\n', 'and never closed'],
        report, 'tidy.so')
    why(0, ['plugin.so, load 1 (closed)\n', 'DF_1_NODELETE'], report, 'plugin.so')
    why(1, ['library.so, load 1 (unloaded)\n', 'it was unmapped'], report, 'library.so')
    why(2, ['no process had a module "nothing.so"'], report, 'nothing.so')


def main():
    with tempfile.TemporaryDirectory() as folder:
        with Host(folder) as host:
            of_process(host)
            host.end()
        of_file(next(entry.path for entry in os.scandir(folder)))
        why(2, ['No such file'], f'{folder}/none', 'tidy.so')
    for wrong in [(), ('-p', '1'), ('-p', 'x', 'm'), ('a',), ('a', 'b', 'c'), ('--timeout=x', 'a', 'b'),
                  ('--format=json', 'a', 'b')]:
        why(2, ['dlpin why: '], *wrong)


main()
