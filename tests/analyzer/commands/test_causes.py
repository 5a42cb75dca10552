# SPDX-License-Identifier: MIT
"""Findings are merged by cause: which are merged, which stay apart, and what a gate does with them."""

import json
import unittest
import xml.etree.ElementTree as xml

from support import Case, lines

HEADER = {"type": "header", "format": "dlpin-report", "version": 1, "pid": "@P", "exe": "/nowhere/host"}
HOST, PLUGIN, GLIB, GOBJECT = 1, 2, 3, 4
MODULES = [{"type": "module", "pid": "@P", "id": number, "path": path, "state": state}
           for number, path, state in ((HOST, "/nowhere/host", "loaded"), (PLUGIN, "/p.so", "unloaded"),
                                       (GLIB, "/glib.so", "loaded"), (GOBJECT, "/gobject.so", "loaded"))]
SUMMARY = {"type": "summary", "pid": "@P", "ended": "exit"}


def frame(module, offset, symbol):
    return {"pc": hex(offset), "module": module, "offset": offset, "symbol": symbol}


def variable(symbol, module=HOST):
    return {"what": "data", "address": "0x10", "module": module, "offset": 16, "symbol": symbol}


def block(address, maker=None, owner=PLUGIN):
    return {"what": "block", "address": address, "bytes": 24, "owner": owner, **({"frame": maker} if maker else {})}


def image(offset):
    return {"what": "image", "address": hex(offset), "module": PLUGIN, "offset": offset, "target": "code"}


def path(*nodes, leaves):
    """`leaves` is the number of the node that is the first block of the module."""
    return [{"from": node, "via": 0, "to": nodes[number + 1], **({"leaves": True} if number + 1 == leaves else {})}
            for number, node in enumerate(nodes[:-1])]


def finding(number, kind="pointer", verdict="dangling", severity="warning", **more):
    return {"type": "finding", "pid": "@P", "id": number, "kind": kind, "verdict": verdict, "severity": severity,
            "module": PLUGIN, "message": f"message {number}", "signature": f"s{number}", "loads": [1], **more}


def in_variable(number, symbol, callback, offset, **more):
    """A pointer to a callback in a variable of the host."""
    target = image(offset)
    return finding(number, subject={"object": "pointer", "target": "code",
                                    "function": frame(PLUGIN, offset, callback)},
                   path=path(variable(symbol), target, leaves=None), **more)


def registered(number, maker, call="g_type_register_static", allocator=True, root="types"):
    """A pointer in a block that a library made when the module called it."""
    inner = [frame(GLIB, 0x10, "g_malloc0")] if allocator else []
    stack = [*inner, frame(GOBJECT, 0x20 + len(call), call), frame(PLUGIN, 0x1000 + number, maker)]
    way = path(variable(root, GLIB), block("0x20", stack[-1]), image(0x2000 + number), leaves=1)
    return finding(number, stack=stack, path=way,
                   subject={"object": "pointer", "target": "code",
                            "function": frame(PLUGIN, 0x2000 + number, f"init_{number}")})


def held(number, maker, root="list", holder="add", kind="heap-held"):
    way = path(variable(root), block("0x20", frame(HOST, 0x30 + len(holder), holder), HOST),
               block("0x40", frame(PLUGIN, 0x1000 + number, maker)), leaves=2)
    return finding(number, kind, "held", "note", bytes=24, blocks=1, path=way,
                   stack=[frame(PLUGIN, 0x1000 + number, maker)])


