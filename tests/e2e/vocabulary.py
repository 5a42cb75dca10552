# SPDX-License-Identifier: MIT
"""The words of the report format, read from the one place where they are defined, and which of them
go together."""

import glob
import os
import re

HELD = {("held", "warning"), ("held", "note")}

# kind → the pairs of verdict and severity that it may have. Whatever is first found after exit()
# began is a note, unless it is an error. Of a module that is closed and still mapped nothing
# dangles: it is held.
COMBINATIONS = {
    "key-destructor": {("dangling", "error")} | HELD,
    "key": {("lost", "warning"), ("lost", "note")} | HELD,
    "key-value": {("dangling", "error"), ("lost", "warning"), ("lost", "note"),
                  ("held", "warning"), ("held", "note")},
    "key-orphan": {("lost", "warning"), ("lost", "note")},
    "key-foreign": {("misuse", "warning"), ("misuse", "error"), ("misuse", "note")},
    "thread-routine": {("dangling", "error")} | HELD,
    "thread-argument": {("dangling", "error"), ("held", "warning"), ("held", "note")},
    "thread-requested": {("held", "note")},
    "thread-stack": {("dangling", "error"), ("dangling", "warning"), ("dangling", "note")},
    "exit-handler": {("dangling", "error")} | HELD,
    "fork-handler": {("dangling", "error")} | HELD,
    "timer": {("dangling", "error"), ("lost", "warning"), ("lost", "note")} | HELD,
    "hook": {("dangling", "error")} | HELD,
    "environment": {("dangling", "error")} | HELD,
    "pointer": {("dangling", "warning"), ("dangling", "note")},
    "heap-lost": {("lost", "warning"), ("lost", "note")},
    "heap-held": {("held", "note")},
    "task-value": {("stale", "warning"), ("stale", "note")},
    "signal-handler": {("dangling", "error")} | HELD,
    "signal-stack": {("dangling", "error")} | HELD,
    "unwind-frames": {("dangling", "error")} | HELD,
    "still-mapped": {("pinned", "warning"), ("pinned", "note")},
    "tls-destructor": {("pinned", "warning")},
    "handle": {("pinned", "note")},
}

SUBJECTS = {
    "key-destructor": "key",
    "key": "key",
    "key-value": "value",
    "key-orphan": "key",
    "key-foreign": "key",
    "thread-routine": "thread",
    "thread-argument": "thread",
    "thread-requested": "thread",
    "thread-stack": "frame",
    "exit-handler": "registration",
    "fork-handler": "registration",
    "timer": "registration",
    "hook": "registration",
    "environment": "registration",
    "pointer": "pointer",
    "heap-lost": "heap",
    "heap-held": "heap",
    "task-value": "task",
    "signal-handler": "signal",
    "signal-stack": "registration",
    "unwind-frames": "registration",
    "still-mapped": "module",
    "tls-destructor": "module",
    "handle": "module",
}


class Vocabulary:
    """The tables of report_format.h."""

    def __init__(self, root):
        for path in glob.glob(os.path.join(root, "shim", "**", "report_format.h"), recursive=True):
            with open(path, encoding="utf-8") as file:
                text = file.read().replace("\\\n", " ")
            if "define DLPIN_KINDS" in text:
                break
        else:
            raise FileNotFoundError("%s: no report_format.h in shim" % root)
        self.kinds = self._table(text, "KINDS")
        self.verdicts = self._table(text, "VERDICTS")
        self.severities = self._table(text, "SEVERITIES")
        self.occasions = self._table(text, "OCCASIONS")
        self.states = self._table(text, "MODULE_STATES")
        self.reasons = self._table(text, "REASONS")
        self.version = int(re.search(r"DLPIN_REPORT_VERSION (\d+)", text).group(1))

    @staticmethod
    def _table(text, name):
        rows = re.search(r"#define DLPIN_%s\(X\)(.*)" % name, text).group(1)
        return re.findall(r'X\(\w+,\s*"([^"]*)"', rows)
