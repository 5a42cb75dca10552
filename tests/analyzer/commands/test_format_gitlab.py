# SPDX-License-Identifier: MIT
"""--format=gitlab: what GitLab requires of a code quality report."""

import json
import re
import unittest

from formats import HEADER, HOSTILE, SUMMARY, Format, finding, hostile_records, module
from support import DATA, Case

SEVERITIES = {"info", "minor", "major", "critical", "blocker"}


class GitLab(Format, Case):
    FORMAT = "gitlab"

    def read(self, text):
        issues = json.loads(text)
        self.assertIsInstance(issues, list)
        for issue in issues:
            self.assertEqual(set(issue), {"description", "check_name", "fingerprint", "severity", "location"})
            self.assertIn(issue["severity"], SEVERITIES)
            self.assertEqual(set(issue["location"]), {"path", "lines"})
            self.assertGreaterEqual(issue["location"]["lines"]["begin"], 1)
            self.assertTrue(issue["description"] and issue["fingerprint"] and issue["location"]["path"])
            self.assertNotRegex(issue["location"]["path"], r"^/|^\./|(^|/)\.\.(/|$)")
        self.assertEqual(len({issue["fingerprint"] for issue in issues}), len(issues))
        return issues

    def test_a_real_finding(self):
        issue, = self.real_finding()
        self.assertIn("pthread_key_delete", issue.pop("description"))
        self.assertRegex(issue.pop("fingerprint"), "^[0-9a-f]{12}$")
        self.assertEqual(issue, {
            "check_name": "key-destructor", "severity": "critical",
            "location": {"path": "key-destructor/plugin.c",
                         "lines": {"begin": self.line_of("return pthread_key_create(")}}})

    def test_the_fingerprint_is_the_signature(self):
        text = self.dlpin("report", DATA / "good.jsonl").stdout
        self.assertEqual([issue["fingerprint"] for issue in self.read(self.render(DATA / "good.jsonl"))],
                         re.findall("sig:([0-9a-f]+)", text))

    def test_a_crash(self):
        first, *_ = self.read(self.render(DATA / "crash.jsonl"))
        self.assertEqual((first["severity"], first["description"]),
                         ("blocker", "host crashed with SIGSEGV in on_thread_end (libplug.so)"))

    def test_crashes_that_are_alike(self):
        crash = {"type": "crash", "pid": 1, "time": 1, "signal": 11, "address": "0x9", "module": 1, "offset": 9,
                 "symbol": None, "predicted_by": None, "stack": []}
        self.assertEqual(len(self.rendered(HEADER, module(), crash, crash, SUMMARY)), 2)

    def test_what_is_nowhere_in_the_root(self):
        for arguments, path in (([], "libplug.so"), (["--sarif-fallback=README.md"], "README.md")):
            issue, = self.rendered(HEADER, module(), finding(1), SUMMARY, arguments=arguments)
            self.assertEqual(issue["location"], {"path": path, "lines": {"begin": 1}})

    def test_many(self):
        severities = [issue["severity"] for issue in self.rendered(*self.many())]
        self.assertEqual(severities, ["critical"] * 3333 + ["minor"] * 3334 + ["info"] * 3333)

    def test_nothing_and_what_is_suppressed(self):
        supp = self.file("supp", "key:*\n")
        self.assertEqual(self.rendered(HEADER, SUMMARY), [])
        self.assertEqual(self.rendered(HEADER, module(), finding(1), SUMMARY,
                                       arguments=[f"--suppressions={supp}"]), [])

    def test_hostile_names_stay_names(self):
        texts = {issue["description"] for issue in self.rendered(*hostile_records())}
        self.assertLessEqual({"]]>", "@everyone #1 ![x](y)", "\"'\\"}, texts & set(HOSTILE))


if __name__ == "__main__":
    unittest.main()
