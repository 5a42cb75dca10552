# SPDX-License-Identifier: MIT
"""Completions in real shells: bash, with and without its package of completions, and zsh. Keys are typed into a shell
on a terminal, and another key makes it print the line that it has then."""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import time
import unittest

from support import DLPIN, Case

PACKAGE = pathlib.Path("/usr/share/bash-completion/bash_completion")
BASH = """PS1='READY>'; PS2=; bind 'set bell-style none'; bind 'set enable-bracketed-paste off'
bind 'set show-all-if-ambiguous on'; bind 'set page-completions off'; bind 'set completion-query-items 0'
bind -x '"\\C-g": printf "\\nLINE<%s>\\n" "$READLINE_LINE"'
"""
ZSH = """PS1='READY>'; PS2=; unset zle_bracketed_paste; LISTMAX=10000; setopt no_always_last_prompt no_beep
fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -d {folder}/dump; bindkey '^I' complete-word
show() {{ print -r -- $'\\n'"LINE<$BUFFER>" }}; zle -N show; bindkey '^G' show
"""


class Shell:
    def __init__(self, command, environment, folder):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, {**environment, "TERM": "dumb", "COLUMNS": "300"})
        self.expect = lambda pattern: expect(self.terminal, pattern)

    def send(self, text):
        os.write(self.terminal, text.encode())

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


def expect(terminal, pattern):
    """The output up to what matches."""
    text, end = "", time.monotonic() + 300
    while not re.search(pattern, text):
        if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
            raise AssertionError(f"no {pattern} in {text!r}")
        text += os.read(terminal, 65536).decode(errors="replace").replace("\r", "")
    return text


