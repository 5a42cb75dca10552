# SPDX-License-Identifier: MIT
"""--format=sarif: what SARIF 2.1.0 requires, and what code scanning requires beyond it."""

import json
import re
import unittest
import urllib.parse

from formats import HEADER, HOSTILE, SOURCES, SUMMARY, Format, finding, frame, hostile_records, module
from support import DATA, Case

LEVELS = {"none", "note", "warning", "error"}
# The members of each object that we write, required ones and others, as the standard has them.
MEMBERS = {
    "document": ({"version", "runs"}, {"$schema"}),
    "run": ({"tool"}, {"results", "invocations", "originalUriBaseIds"}),
    "driver": ({"name"}, {"version", "rules"}),
    "rule": ({"id"}, {"shortDescription", "fullDescription", "help", "defaultConfiguration", "properties"}),
    "result": ({"message"}, {"ruleId", "ruleIndex", "level", "locations", "relatedLocations", "codeFlows",
                             "partialFingerprints", "occurrenceCount", "baselineState", "properties"}),
    "location": (set(), {"physicalLocation", "logicalLocations", "message"}),
    "invocation": ({"executionSuccessful"}, {"toolExecutionNotifications"}),
    "notification": ({"message"}, {"level"}),
}


class Sarif(Format, Case):
    FORMAT = "sarif"

    def has(self, name, value):
        required, others = MEMBERS[name]
        self.assertLessEqual(required, set(value))
        self.assertLessEqual(set(value), required | others)

    def message(self, value):
        self.assertEqual(set(value), {"text"})
        self.assertNotRegex(value["text"], r"(?<!\\)\[[^\]]*\]\(|(?<!\{)\{\d+\}(?!\})")

    def location(self, value):
        self.has("location", value)
        physical = value["physicalLocation"]
        uri = physical["artifactLocation"]["uri"]
        self.assertEqual(physical["artifactLocation"]["uriBaseId"], "%SRCROOT%")
        self.assertRegex(uri, r"^([A-Za-z0-9/._~-]|%[0-9A-F]{2})+$")
        self.assertFalse(uri.startswith("/"))
        self.assertNotIn("..", urllib.parse.unquote(uri).split("/"))
        self.assertGreaterEqual(physical["region"]["startLine"], 1)
        if "message" in value:
            self.message(value["message"])

    def result(self, value, rules):
        self.has("result", value)
        self.message(value["message"])
        self.assertIn(value["level"], LEVELS)
        self.assertEqual(len(value["locations"]), 1)
        if "ruleIndex" in value:
            self.assertEqual(rules[value["ruleIndex"]]["id"], value["ruleId"])
        for location in value["locations"] + value["relatedLocations"]:
            self.location(location)
        self.assertLessEqual(len(value["relatedLocations"]), 1000)
        for flow in value.get("codeFlows", []):
            thread, = flow["threadFlows"]
            self.assertTrue(1 <= len(thread["locations"]) <= 10000)
            for step in thread["locations"]:
                self.location(step["location"])
        for print in value.get("partialFingerprints", {}).values():
            self.assertRegex(print, "^[0-9a-f]{12}$")

    def rule(self, value):
        self.has("rule", value)
        for name in ("shortDescription", "fullDescription", "help"):
            self.message(value[name])
        self.assertIn(value["defaultConfiguration"]["level"], LEVELS)

    def read(self, text):
        document = json.loads(text)
        self.has("document", document)
        self.assertEqual(document["version"], "2.1.0")
        run, = document["runs"]
        self.has("run", run)
        self.has("driver", run["tool"]["driver"])
        self.assertEqual(run["tool"]["driver"]["name"], "dlpin")
        for rule in run["tool"]["driver"]["rules"]:
            self.rule(rule)
        base = run["originalUriBaseIds"]["%SRCROOT%"]["uri"]
        self.assertRegex(base, "^file:///.*/$")
        self.assertLessEqual(len(run["results"]), 5000)
        for result in run["results"]:
            self.result(result, run["tool"]["driver"]["rules"])
        invocation, = run["invocations"]
        self.has("invocation", invocation)
        for notification in invocation["toolExecutionNotifications"]:
            self.has("notification", notification)
            self.message(notification["message"])
        return run

    def notes(self, run):
        return [n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"]]

    def place(self, location):
        physical = location["physicalLocation"]
        return physical["artifactLocation"]["uri"], physical["region"]["startLine"]

    def test_a_real_finding(self):
        run = self.real_finding()
        result, = run["results"]
        here = ("key-destructor/plugin.c", self.line_of("return pthread_key_create("))
        self.assertEqual((result["ruleId"], result["level"]), ("key-destructor", "error"))
        self.assertEqual(run["originalUriBaseIds"]["%SRCROOT%"]["uri"],
                         "file://" + urllib.parse.quote(str(SOURCES.resolve())) + "/")
        self.assertEqual(self.place(result["locations"][0]), here)
        self.assertEqual(result["locations"][0]["logicalLocations"],
                         [{"fullyQualifiedName": "start", "kind": "function"}])
        self.assertEqual(self.place(result["relatedLocations"][0]), here)
        self.assertEqual(self.place(result["relatedLocations"][1])[0], "common/mini.c")
        self.assertIn("pthread_key_delete", result["message"]["text"])

    def test_a_real_path(self):
        run = self.read(self.real("../common/host", "open", "plugin", "call", "plugin", "use_table", "close",
                                  "plugin", folder="pointer"))
        result = next(r for r in run["results"] if r["ruleId"] == "pointer")
        steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
        self.assertIn("drivers[1].function in host", steps[0]["location"]["message"]["text"])
        self.assertEqual(self.place(steps[-1]["location"])[0], "pointer/plugin.c")

    def test_rules_have_help(self):
        rules = {rule["id"]: rule for rule in self.rendered(HEADER, SUMMARY)["tool"]["driver"]["rules"]}
        self.assertEqual(rules["thread-argument"]["help"]["text"],
                         "Kind thread-argument: thread left with an argument of the module.\n\n"
                         "dangling (error): the module is unmapped, and something live still points into it.\n"
                         "dangling (note): the module is unmapped, and something live still points into it.\n"
                         "held (warning): something that the module made is still in use elsewhere.")
        self.assertEqual(rules["handle"]["defaultConfiguration"], {"level": "note"})

    def test_the_fingerprint_is_the_signature(self):
        text = self.dlpin("report", DATA / "warning-only.jsonl").stdout
        result, = self.read(self.render(DATA / "warning-only.jsonl"))["results"]
        self.assertEqual(result["partialFingerprints"],
                         {"dlpin/1": re.search("sig:([0-9a-f]+)", text).group(1)})

    def test_what_is_nowhere_in_the_root(self):
        records = [HEADER, module(soname="lib/../.."), finding(1), SUMMARY]
        for fallback, path in (([], "%3F"), (["--sarif-fallback=docs/READ ME.md"], "docs/READ%20ME.md")):
            result, = self.rendered(*records, arguments=fallback)["results"]
            self.assertEqual(self.place(result["locations"][0]), (path, 1))
        for fallback in ("", "/etc/passwd", "../x"):
            result = self.dlpin("report", f"--sarif-fallback={fallback}", DATA / "good.jsonl")
            self.assertEqual(result.returncode, 2)

    def test_a_crash(self):
        first = self.read(self.render(DATA / "crash.jsonl"))["results"][0]
        self.assertEqual((first["ruleId"], first["level"]), ("crash", "error"))
        self.assertIn("crashed with SIGSEGV in on_thread_end", first["message"]["text"])

    def test_what_is_suppressed_is_not_in_it(self):
        supp = self.file("supp", "key:*\n")
        run = self.rendered(HEADER, module(), finding(1), SUMMARY, arguments=[f"--suppressions={supp}"])
        self.assertEqual(run["results"], [])

    def test_a_baseline(self):
        records = [HEADER, module(), finding(1), finding(2, kind="handle"), SUMMARY]
        run = self.rendered(*records)
        known = run["results"][0]["partialFingerprints"]["dlpin/1"]
        baseline = self.file("baseline", f"sig:{known}\n")
        run = self.rendered(*records, arguments=[f"--baseline={baseline}", "--no-baseline"])
        self.assertEqual({r["partialFingerprints"]["dlpin/1"] == known: r["baselineState"] for r in run["results"]},
                         {True: "unchanged", False: "new"})

    def test_many(self):
        run = self.rendered(*self.many())
        levels = [result["level"] for result in run["results"]]
        self.assertEqual(levels, ["error"] * 3333 + ["warning"] * 1667)
        self.assertIn("5000 results left out, for there is a limit; none of them worse", self.notes(run))

    def test_long_stacks_and_paths(self):
        node = {"what": "data", "address": "0x9", "module": 1, "offset": 1}
        run = self.rendered(
            HEADER, module(),
            finding(1, stack=[frame(f"f{i}") for i in range(1010)],
                    path=[{"from": node, "via": 0, "to": node} for _ in range(10010)]), SUMMARY)
        result, = run["results"]
        notes = self.notes(run)
        self.assertEqual(len(result["relatedLocations"]), 1000)
        self.assertIn("10 related locations left out, for there is a limit", notes)
        self.assertEqual(len(result["codeFlows"][0]["threadFlows"][0]["locations"]), 10000)
        self.assertIn("11 steps of code flows left out, for there is a limit", notes)

    def test_nothing(self):
        self.assertEqual(self.rendered(HEADER, SUMMARY)["results"], [])

    def test_hostile_names_stay_names(self):
        results = self.rendered(*hostile_records())["results"]
        texts = {result["message"]["text"] for result in results}
        self.assertLessEqual({"]]>", r"\[text](http://x)", r"operator\[](int)", "{{0}} {lambda()#1}"}, texts)
        self.assertEqual(len(results), len(HOSTILE))  # the one with "\0" is none; the crash is one


if __name__ == "__main__":
    unittest.main()
