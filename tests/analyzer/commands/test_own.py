# SPDX-License-Identifier: MIT
"""Own code and that of third parties: --own, --source-root and --own-only, in the text, the gate and the formats."""

import json
import os
import pathlib
import subprocess
import unittest

from formats import HEADER, SUMMARY, finding, frame, module
from support import Case

BUILD_ID = "00112233445566778899aabbccddeeff00112233"


class Own(Case):
    """Two modules: a plug-in with a warning, and a library with an error."""

    def setUp(self):
        super().setUp()
        self.source = self.directory / "source"
        self.source.mkdir()

    def report(self, *more, plugin="/opt/plugin.so", library="/usr/lib/libother.so.3"):
        records = (HEADER, module(plugin, 1), module(library, 2, soname="libother.so.3"),
                   finding(1, "error", "key-destructor", "dangling", module=2), finding(2), *more, SUMMARY)
        return self.file("report", "".join(json.dumps(record) + "\n" for record in records))

    def headings(self, *arguments):
        """The first line of each finding in the text."""
        result = self.dlpin("report", *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return [line for line in result.stdout.splitlines() if line.split(":")[0] in ("error", "warning", "note")]

    ALL_OWN = ["error: key-destructor: libother.so.3 (unloaded)", "warning: key: plugin.so (unloaded)"]
    OTHER = ["warning: key: plugin.so (unloaded)", "error: key-destructor: libother.so.3 (unloaded; third-party)"]

    def test_without_options_nothing_is_of_a_third_party(self):
        self.assertEqual(self.headings(self.report()), self.ALL_OWN)
        document = json.loads(self.dlpin("report", "--format=json", self.report()).stdout)
        self.assertEqual([f["third_party"] for f in document["findings"]], [False, False])

    def test_patterns(self):
        for globs in (["/opt/*"], ["plugin.so"], ["plug?n*"], ["nothing", "*.so"]):
            with self.subTest(globs):
                self.assertEqual(self.headings(*(f"--own={glob}" for glob in globs), self.report()), self.OTHER)
        self.assertEqual(self.headings("--own=plugin.so", "--own=libother.so.3", self.report()), self.ALL_OWN)
        self.assertEqual([line.endswith("; third-party)") for line in self.headings("--own=opt", self.report())],
                         [True, True])

    def test_a_module_in_the_folder_of_the_sources(self):
        plugin = self.source / "build" / "plugin.so"
        root = f"--source-root={self.source}"
        self.assertEqual(self.headings(root, self.report(plugin=str(plugin))), self.OTHER)
        self.assertEqual(self.headings(root, self.report(plugin=f"{self.source}/x/../plugin.so")), self.OTHER)
        beside = self.headings(root, self.report(plugin=f"{self.source}-other/plugin.so"))
        self.assertIn("warning: key: plugin.so (unloaded; third-party)", beside)

    def test_a_module_behind_a_link(self):
        (self.source / "plugin.so").touch()
        (self.directory / "link").symlink_to(self.source)
        self.assertEqual(self.headings(f"--source-root={self.source}",
                                       self.report(plugin=str(self.directory / "link" / "plugin.so"))), self.OTHER)

    @unittest.skipUnless("DLPIN_TEST_PLACES" in os.environ, "no C++ library")
    def test_a_module_that_was_built_elsewhere_from_the_sources(self):
        library = os.environ["DLPIN_TEST_PLACES"]
        symbols = subprocess.run(["nm", "-D", library], capture_output=True, text=True, check=True).stdout
        address = int(next(s for s in symbols.splitlines() if s.endswith(" places_run")).split()[0], 16)
        # Each finding of it is own, not only the one whose frame says so.
        path = self.report({**module(library, 3), "build_id": BUILD_ID},
                           finding(3, module=3, stack=[frame(None, 3, address + 4)]),
                           finding(4, kind="timer", module=3))
        root = pathlib.Path(__file__).parents[1]
        lines = self.headings(f"--source-root={root}", path)
        self.assertEqual(sum("third-party" in line for line in lines if "libplaces" in line), 0, lines)
        self.assertEqual(sum("third-party" in line for line in lines), 2, lines)

    def test_the_gate(self):
        library = ("--own=plugin.so", self.report())
        self.assertEqual(self.dlpin("check", "--fail-on=error", *library).returncode, 1)
        self.assertEqual(self.dlpin("check", "--fail-on=error", "--own-only", *library).returncode, 0)
        self.assertEqual(self.dlpin("check", "--own-only", *library).returncode, 1)
        # Before --fail-on as behind it.
        self.assertEqual(self.dlpin("check", "--own-only", "--fail-on=error,growth", *library).returncode, 0)
        empty = self.file("empty", json.dumps(HEADER) + "\n" + json.dumps(SUMMARY) + "\n")
        self.assertEqual(self.dlpin("diff", "--fail-on=error", "--own-only", "--own=plugin.so", empty,
                                    self.report()).returncode, 0)

    def test_a_crash_fails_the_gate_wherever_it_is(self):
        path = self.report({"type": "crash", "pid": 1, "time": 1, "signal": 11, "signal_name": "SIGSEGV",
                            "address": "0x9", "module": 2, "offset": 9, "stack": []})
        self.assertEqual(self.dlpin("check", "--fail-on=error", "--own-only", "--own=plugin.so", path).returncode, 1)

    def test_a_finding_without_a_module_is_own(self):
        path = self.report(finding(3, "error", "handle", "pinned", module=None))
        self.assertEqual(self.dlpin("check", "--fail-on=handle", "--own-only", "--own=plugin.so", path).returncode, 1)

    def test_a_handle_is_of_who_opened_it(self):
        path = self.report(finding(3, "note", "handle", "pinned", module=2, subject={"requester": 1}),
                           finding(4, "note", "handle", "pinned", module=1, subject={"requester": 2}))
        lines = [line for line in self.headings("--own=plugin.so", path) if "handle" in line]
        self.assertEqual(lines, ["note: handle: libother.so.3 (unloaded)",
                                 "note: handle: plugin.so (unloaded; third-party)"])

    def test_own_only_needs_to_know_what_is_own(self):
        result = self.dlpin("check", "--own-only", self.report())
        self.assertEqual(result.returncode, 2)
        self.assertIn("--own-only needs --own=GLOB or --source-root=DIR", result.stderr)
        result = self.dlpin("run", "--own-only", "true")
        self.assertEqual(result.returncode, 125)

    def test_the_formats(self):
        path = self.report()
        document = json.loads(self.dlpin("report", "--own=plugin.so", "--format=json", path).stdout)
        self.assertEqual([f["third_party"] for f in document["findings"]], [False, True])
        results = json.loads(self.dlpin("report", "--own=plugin.so", "--format=sarif", path).stdout)["runs"][0]["results"]
        self.assertEqual([r["properties"]["thirdParty"] for r in results], [False, True])
        for form in ("github", "junit", "markdown"):
            self.assertIn("third", self.dlpin("report", "--own=plugin.so", f"--format={form}", path).stdout, form)


if __name__ == "__main__":
    unittest.main()