class Completions:
    """Needs shell(). A line, and what it is after the tabulator key."""

    LINES = (
        ("dlpin che", "dlpin check "),
        ("dlpin --vers", "dlpin --version "),
        ("dlpin help chec", "dlpin help check "),
        ("dlpin completions z", "dlpin completions zsh "),
        ("dlpin run --ga", "dlpin run --gate "),
        ("dlpin run --source", "dlpin run --source-root="),
        ("dlpin run --format=js", "dlpin run --format=json "),
        ("dlpin run --format js", "dlpin run --format json "),
        ("dlpin check --min-severity=w", "dlpin check --min-severity=warning "),
        ("dlpin check --fail-on=error,key-o", "dlpin check --fail-on=error,key-orphan"),
        ("dlpin try --flags now,glo", "dlpin try --flags now,global"),
        ("dlpin report --report=js", "dlpin report --report=json:"),
        ("dlpin report --report=json:an-", "dlpin report --report=json:an-output "),
        ("dlpin report an-", "dlpin report an-output "),
        ("dlpin report -o an-", "dlpin report -o an-output "),
        ("dlpin report -- an-", "dlpin report -- an-output "),
        ("dlpin report with", "dlpin report with\\ blank "),
        ("dlpin run --keep=a-fo", "dlpin run --keep=a-folder/"),
        ("dlpin check --debug-path=a-fo", "dlpin check --debug-path=a-folder/"),
        ("dlpin run -- dlpin-hos", "dlpin run -- dlpin-host "),
        ("dlpin run --gate dlpin-hos", "dlpin run --gate dlpin-host "),
        ("dlpin run --format=text --gate -- ./th", "dlpin run --format=text --gate -- ./the-executable "),
        ("dlpin run -- dlpin-host an-out", "dlpin run -- dlpin-host an-output "),
        ("dlpin run --report=json:x dlpin-host an-out", "dlpin run --report=json:x dlpin-host an-output "),
        ("dlpin why -p @", "dlpin why -p @@ "),
        ("dlpin leaks @", "dlpin leaks @@ "),
        ("dlpin leaks --pi", "dlpin leaks --pi"),
        ("dlpin run -- dlpin-host --gat", "dlpin run -- dlpin-host --gat"),
    )

    def setUp(self):
        super().setUp()
        self.work = self.directory / "work"
        self.programs = self.directory / "bin"
        for folder in (self.work, self.work / "a-folder", self.programs):
            folder.mkdir()
        for name in ("an-output", "with blank"):
            (self.work / name).touch()
        for path in (self.work / "the-executable", self.programs / "dlpin-host"):
            path.write_text("#!/bin/sh\n")
            path.chmod(0o755)
        (self.programs / "dlpin").symlink_to(DLPIN)
        self.environment["PATH"] = f"{self.programs}:{self.environment['PATH']}"
        self.environment.pop("DLPIN_LIBRARY")

    def started(self, command, begin):
        shell = Shell(command, self.environment, self.work)
        self.addCleanup(shell.close)
        self.file("begin", begin)
        shell.send(f". {self.directory}/begin; echo STAR''TED\n")
        shell.expect(r"(?s)STARTED\n.*READY>")
        return shell

    def test_lines(self):
        shell = self.shell()
        with subprocess.Popen(["sleep", "1000"]) as process:
            pid = str(process.pid)
            for typed, wanted in self.LINES:
                # All but the last digit: no other process may be meant.
                shorter = pid if wanted.endswith("@@ ") else pid
                typed, wanted = typed.replace("@", shorter), wanted.replace("@@", pid)
                with self.subTest(typed):
                    shell.send(typed + "\t\x07")
                    text = shell.expect(r"LINE<[^>]*>\n")
                    line = re.search(r"LINE<([^>]*)>\n", text).group(1)
                    # A comma, a blank or a slash may follow, which goes again with the next key.
                    self.assertEqual(line.rstrip(", "), wanted.rstrip(" "))
                    shell.send("\x05\x15")
            process.kill()

    def test_what_is_offered(self):
        shell = self.shell()
        for typed, wanted, unwanted in (
            ("dlpin ", ["run", "report", "check", "diff", "try", "leaks", "why", "completions", "help"], ["sarif"]),
            ("dlpin run --format=", ["text", "json", "junit", "sarif", "html"], ["error"]),
            ("dlpin run --trace-children=", ["yes", "no"], ["text"]),
            ("dlpin completions ", ["bash", "zsh"], ["an-output"]),
            ("dlpin check --fail-on=", ["growth", "error", "dangling", "key-orphan"], ["text"]),
            ("dlpin leaks --", ["--as-if-unloaded", "--force", "--timeout"], ["--keep", "--gate"]),
        ):
            with self.subTest(typed):
                shell.send(typed + "\t\x07")
                offered = shell.expect(r"LINE<[^>]*>\n").split()
                offered = {word.rstrip("=") for word in offered}
                self.assertEqual([word for word in wanted if word not in offered], [])
                self.assertEqual([word for word in unwanted if word in offered], [])
                shell.send("\x05\x15")


class Bash(Completions, Case):
    def shell(self):
        script = self.file("dlpin.bash", self.dlpin("completions", "bash").stdout)
        return self.started(["bash", "--norc", "--noprofile", "-i"], BASH + f". {script}\n")


class BashWithItsPackage(Completions, Case):
    """The package finds the script by its name."""

    def shell(self):
        if not PACKAGE.exists():
            self.skipTest("no bash-completion")
        folder = self.directory / "share/bash-completion/completions"
        folder.mkdir(parents=True)
        (folder / "dlpin.bash").write_text(self.dlpin("completions", "bash").stdout)
        self.environment["XDG_DATA_DIRS"] = f"{self.directory}/share"
        return self.started(["bash", "--norc", "--noprofile", "-i"], BASH + f". {PACKAGE}\n")


class Zsh(Completions, Case):
    def shell(self):
        if shutil.which("zsh") is None:
            self.skipTest("no zsh")
        (self.directory / "functions").mkdir()
        self.file("functions/_dlpin", self.dlpin("completions", "zsh").stdout)
        return self.started(["zsh", "-f", "-i"], "PS1='READY>'\n" + ZSH.format(folder=self.directory / "functions"))


if __name__ == "__main__":
    unittest.main()
