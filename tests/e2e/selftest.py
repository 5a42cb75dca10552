#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the runner itself: made-up reports with one defect each, and it must see every one."""

import copy
import json
import os
import tempfile
import unittest

import expected
from compare import compare, same_place
from elf import ElfFile
from report import Report
from run import ROOT
from vocabulary import Vocabulary

WORDS = Vocabulary(ROOT)


def frame(pc="0x7f0000001100", module=2, offset=0x1100, symbol="start"):
    return {"pc": pc, "module": module, "offset": offset, "symbol": symbol}


def module_record(number, path, base, state, load=1):
    return {"type": "module", "pid": 7, "time": 10, "id": number, "path": path, "soname": None,
            "build_id": None, "base": base, "end": "%#x" % (int(base, 16) + 0x4000), "load": load,
            "opener": None, "state": state}


def good():
    """The records of a report with nothing wrong in it."""
    return [
        {"type": "header", "format": "dlpin-report", "version": WORDS.version, "tool": "dlpin",
         "pid": 7, "ppid": 1, "exe": "/nowhere/host", "argv": ["host"],
         "started": "2024-01-01T00:00:00.123Z", "arch": "x86_64", "libc": "glibc 2.36",
         "options": ""},
        module_record(1, "/nowhere/host", "0x550000000000", "loaded"),
        module_record(2, "/nowhere/plugin.so", "0x7f0000000000", "loaded"),
        {"type": "finding", "pid": 7, "time": 20, "id": 1, "kind": "key-destructor",
         "verdict": "dangling", "severity": "error", "module": 2,
         "module_path": "/nowhere/plugin.so", "message": "It is left. It breaks. Call it.",
         "cause": "It is left.", "consequence": "It breaks.", "fix": "Call it.", "at": "dlclose",
         "count": 1, "loads": [1], "pending": True,
         "subject": {"object": "key", "key": 0, "owner": 2, "destructor": frame()},
         "stack": [frame(), frame("0x550000001200", 1, 0x1200, None)],
         "signature": "key-destructor plugin.so session_end"},
        module_record(2, "/nowhere/plugin.so", "0x7f0000000000", "unloaded"),
        {"type": "coverage", "pid": 7, "time": 30, "hooks": {"keys": True}, "dropped": {"calls": 0},
         "unseen": ["the heap"]},
        {"type": "summary", "pid": 7, "time": 40, "findings": 1, "kinds": {"key-destructor": 1},
         "verdicts": {"dangling": 1}, "severities": {"error": 1}, "ended": "exit"},
    ]


def confirmed():
    """The same, after the pending finding was confirmed: the record is written again."""
    records = good()
    again = copy.deepcopy(records[3])
    del again["pending"]
    records.insert(5, again)
    return records


HEADER, HOST, PLUGIN, FINDING, UNLOADED, CONFIRMED, COVERAGE, SUMMARY = range(8)


def case_of(*lines):
    with tempfile.NamedTemporaryFile("w", suffix="-expected") as file:
        file.write("case one\n  run host\n" + "".join("  %s\n" % line for line in lines))
        file.flush()
        return expected.read(file.name)[0]


class ReportTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "r.7")

    def read(self, records, mode=0o600, tail=b""):
        with open(self.path, "wb") as file:
            for record in records:
                file.write(json.dumps(record).encode() + b"\n")
            file.write(tail)
        os.chmod(self.path, mode)
        return Report(self.path, WORDS)

    def assert_wrong(self, records, word, **how):
        problems = self.read(records, **how).problems
        self.assertTrue(any(word in text for text in problems), (word, problems))

    def with_change(self, number, **fields):
        records = confirmed()
        records[number].update(fields)
        return records

    def test_good(self):
        self.assertEqual(self.read(confirmed()).problems, [])

    def test_file(self):
        self.assert_wrong(confirmed(), "mode of the file", mode=0o644)
        self.assert_wrong(confirmed()[:-1], "not JSON", tail=b'{"type":"summ')
        self.assert_wrong(confirmed()[:-1], "comes twice", tail=b'{"type":"summary","type":"summary"}\n')
        self.assert_wrong(confirmed()[:-1], "no end of line", tail=b'{"type":"summ')
        self.assert_wrong([], "no header")
        self.assert_wrong(confirmed()[1:], "the header comes first")
        self.assert_wrong(confirmed() + confirmed()[-1:], "behind the summary")
        self.assert_wrong(confirmed() + [{"type": "novelty"}], "unknown record type")

    def test_fields(self):
        self.assert_wrong(self.with_change(HEADER, version=9), "version")
        self.assert_wrong(self.with_change(HEADER, started="today"), "started")
        self.assert_wrong(self.with_change(FINDING, pid=8), "pid")
        self.assert_wrong(self.with_change(FINDING, time="12"), "finding.time")
        for number, record in enumerate(confirmed()):
            for name in set(record) - {"type", "soname", "build_id", "opener", "pending"}:
                records = confirmed()
                del records[number][name]
                self.assertTrue(self.read(records).problems, (record["type"], name))

    def test_modules(self):
        self.assert_wrong(self.with_change(PLUGIN, state="gone"), "module state")
        self.assert_wrong(self.with_change(PLUGIN, base="7f"), "base")
        self.assert_wrong(self.with_change(PLUGIN, end="0x10"), "empty module")
        self.assert_wrong(self.with_change(UNLOADED, path="/other"), "has changed")
        self.assert_wrong(self.with_change(UNLOADED, state="loaded"), "dangling, but")
        self.assert_wrong(self.with_change(PLUGIN, state="unloaded"), "unloaded before")
        second = module_record(3, "/nowhere/plugin.so", "0x7f0000000000", "loaded", load=3)
        self.assert_wrong(confirmed()[:COVERAGE] + [second] + confirmed()[COVERAGE:],
                          "load 3, and 2 are listed")
        forked = confirmed()
        for number in PLUGIN, UNLOADED:
            forked[number]["load"] = 2
        self.assertFalse(any("are listed" in text for text in self.read(forked).problems))

    def test_killed_before_the_unmapping(self):
        records = good()[:FINDING + 1]
        self.assertEqual(self.read(records).problems, [])
        del records[FINDING]["pending"]
        self.assert_wrong(records, "dangling, but")

    def test_findings(self):
        changes = [
            ({"kind": "novelty"}, "unknown kind"),
            ({"severity": "note"}, "do not go together"),
            ({"verdict": "lost"}, "do not go together"),
            ({"at": "noon"}, "made at"),
            ({"message": "It is left."}, "is not its parts"),
            ({"fix": ".", "message": "It is left. It breaks. ."}, "says nothing"),
            ({"cause": "One. Two.", "message": "One. Two. It breaks. Call it."}, "more than one"),
            ({"verdict": "held", "severity": "note", "consequence": "The process dies.",
              "message": "It is left. The process dies. Call it."}, "and yet the process dies"),
            ({"signature": "at 0x7f0000001100"}, "signature"),
            ({"signature": ""}, "signature"),
            ({"module": 9}, "no module 9"),
            ({"module_path": "/nowhere/host"}, "is about"),
            ({"count": 0}, "0 times"),
            ({"loads": []}, "from loads"),
            ({"loads": [2]}, "is about load 1"),
            ({"subject": {"object": "thread"}}, "subject is a thread"),
            ({"subject": {"object": "key"}}, "has no key"),
            ({"subject": {"object": "key", "key": 0, "owner": 9}}, "unknown module 9"),
            ({"path": [{"from": "x"}]}, "step of the path"),
            ({"pending": True}, "still pending"),
        ]
        for change, word in changes:
            records = confirmed()
            records[CONFIRMED].update(change)
            if "kind" in change or "signature" in change:
                records[FINDING].update(change)
            self.assert_wrong(records, word)

    def test_frames(self):
        for bad in (frame(pc="7f"), frame(module=9), frame(offset=-1), frame(offset=None),
                    frame(pc="0x10"), "frame", {}):
            records = confirmed()
            records[CONFIRMED]["stack"] = [bad]
            self.assertTrue(self.read(records).problems, bad)
            records = confirmed()
            records[CONFIRMED]["subject"]["destructor"] = bad
            self.assertTrue(self.read(records).problems, bad)

    def test_resolved(self):
        resolved = {"type": "resolved", "pid": 7, "time": 35, "finding": 1, "how": "key deleted"}
        records = confirmed()
        records.insert(SUMMARY, resolved)
        self.assert_wrong(records, "the summary counts 1 findings, there are 0")
        records[-1].update(findings=0, kinds={}, verdicts={}, severities={"error": 0})
        self.assertEqual(self.read(records).problems, [])
        resolved["finding"] = 5
        self.assert_wrong(records, "unknown finding 5")

    def test_found_again(self):
        resolved = {"type": "resolved", "pid": 7, "time": 25, "finding": 1, "how": "not unmapped"}
        records = confirmed()
        records.insert(FINDING + 1, resolved)
        self.assert_wrong(records, "finding 1 was resolved before")
        again = records[CONFIRMED + 1]
        again["id"] = 2
        report = self.read(records)
        self.assertEqual(report.problems, [])
        self.assertEqual(report.confirmed(), [again])
        records.remove(resolved)
        self.assert_wrong(records, "finding 2 is finding 1 once more")

    def test_summary(self):
        self.assert_wrong(self.with_change(SUMMARY, findings=2), "counts 2 findings")
        self.assert_wrong(self.with_change(SUMMARY, kinds={"key": 1}), "counts 1 key")
        self.assert_wrong(self.with_change(SUMMARY, kinds={"novelty": 1}), "unknown kind")
        self.assert_wrong(self.with_change(SUMMARY, severities={}), "counts 0 error")
        self.assert_wrong(self.with_change(SUMMARY, ended="well"), "ended by")

    def test_coverage(self):
        self.assert_wrong(self.with_change(COVERAGE, hooks={"keys": "on"}), "true or false")
        self.assert_wrong(self.with_change(COVERAGE, dropped={"calls": "0"}), "are counted")
        self.assert_wrong(self.with_change(COVERAGE, unseen=[""]), "sentences")

    # ---- findings against expectations ----

    def differs(self, *lines, records=None):
        return compare(self.read(records or confirmed()), case_of(*lines))

    def test_expected(self):
        right = "find key-destructor dangling error plugin.so 1"
        self.assertEqual(self.differs(right), [])
        self.assertEqual(self.differs(right + " at=dlclose count=1 function=start stack=start"), [])
        self.assertEqual(self.differs(right.replace("find", "may")), [])
        self.assertEqual(self.differs(right.replace("plugin", "other|plug*").replace(
            "error", "warning|error").replace(" 1", " *")), [])

    def test_not_as_expected(self):
        right = "find key-destructor dangling error plugin.so 1"
        self.assertTrue(self.differs())
        self.assertTrue(self.differs(right, right))
        for old, new in (("key-d", "thread-d"), ("dangling", "lost"), ("error", "warning"),
                         ("plugin.so", "other.so"), (" 1", " 2"), (" 1", " 1,2")):
            self.assertTrue(self.differs(right.replace(old, new)), new)
        for more in ("resolved", "at=exit", "count=2", "function=stop", "stack=stop",
                     "where=block", "thread=worker"):
            self.assertTrue(self.differs(right + " " + more), more)

    def test_notes(self):
        records = confirmed()
        for number in (FINDING, CONFIRMED):
            records[number].update(kind="thread-requested", severity="note", verdict="held")
        self.assertTrue(self.differs(records=records))
        self.assertEqual(self.differs("allow-notes", records=records), [])
        self.assertTrue(self.differs("allow-notes"))

    def test_withdrawn(self):
        records = good()
        records.insert(4, {"type": "resolved", "pid": 7, "time": 35, "finding": 1, "how": "joined"})
        self.assertEqual(self.differs(records=records), [])
        del records[3]["pending"]
        self.assertTrue(self.differs(records=records))

    def test_stack_needed(self):
        records = confirmed()
        records[CONFIRMED]["stack"] = []
        right = "find key-destructor dangling error plugin.so 1"
        self.assertTrue(self.differs(right, records=records))
        self.assertEqual(self.differs(right + " no-stack", records=records), [])

    def test_reuse(self):
        other = module_record(3, "/nowhere/other.so", "0x7f0000000000", "loaded")
        report = self.read(confirmed()[:COVERAGE] + [other])
        self.assertTrue(same_place(report, ["plugin.so", "other.so"]))
        self.assertFalse(same_place(report, ["plugin.so", "host"]))


