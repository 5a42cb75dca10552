#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long `dlpin leaks PID` takes, from its start to its end, on processes that wait: a small program, and
Python after a plug-in was unloaded in it. Medians; the numbers are printed, never asserted."""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HOST = '''
import _ctypes, ctypes, sys
plugin = ctypes.CDLL(sys.argv[1])
plugin.start()
_ctypes.dlclose(plugin._handle)
print('ready', flush=True)
sys.stdin.read(1)
'''


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ('dlpin', 'shim', 'waits', 'plugin'):
        parser.add_argument('--' + name, required=True, type=os.path.abspath)
    parser.add_argument('--rounds', type=int, default=9)
    return parser.parse_args()


def start(command, options, folder):
    environment = {'PATH': '/usr/bin:/bin', 'LC_ALL': 'C', 'LD_PRELOAD': options.shim,
                   'DLPIN_OPTIONS': f'log_path={folder}/report.%p:quiet=1:check_signal=32'}
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def measure(command, options):
    times = []
    with tempfile.TemporaryDirectory() as folder, start(command, options, folder) as process:
        if process.stdout.readline() != 'ready\n':
            sys.exit(f'{command[0]} did not start')
        for _ in range(options.rounds):
            begun = time.monotonic()
            asked = subprocess.run([options.dlpin, 'leaks', str(process.pid)], capture_output=True, text=True,
                                   check=False)
            times.append((time.monotonic() - begun) * 1000)
            if asked.returncode not in (0, 1):
                sys.exit(f'{command[0]} did not answer: {asked.stderr}')
        process.communicate('x')
    return times


def main():
    options = parse_arguments()
    python = shutil.which('python3', path='/usr/bin:/bin') or sys.executable
    print(f'{"dlpin leaks":<16}{"median ms":>10}{"longest":>10}')
    for name, command in (('a small program', [options.waits, 'read']),
                          ('Python', [python, '-c', HOST, options.plugin])):
        times = measure(command, options)
        print(f'{name:<16}{statistics.median(times):>10.1f}{max(times):>10.1f}')


if __name__ == '__main__':
    main()
