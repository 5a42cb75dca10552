#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""dlpin leaks on apache2: the server and each of its children are asked, and go on serving.

Arguments: dlpin, libdlpin.so, the name of a multi-processing module."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

DLPIN, SHIM, MPM = sys.argv[1:4]
SERVER = '/usr/sbin/apache2'
MODULES = '/usr/lib/apache2/modules'
CONFIGURATION = '''
ServerName localhost
ServerRoot {folder}
PidFile {folder}/pid
Listen 127.0.0.1:{port}
ErrorLog {folder}/error.log
Mutex file:{folder}
StartServers 2
DocumentRoot {folder}
LoadModule mpm_{mpm}_module {modules}/mod_mpm_{mpm}.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule dir_module {modules}/mod_dir.so
{user}
'''
WAIT = 600


def free_port():
    with socket.socket() as listening:
        listening.bind(('127.0.0.1', 0))
        return listening.getsockname()[1]


def get(port):
    with urllib.request.urlopen(f'http://127.0.0.1:{port}/page', timeout=WAIT) as answer:
        return answer.read()


def wait_until_it_serves(port):
    until = time.monotonic() + WAIT
    while True:
        try:
            return get(port)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def children(pid):
    with open(f'/proc/{pid}/task/{pid}/children', encoding='utf-8') as file:
        return [int(word) for word in file.read().split()]


def ask(pid, port):
    done = subprocess.run([DLPIN, 'leaks', f'--timeout={WAIT}', str(pid)], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        return done.stderr
    if 'modules unloaded' not in done.stdout.splitlines()[-1]:
        sys.exit(f'{pid}: it says {done.stdout}')
    if get(port) != b'small':
        sys.exit(f'after {pid} was asked, it does not serve')
    return None


def ask_children(server, port):
    """Until two have answered. The first one may serve before the second is there, and the copy of the server in
    which dlpin scans for pointers is a child, too, until the scan ends."""
    until = time.monotonic() + WAIT
    answered, refused = set(), None
    while len(answered) < 2:
        if time.monotonic() > until:
            sys.exit(f'of its children, {len(answered)} answered; the last that did not: {refused}')
        for pid in set(children(server)) - answered:
            said = ask(pid, port)
            if said is None:
                answered.add(pid)
            else:
                refused = said
        time.sleep(0.01)


def main():
    if not os.path.exists(f'{MODULES}/mod_mpm_{MPM}.so') or not os.path.exists(SERVER):
        sys.exit(77)
    folder, port = tempfile.mkdtemp(), free_port()
    reports = os.path.join(folder, 'reports')
    os.mkdir(reports)
    for path in (folder, reports):
        os.chmod(path, 0o777)
    with open(f'{folder}/page', 'w', encoding='utf-8') as file:
        file.write('small')
    with open(f'{folder}/conf', 'w', encoding='utf-8') as file:
        file.write(CONFIGURATION.format(folder=folder, port=port, mpm=MPM, modules=MODULES,
                                        user='User www-data\nGroup www-data' if os.getuid() == 0
                                        else ''))
    options = f'log_path={reports}/r.%p:quiet=1:check_signal=32'
    # A group of its own: the server ends its children by their group.
    server = subprocess.Popen([SERVER, '-f', f'{folder}/conf', '-DFOREGROUND'],
                              env={**os.environ, 'LD_PRELOAD': SHIM, 'DLPIN_OPTIONS': options},
                              start_new_session=True)
    try:
        wait_until_it_serves(port)
        said = ask(server.pid, port)
        if said is not None:
            sys.exit(f'the server was not asked: {said}')
        ask_children(server.pid, port)
        server.send_signal(signal.SIGTERM)
        if server.wait(WAIT) != 0:
            sys.exit(f'it ended with {server.returncode}')
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


main()