class ExpectedTest(unittest.TestCase):
    def test_mistakes(self):
        for line in ("nonsense", "exit SIGNOTHING", "exit soon", "find key", "find a b c d e f=g",
                     "find a b c d x"):
            with self.assertRaises(expected.FormatError, msg=line):
                case_of(line)

    def test_gate(self):
        self.assertIs(case_of("find key lost warning a.so 1").gates(), True)
        self.assertIs(case_of("find key lost warning a.so 1 resolved").gates(), False)
        self.assertIs(case_of("find key lost note a.so 1").gates(), False)
        self.assertIs(case_of("may key lost warning a.so 1").gates(), None)

    def test_loads(self):
        one = case_of("find key lost warning a.so 1-3").expectations[0]
        self.assertEqual(one.loads, [1, 2, 3])


class VocabularyTest(unittest.TestCase):
    def test_kinds(self):
        self.assertEqual(set(WORDS.combinations), set(WORDS.kinds))
        self.assertEqual(WORDS.subjects["key-orphan"], "key")
        self.assertEqual(WORDS.combinations["key-orphan"], {("lost", "warning"), ("lost", "note")})
        self.assertEqual(WORDS.combinations["heap-held"], {("held", "note")})
        for pairs in WORDS.combinations.values():
            for verdict, severity in pairs:
                self.assertIn(verdict, WORDS.verdicts)
                self.assertIn(severity, WORDS.severities)

    def test_rows_that_cannot_be_read(self):
        for row in ('X(NEW, "new", "title")', 'X(NEW, NAME, "title", "key", "lost note")'):
            with tempfile.TemporaryDirectory() as root:
                os.mkdir(os.path.join(root, "shim"))
                with open(WORDS.path, encoding="utf-8") as file:
                    text = file.read().replace("#define DLPIN_KINDS(X)", "#define DLPIN_KINDS(X) " + row)
                with open(os.path.join(root, "shim", "report_format.h"), "w", encoding="utf-8") as file:
                    file.write(text)
                self.assertRaises(ValueError, Vocabulary, root)

    def test_elf(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"no ELF file")
            file.flush()
            self.assertRaises(ValueError, ElfFile, file.name)


