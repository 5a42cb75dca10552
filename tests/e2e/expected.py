# SPDX-License-Identifier: MIT
"""The files samples/*/expected. README.md describes the format."""

import signal

TIMEOUT = 600  # seconds, for whatever hangs; a case takes a small part of one


class FormatError(Exception):
    pass


class Expectation:
    """A line "find" or "may"."""

    FLAGS = ("resolved", "no-stack")
    VALUES = ("at", "function", "stack", "where", "thread", "count", "blocks", "bytes",
              "hanging", "slot", "target", "path", "reasons", "reason", "by", "growing", "reopened", "replaced",
              "pending", "retained", "retained-bytes", "says", "silent-on", "fix", "call", "remove",
              "members")

    def __init__(self, words, required):
        if len(words) < 5:
            raise FormatError("needs kind, verdict, severity, module and load")
        self.required = required
        self.kind, self.verdict = words[0], words[1]
        self.severities = words[2].split("|")
        self.modules = words[3].split("|")
        self.loads = None if words[4] == "*" else _loads(words[4])
        self.resolved = self.no_stack = False
        self.wanted = {}
        for word in words[5:]:
            name, equals, value = word.partition("=")
            if not equals and name in self.FLAGS:
                setattr(self, name.replace("-", "_"), True)
            elif equals and name in self.VALUES:
                self.wanted[name] = value
            else:
                raise FormatError("what is '%s'?" % word)
        self.text = " ".join(words)

    def __str__(self):
        return self.text


class Crash:
    """A line "crash": the module at whose address the process dies, and the report on it."""

    VALUES = ("function", "by", "stack", "signal", "innermost")

    def __init__(self, words, required):
        if len(words) < 2:
            raise FormatError("needs module and load")
        self.module, self.load = words[0], int(words[1])
        self.required = required
        self.wanted = {}
        for word in words[2:]:
            name, equals, value = word.partition("=")
            if not equals or name not in self.VALUES:
                raise FormatError("what is '%s'?" % word)
            self.wanted[name] = value
        self.text = " ".join(words)


class Case:
    """A case: what to run, and what must come of it."""

    def __init__(self, name, line):
        self.name, self.line = name, line
        self.command = None
        self.options = ""
        self.exit = 0
        self.stdout = []
        self.needs = []
        self.reuse = None
        self.unseen = []
        self.timeout = TIMEOUT
        self.ended = None
        self.forks = 0
        self.files_change = self.allow_notes = False
        self.expectations = []
        self.crash = None

    def add(self, word, rest):
        words = rest.split()
        if word == "run":
            self.command = words
        elif word == "options":
            self.options = rest
        elif word == "exit":
            self.exit = -getattr(signal, rest) if rest.startswith("SIG") else int(rest)
        elif word == "stdout":
            self.stdout.append(rest)
        elif word == "needs":
            self.needs += words
        elif word == "reuse":
            self.reuse = words
        elif word == "unseen":
            self.unseen.append(rest)
        elif word == "ended":
            self.ended = rest
        elif word == "forks":
            self.forks = int(rest)
        elif word == "timeout":
            self.timeout = int(rest)
        elif word == "files-change":
            self.files_change = True
        elif word == "allow-notes":
            self.allow_notes = True
        elif word in ("crash", "may-crash"):
            self.crash = Crash(words, word == "crash")
        elif word in ("find", "may"):
            self.expectations.append(Expectation(words, word == "find"))
        else:
            raise FormatError("what is '%s'?" % word)

    def gates(self):
        """True if a gate at "warning" must be red, None if it may be either way."""
        verdict = False
        for one in self.expectations:
            serious = not one.resolved and "note" not in one.severities
            if serious and one.required:
                return True
            if serious:
                verdict = None
        return verdict


def _loads(text):
    """"1", "1,2" or "1-30" as a list of numbers."""
    if "-" in text:
        first, last = text.split("-")
        return list(range(int(first), int(last) + 1))
    return [int(number) for number in text.split(",")]


def read(path):
    """The cases of one file; FormatError with file and line where it is wrong."""
    cases = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            word, _, rest = line.strip().partition(" ")
            try:
                if word == "case":
                    if any(case.name == rest for case in cases):
                        raise FormatError("a second case '%s'" % rest)
                    cases.append(Case(rest, number))
                elif not cases:
                    raise FormatError("'%s' before the first case" % word)
                else:
                    cases[-1].add(word, rest)
            except (FormatError, ValueError, AttributeError) as error:
                raise FormatError("%s:%d: %s" % (path, number, error)) from error
    for case in cases:
        if not case.command:
            raise FormatError("%s:%d: case '%s' runs nothing" % (path, case.line, case.name))
    return cases