class Causes(Case):
    def report(self, *findings):
        return self.file("report", lines(HEADER, *MODULES, *findings, SUMMARY).replace("@P", "1"))

    def document(self, *findings, arguments=()):
        result = self.dlpin("report", "--format=json", *arguments, self.report(*findings))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return json.loads(result.stdout)

    def sizes(self, *findings):
        """How many findings each entry is, itself included."""
        return [1 + len(entry["same_cause"]) for entry in self.document(*findings)["findings"]]

    def signatures(self, *findings):
        return [signature for entry in self.document(*findings)["findings"]
                for signature in (entry["signature"], *(other["signature"] for other in entry["same_cause"]))]

    def test_one_callback_in_two_variables(self):
        self.assertEqual(self.sizes(in_variable(1, "single", "callback", 9), in_variable(2, "other", "callback", 9)),
                         [2])

    def test_variable_that_leads_to_a_block(self):
        way = path(variable("table"), block("0x20", frame(HOST, 0x30, "add"), HOST), image(9), leaves=None)
        # Findings are sorted by signature: this name's comes first.
        self.document({**in_variable(1, "", "callback", 9), "path": way}, in_variable(2, "active", "callback", 9))
        text = self.dlpin("report", self.directory / "report").stdout
        self.assertIn("  and 1 more with this cause: table in host (sig:", text)

    def test_two_callbacks_in_two_variables(self):
        self.assertEqual(self.sizes(in_variable(1, "single", "callback", 9), in_variable(2, "other", "another", 10)),
                         [1, 1])

    def test_what_grows_is_not_what_does_not(self):
        self.assertEqual(self.sizes(in_variable(1, "single", "callback", 9),
                                    in_variable(2, "other", "callback", 9, growing=True)), [1, 1])

    def test_many_things_registered_by_one_call(self):
        document = self.document(*(registered(number, f"get_type_{number}") for number in range(1, 201)))
        (entry,) = document["findings"]
        self.assertEqual(len(entry["same_cause"]), 199)
        self.assertEqual(document["counts"]["warning"], 1)
        self.assertEqual(len({other["function"] for other in entry["same_cause"]}), 199)
        text = self.dlpin("report", self.directory / "report").stdout
        self.assertIn("  and 199 more with this cause: get_type_", text)
        self.assertIn(", and 187 more\n", text)
        self.assertLess(len(text.splitlines()), 30)
        self.assertIn("dlpin: 0 errors, 1 warning, 0 notes", text)

    def test_by_two_calls(self):
        self.assertEqual(self.sizes(registered(1, "a"), registered(2, "b", call="g_object_new")), [1, 1])

    def test_in_two_registries(self):
        self.assertEqual(self.sizes(registered(1, "a"), registered(2, "b", root="objects")), [1, 1])

    def test_a_call_that_only_allocates(self):
        self.assertEqual(self.sizes(*(registered(n, f"make_{n}", call="g_malloc", allocator=False) for n in (1, 2))),
                         [1, 1])

    def test_blocks_that_one_list_holds(self):
        self.assertEqual(self.sizes(held(1, "make_a"), held(2, "make_b"), held(3, "make_c")), [3])

    def test_blocks_that_two_lists_hold(self):
        self.assertEqual(self.sizes(held(1, "make_a"), held(2, "make_b", root="table")), [1, 1])
        self.assertEqual(self.sizes(held(1, "make_a"), held(2, "make_b", holder="add_other")), [1, 1])

    def test_lost_blocks_stay_apart(self):
        lost = [finding(number, "heap-lost", "lost", stack=[frame(PLUGIN, 0x1000 + number, f"make_{number}"),
                                                            frame(HOST, 0x50, "load")]) for number in (1, 2)]
        self.assertEqual(self.sizes(*lost), [1, 1])

    def handle(self, number, module, offset, **more):
        """A module that the host opened there, in one function, and never closed."""
        return finding(number, "handle", "pinned", "note", module=module, stack=[frame(HOST, offset, "load")],
                       subject={"requester": HOST}, **more)

    def test_handles_of_two_lines_are_members(self):
        members = [{"name": name, "count": 1, "module": number} for name, number in (("p.so", PLUGIN), ("q.so", 9))]
        report = self.report(self.handle(1, GLIB, 0x50), self.handle(2, PLUGIN, 0x60, count=2, members=members))
        result = self.dlpin("report", report).stdout
        self.assertIn("  3 times", result)
        self.assertIn("  all with this cause: glib.so, p.so, q.so\n", result)
        for pattern, left in (("handle:glib.so", 1), ("handle:*", 0)):
            suppressions = self.file("suppressions", pattern + "\n")
            result = self.dlpin("report", "--format=json", f"--suppressions={suppressions}", report)
            self.assertEqual(len(json.loads(result.stdout)["findings"]), left, pattern)

    def test_one_module_opened_at_two_lines_is_no_list(self):
        report = self.report(self.handle(1, PLUGIN, 0x50), self.handle(2, PLUGIN, 0x60))
        self.assertNotIn("all with this cause", self.dlpin("report", report).stdout)

    def baseline(self, *signatures):
        return self.file("baseline", "".join(f"sig:{signature}\n" for signature in signatures))

    def test_a_baseline_names_each_by_its_signature(self):
        pair = in_variable(1, "single", "callback", 9), in_variable(2, "other", "callback", 9)
        first, second = self.signatures(*pair)
        report = self.directory / "report"
        for known, status, left in (((), 1, 2), ((first,), 1, 1), ((second,), 1, 1), ((first, second), 0, 0)):
            with self.subTest(known=known):
                arguments = ("--baseline", self.baseline(*known)) if known else ()
                result = self.dlpin("check", *arguments, report)
                self.assertEqual(result.returncode, status, result.stdout)
                self.assertEqual(result.stderr, "dlpin check: failed: 1 finding\n" if status else "")
                sizes = self.document(*pair, arguments=arguments)["findings"]
                self.assertEqual(sum(1 + len(entry["same_cause"]) for entry in sizes), left)

    def test_a_baseline_that_is_written_has_all(self):
        report = self.report(in_variable(1, "single", "callback", 9), in_variable(2, "other", "callback", 9))
        baseline = self.directory / "baseline"
        result = self.dlpin("check", f"--baseline={baseline}", "--write-baseline", report)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(baseline.read_text().count("\nsig:"), 2)

    def test_each_test_that_has_the_cause_fails(self):
        report = self.report(in_variable(1, "single", "callback", 9, label="first"),
                             in_variable(2, "other", "callback", 9, label="second"))
        document = xml.fromstring(self.dlpin("report", "--format=junit", report).stdout)
        failed = {suite.get("name") for suite in document.iter("testsuite") if suite.find(".//failure") is not None}
        self.assertEqual(failed, {"first", "second"})


if __name__ == "__main__":
    unittest.main()
