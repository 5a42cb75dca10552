# SPDX-License-Identifier: MIT
"""--format=junit: read by xmllint, Python's ElementTree and, where it is there, junitparser."""

import unittest
import xml.etree.ElementTree as tree

from formats import HEADER, HOSTILE, SOURCES, SUMMARY, Format, finding, frame, hostile_records, module
from support import DATA, Case

try:
    import junitparser
except ImportError:
    junitparser = None


class JUnit(Format, Case):
    FORMAT = "junit"

    def read(self, text):
        self.filter(text, "xmllint", "--noout", "--huge", "-")
        root = tree.fromstring(text)
        self.assertEqual(root.tag, "testsuites")
        for element in [root, *root.iter("testsuite")]:
            cases = list(element.iter("testcase"))
            for attribute, tag in (("tests", None), ("failures", "failure"), ("errors", "error")):
                there = len(cases) if tag is None else sum(case.find(tag) is not None for case in cases)
                self.assertEqual(int(element.get(attribute)), there)
        for case in root.iter("testcase"):
            self.assertLessEqual(sum(child.tag in ("failure", "error", "skipped") for child in case), 1)
        return root

    def cases(self, root):
        return {(suite.get("name"), case.get("name")): case for suite in root for case in suite}

    def test_a_real_finding(self):
        case = self.cases(self.real_finding())["mini", "plugin.so"]
        failure = case.find("failure")
        self.assertEqual(failure.get("message"), "key-destructor: plugin.so (unloaded)")
        line = self.line_of("return pthread_key_create(")
        self.assertIn(f"#0 start at key-destructor/plugin.c:{line} (plugin.so+", failure.text)

    def test_a_real_clean_run(self):
        case = self.cases(self.read(self.real("../common/mini", "./tidy.so")))["mini", "tidy.so"]
        self.assertEqual(list(case), [])

    @unittest.skipIf(junitparser is None, "no junitparser")
    def test_junitparser(self):
        path = self.directory / "junit.xml"
        path.write_text(self.render(DATA / "good.jsonl"))
        suite, = junitparser.JUnitXml.fromfile(str(path))
        case, = suite
        self.assertEqual((suite.name, case.classname, case.name), ("host", "host", "libplug.so"))
        self.assertIsInstance(case.result[0], junitparser.Failure)
        self.assertIn("thread-requested", case.system_out)

    def test_a_label_is_a_suite(self):
        root = self.rendered(HEADER, module(), finding(1, label="test_x"), finding(2, stack=[frame("f")]), SUMMARY)
        self.assertEqual({key: case.find("failure") is not None for key, case in self.cases(root).items()},
                         {("host", "libplug.so"): True, ("test_x", "libplug.so"): True})

    def test_repeats_are_there_once(self):
        case = self.cases(self.rendered(HEADER, module(), finding(1), finding(2), SUMMARY))["host", "libplug.so"]
        self.assertEqual(case.find("failure").get("message"), "key: libplug.so (unloaded)")
        self.assertIn("2 times", case.find("failure").text)

    def test_notes_do_not_fail(self):
        case = self.cases(self.rendered(HEADER, module(), finding(1, "note"), SUMMARY))["host", "libplug.so"]
        self.assertEqual([child.tag for child in case], ["system-out"])

    def test_a_crash_is_an_error(self):
        case = self.cases(self.read(self.render(DATA / "crash.jsonl")))["host", "libplug.so"]
        error = case.find("error")
        self.assertEqual(error.get("message"), "SIGSEGV: libplug.so (unloaded), and 2 more")
        self.assertIn("crashed with SIGSEGV in on_thread_end", error.text)

    def test_what_is_suppressed_is_skipped(self):
        supp = self.file("supp", "key:*\n")
        root = self.rendered(HEADER, module(), finding(1), SUMMARY, arguments=[f"--suppressions={supp}"])
        self.assertEqual([child.tag for child in self.cases(root)["host", "libplug.so"]], ["skipped"])

    def test_nothing(self):
        self.assertEqual(list(self.rendered(HEADER, SUMMARY).iter("testcase")), [])

    def test_many(self):
        failure, = self.rendered(*self.many()).iter("failure")
        self.assertTrue(failure.text.startswith("error: "))
        self.assertEqual(failure.text.count("\nerror: "), 3333 - 1)
        self.assertEqual(failure.get("message"), "key: libplug.so (unloaded), and 6666 more")

    def test_hostile_names_stay_names(self):
        root = self.rendered(*hostile_records())
        suites = {suite.get("name") for suite in root}
        for text in HOSTILE[:3] + HOSTILE[13:]:
            self.assertIn(text, suites)


if __name__ == "__main__":
    unittest.main()
