# SPDX-License-Identifier: MIT
"""The tables' entries of a host: a real program that loads and unloads real plug-ins."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import Callable


NODE_MODULES = '/usr/local/lib/node_modules'


@dataclass(frozen=True)
class Finding:
    """A finding that must be there, or, as an item of "also", one that may be."""

    kind: str
    module: str  # identity of the module that it is about: soname or file name; a glob
    severity: str = 'error'
    stack: str = ''  # a function or a module on its stack; globs; alternatives with |
    reasons: str = ''  # why a module stays, all of them, with | between
    at_least: int = 1  # how often, all repeats counted
    resolved: bool = False  # it is resolved at the end
    why: str = ''  # how it is known to be true, and whose fault it is; an error or a warning needs it

    def __str__(self):
        return ' '.join(filter(None, [self.kind, self.severity, self.module,
                                      self.stack and f'stack={self.stack}',
                                      self.reasons and f'reasons={self.reasons}']))


@dataclass(frozen=True)
class Crash:
    """The host dies at an address of an unloaded module, and the report says so."""

    module: str
    by: str  # kind of the finding that foretold it
    stack: str = ''  # as of a finding


@dataclass(frozen=True)
class Host:
    """A program, how it is run, and what is true of it."""

    name: str
    command: tuple  # the words; the program by its name; the working directory is a new folder
    packages: tuple = ()  # all are needed, else the host is skipped
    npm: tuple = field(default=(), kw_only=True)  # packages of npm; likewise, in /usr/local/lib/node_modules
    environment: dict = field(default_factory=dict)
    prepare: Callable = None  # prepare(folder): what the host needs in its working directory
    drive: Callable = None  # drive(folder, process) → text: what is done to it while it runs
    status: str = 'exit 0'
    results: tuple = ()  # files in the working directory that must be the same afterwards
    changing: tuple = ()  # expressions for what differs from run to run in its output
    compare: tuple = ('out', 'err')
    find: tuple = ()  # findings that must be there
    crash: Crash = None  # None: there must be no record of one
    also: tuple = ()  # findings that may be there; all others are mistakes
    seconds: float = 900  # after that it hangs
    complete: bool = True  # the report ends with a summary

    def unexplained(self):
        """Errors and warnings that the table expects and does not explain."""
        return [finding for finding in self.find + self.also
                if finding.severity in ('error', 'warning') and not finding.why]

    def missing_packages(self):
        if not shutil.which('dpkg-query'):
            return ['dpkg']
        return [*(name for name in self.packages if not is_installed(name)),
                *(name for name in self.npm if not os.path.exists(os.path.join(NODE_MODULES, name)))]


def is_installed(package):
    done = subprocess.run(['dpkg-query', '-W', '-f', '${db:Status-Abbrev}', package],
                          capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.startswith('ii')


def plugins_of(*packages):
    """Prepares the folder "plugins" with those of these packages for GStreamer alone, whatever is installed."""
    def prepare(folder):
        target = os.path.join(folder, 'plugins')
        os.makedirs(target, exist_ok=True)
        done = subprocess.run(['dpkg-query', '-L', *packages], capture_output=True, text=True, check=True)
        for path in done.stdout.splitlines():
            name = os.path.basename(path)
            if '/gstreamer-1.0/' in path and name.endswith('.so') and not os.path.lexists(os.path.join(target, name)):
                os.symlink(path, os.path.join(target, name))
    return prepare


def write(**files):
    """Prepares files: name, with __ for a dot, and contents."""
    def prepare(folder):
        for name, text in files.items():
            with open(os.path.join(folder, name.replace('__', '.')), 'w', encoding='utf-8') as file:
                file.write(text)
    return prepare
