# SPDX-License-Identifier: MIT
"""--format=dot: laid out by Graphviz, whose SVG is read by Python's ElementTree."""

import unittest
import xml.etree.ElementTree as tree

from formats import HEADER, HOSTILE, SUMMARY, Format, finding, hostile_records, module
from support import DATA, Case

SVG = "{http://www.w3.org/2000/svg}"


class Dot(Format, Case):
    FORMAT = "dot"

    def read(self, text):
        """(labels of nodes by their names, pairs of labels that an edge joins)."""
        svg = tree.fromstring(self.filter(text, "dot", "-Tsvg"))
        nodes, edges = {}, []
        for group in svg.iter(f"{SVG}g"):
            title = group.findtext(f"{SVG}title")
            if group.get("class") == "node":
                self.assertRegex(title, "^n[0-9]+$")
                nodes[title] = "\n".join(text.text or "" for text in group.iter(f"{SVG}text"))
            elif group.get("class") == "edge":
                edges.append(tuple(title.split("->")))
        return nodes, [(nodes[a], nodes[b]) for a, b in edges]

    def test_a_real_finding(self):
        _, edges = self.real_finding()
        self.assertEqual(edges, [("error: key-destructor\nsession_end", "plugin.so")])

    def test_a_real_path(self):
        _, edges = self.read(self.real("../common/host", "open", "plugin", "call", "plugin", "use_table", "close",
                                       "plugin", folder="pointer"))
        after = dict(edges)
        root = "drivers[1].function in host"
        image, found = after[root], after[after[root]]
        self.assertEqual((len(edges), after[found]), (3, "plugin.so"))
        self.assertIn("open_session", image)
        self.assertIn("warning: pointer", found)

    def test_findings_share_what_they_have_in_common(self):
        def way(number):
            return {"path": [{"from": {"what": "data", "address": "0x9", "module": 1, "offset": 1, "symbol": "root"},
                              "via": 0, "to": {"what": "mapping", "address": hex(number)}}]}
        nodes, edges = self.rendered(HEADER, module(), finding(1, **way(1)), finding(2, kind="handle", **way(2)),
                                     SUMMARY)
        self.assertEqual(sorted(nodes.values()).count("root in libplug.so"), 1)
        self.assertEqual(len(edges), 6)

    def test_a_crash(self):
        nodes, edges = self.read(self.render(DATA / "crash.jsonl"))
        crash = next(label for label in nodes.values() if label.startswith("crash: "))
        self.assertIn((crash, "libplug.so"), edges)

    def test_many(self):
        nodes, _ = self.rendered(*self.many())
        labels = list(nodes.values())
        self.assertEqual(sum(label.startswith("error: ") for label in labels), 100)
        self.assertIn("9900 more, none of them worse", labels)
        self.assertEqual(len(labels), 102)

    def test_a_long_path(self):
        nodes, _ = self.rendered(
            HEADER, module(),
            finding(1, path=[{"from": {"what": "mapping", "address": hex(i)}, "via": 0,
                              "to": {"what": "mapping", "address": hex(i + 1)}} for i in range(1, 5000)]), SUMMARY)
        self.assertEqual(len(nodes), 52)
        self.assertIn(f"memory at {hex(5000)} that is not malloc's", nodes.values())

    def test_nothing_and_what_is_suppressed(self):
        supp = self.file("supp", "key:*\n")
        self.assertEqual(self.rendered(HEADER, SUMMARY), ({}, []))
        self.assertEqual(self.rendered(HEADER, module(), finding(1), SUMMARY,
                                       arguments=[f"--suppressions={supp}"]), ({}, []))

    def test_hostile_names_stay_names(self):
        nodes, _ = self.rendered(*hostile_records())
        for text in ("]]>", "&amp;&#0;", "\\N\\l\\\"];x[", "@everyone #1 ![x](y)"):
            self.assertIn(text, HOSTILE)
            self.assertIn(text, nodes.values())


if __name__ == "__main__":
    unittest.main()
