# SPDX-License-Identifier: MIT
"""Common parts of the command-level tests: running dlpin, and building a case's report."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

DATA = pathlib.Path(os.environ["DLPIN_TEST_DATA"])
DLPIN = os.environ["DLPIN_TEST_COMMAND"]
FAKE_SHIM = os.environ["DLPIN_TEST_FAKE_SHIM"]
SHIM = os.environ["DLPIN_TEST_SHIM"]
PLAIN = os.environ["DLPIN_TEST_PLAIN"]
STATIC = os.environ["DLPIN_TEST_STATIC"]
LIBRARY_FROM_BINDIR = os.environ["DLPIN_TEST_LIBRARY_FROM_BINDIR"]
SANITIZED = os.environ["DLPIN_TEST_SANITIZED"] != ""
OWN_MALLOC = os.environ["DLPIN_TEST_OWN_MALLOC"]

ERROR = {
    "type": "finding", "pid": "@P", "id": 1, "kind": "key-destructor", "verdict": "dangling",
    "severity": "error", "module": 2, "message": "left a key", "signature": "s",
}
NOTE = dict(ERROR, severity="note", kind="thread-requested", verdict="held", signature="n", id=2)
COVERAGE = {"type": "coverage", "pid": "@P", "hooks": {"heap": True}, "dropped": {}, "unseen": []}
SUMMARY = {"type": "summary", "pid": "@P", "ended": "exit"}


def lines(*records):
    """JSON lines in which "@P" is a bare pid to be filled in."""
    return "".join(json.dumps(r).replace('"@P"', "@P") + "\n" for r in records)


class Case(unittest.TestCase):
    """A test with a directory of its own and a clean environment."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="dlpin-test."))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.temporary = self.directory / "tmp"
        self.temporary.mkdir()
        self.environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.directory),
            "TMPDIR": str(self.temporary),
            "DLPIN_LIBRARY": FAKE_SHIM,
        }
        # A dlpin that is itself built with a sanitizer must bear that the tests preload something.
        self.environment["ASAN_OPTIONS"] = "verify_asan_link_order=0"

    def dlpin(self, *arguments, environment=None, **keywords):
        """Runs dlpin to its end; the result has returncode, stdout and stderr as text."""
        keywords.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run(
            [DLPIN, *map(str, arguments)], env={**self.environment, **(environment or {})},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
            timeout=600, **keywords)

    def records(self, *records):
        """The environment that makes the fake shim report these."""
        path = self.directory / "records"
        path.write_text(lines(*records))
        return {"FAKE_RECORDS": str(path)}

    def file(self, name, text, mode=0o644):
        path = self.directory / name
        path.write_text(text)
        path.chmod(mode)
        return path
