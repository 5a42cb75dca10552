# SPDX-License-Identifier: MIT
"""The words of the report format, read from the one place where they are defined, and which of them
go together."""

import glob
import os
import re


class Vocabulary:
    """The tables of report_format.h."""

    def __init__(self, root):
        self.path = self._find(root)
        with open(self.path, encoding="utf-8") as file:
            text = file.read().replace("\\\n", " ")
        rows = self._rows(text, "KINDS", 4)
        self.kinds = [row[0] for row in rows]
        # kind → the object that its subject is, and the pairs of verdict and severity that it may
        # have. Whatever is first found after exit() began is a note, unless it is an error.
        self.subjects = {name: subject for name, _, subject, _ in rows}
        self.combinations = {name: set(self._pairs(outcomes)) for name, _, _, outcomes in rows}
        self.verdicts = self._names(text, "VERDICTS")
        self.severities = self._names(text, "SEVERITIES")
        self.occasions = self._names(text, "OCCASIONS")
        self.states = self._names(text, "MODULE_STATES")
        self.reasons = self._names(text, "REASONS")
        self.version = int(re.search(r"DLPIN_REPORT_VERSION (\d+)", text).group(1))

    @staticmethod
    def _find(root):
        pattern = os.path.join(root, "shim", "**", "report_format.h")
        for path in glob.glob(pattern, recursive=True):
            return path
        raise FileNotFoundError("%s: no report_format.h in shim" % root)

    @staticmethod
    def _rows(text, name, columns):
        """The strings of each row: so many, at least."""
        table = re.search(r"#define DLPIN_%s\(X\)(.*)" % name, text).group(1)
        rows = re.findall(r"X\(\w+((?:,\s*\"[^\"]*\")*)", table)
        rows = [re.findall(r'"([^"]*)"', row) for row in rows]
        if not rows or min(len(row) for row in rows) < columns:
            raise ValueError("DLPIN_%s: a row without its %d strings" % (name, columns))
        return rows

    @classmethod
    def _names(cls, text, name):
        return [row[0] for row in cls._rows(text, name, 1)]

    @staticmethod
    def _pairs(outcomes):
        for outcome in outcomes.split(", "):
            verdict, severity = outcome.split()
            yield verdict, severity
            if severity == "warning":
                yield verdict, "note"