class SamplesTest(unittest.TestCase):
    def test_each_kind_has_a_sample_and_a_clean_twin(self):
        for kind in WORDS.kinds:
            folder = os.path.join(ROOT, "samples", kind)
            cases = expected.read(os.path.join(folder, "expected"))
            self.assertTrue(os.path.exists(os.path.join(folder, "tidy.c")), kind)
            found = [one.kind for case in cases for one in case.expectations if one.required]
            self.assertIn(kind, found)
            clean = [case for case in cases if not case.expectations]
            self.assertTrue(any("tidy" in case.command for case in clean), kind)

    def test_each_kind_has_its_twists(self):
        for kind in WORDS.kinds:
            cases = expected.read(os.path.join(ROOT, "samples", kind, "expected"))
            names = " ".join(case.name for case in cases
                             if any(one.kind == kind for one in case.expectations))
            twists = {"other-thread", "second-load", "cxx", "at-exit", "deepbind"}
            if kind in ("still-mapped", "tls-destructor"):  # what is closed at exit is none
                twists.remove("at-exit")
            for twist in twists:
                self.assertIn(twist, names, kind)
            # thread-requested is that by itself; retention is by blocks, whoever links whom
            if kind not in ("thread-requested", "pointer", "heap-lost", "heap-held"):
                self.assertIn("through-library", names, kind)


if __name__ == "__main__":
    unittest.main()
