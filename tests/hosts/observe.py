# SPDX-License-Identifier: MIT
"""Runs a host in a folder of its own and compares two runs of it."""

import os
import re
import resource
import shutil
import subprocess
import threading
import time

import run as harmless  # of tests/harmless


class Place:
    """The folder that a host runs in, made anew under the same name for each run."""

    def __init__(self, root):
        self.folder = os.path.join(root, 'stage')
        self.reports = os.path.join(root, 'report')

    def renew(self, host):
        for folder in (self.folder, self.reports):
            shutil.rmtree(folder, ignore_errors=True)
            os.mkdir(folder)
        if host.prepare:
            host.prepare(self.folder)

    def environment(self, host, extra):
        values = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': self.folder, 'LC_ALL': 'C.UTF-8',
                  'TZ': 'UTC'}
        values.update({name: value.replace('@here@', self.folder)
                       for name, value in host.environment.items()})
        values.update(extra)
        return values

    def read(self, name):
        try:
            with open(os.path.join(self.folder, name), 'rb') as file:
                return file.read()
        except FileNotFoundError:
            return None


def run_host(host, place, extra):
    """A run from beginning to end; EXTRA are variables of its environment."""
    place.renew(host)
    environment = place.environment(host, extra)
    words = [word.replace('@here@', place.folder) for word in host.command]
    program = shutil.which(words[0], path=environment['PATH']) or words[0]
    result = harmless.Result()
    began = time.monotonic()
    process = subprocess.Popen(
        [program, *words[1:]], cwd=place.folder, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
    result.pid = process.pid
    driver = Driver(host, place, process)
    harmless.TIME_LIMIT = host.seconds
    harmless.read_until_end(process, result)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = status
    process.stdout.close()
    process.stderr.close()
    result.out += driver.end()
    result.status = harmless.status_text(status)
    result.orphans = harmless.reap_orphans()
    result.seconds = time.monotonic() - began
    result.files = {name: place.read(name) for name in host.results}
    return result


class Driver:
    """Does to a running host what its table says; what it saw counts as output of the host."""

    def __init__(self, host, place, process):
        self.thread = None
        self.said = ''
        if host.drive:
            self.thread = threading.Thread(target=self._drive, args=(host, place, process))
            self.thread.start()

    def _drive(self, host, place, process):
        try:
            self.said = host.drive(place.folder, process)
        except (OSError, RuntimeError) as error:
            self.said = f'driver: {error}\n'
            try:
                process.kill()
            except ProcessLookupError:
                pass

    def end(self):
        if self.thread:
            self.thread.join()
        return self.said.encode()


def settled(host, result):
    """The result without what differs from run to run."""
    for name in ('out', 'err'):
        data = getattr(result, name)
        if name == 'err':
            data = harmless.without_own_lines(data)
        if name not in host.compare:
            data = b''
        for pattern in host.changing:
            data = re.sub(pattern.encode(), b'@', data)
        setattr(result, name, data)
    return result


def show(result):
    harmless.show(result)


def differences(host, base, other):
    """The changes, a sentence each; none if the two runs are the same."""
    return harmless.differences(settled(host, base), settled(host, other))
