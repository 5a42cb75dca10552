# SPDX-License-Identifier: MIT
"""--format=github: read as the runner of GitHub Actions reads a step's output."""

import re
import unittest

from formats import HEADER, SOURCES, SUMMARY, Format, finding, frame, module
from support import DATA, Case

PROPERTIES = {"title", "file", "line", "endLine", "col", "endColumn"}


def unescaped(text, codes):
    for code, character in codes:
        text = text.replace(code, character)
    return text.replace("%25", "%")


class GitHub(Format, Case):
    FORMAT = "github"

    def read(self, text):
        """(command, properties, message) of each command; the runner knows "##[" only where no "::" begins."""
        commands = []
        for line in text.splitlines():
            match = re.fullmatch(r"::(\w+)(?: (.*?))?::(.*)", line)
            if not match:
                self.assertRegex(line, r"^dlpin: ")
                continue
            command, listed, message = match.groups()
            properties = dict(item.split("=", 1) for item in (listed or "").split(","))
            self.assertIn(command, ("error", "warning", "notice"))
            self.assertLessEqual(set(properties), PROPERTIES)
            codes = [("%0D", "\r"), ("%0A", "\n")]
            for name, value in properties.items():
                properties[name] = unescaped(value, [*codes, ("%3A", ":"), ("%2C", ",")])
            self.assertLessEqual(len(properties["title"]), 255)
            commands.append((command, properties, unescaped(message, codes)))
        self.assertLessEqual(len(commands), 10)
        return commands

    def test_a_real_finding(self):
        (command, properties, message), = self.real_finding()
        self.assertEqual(command, "error")
        self.assertEqual(properties, {"file": "key-destructor/plugin.c",
                                      "line": str(self.line_of("return pthread_key_create(")),
                                      "title": "key-destructor: plugin.so (unloaded)"})
        self.assertIn("\n  destructor: session_end at ", message)

    def test_the_root_of_sources(self):
        link = self.directory / "link"
        link.symlink_to(SOURCES)
        for root, file in ((SOURCES / "key-destructor", "plugin.c"), (link, "key-destructor/plugin.c"),
                           (self.directory, None), ("/", str(SOURCES)[1:] + "/key-destructor/plugin.c")):
            with self.subTest(root):
                (_, properties, _), = self.real_finding(root=root)
                self.assertEqual(properties.get("file"), file)
        for root in ("nowhere", DATA / "good.jsonl"):
            result = self.dlpin("report", f"--source-root={root}", DATA / "good.jsonl")
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            self.assertIn(f"--source-root={root}: N", result.stderr)

    def test_the_worst_come_first_and_the_rest_is_counted(self):
        commands = self.rendered(*self.many())
        self.assertEqual([command for command, _, _ in commands], ["error"] * 9 + ["notice"])
        self.assertIn("9991 more", commands[-1][2])

    def test_ten_have_no_rest(self):
        commands = self.rendered(*self.many(10))
        self.assertEqual([c for c, _, _ in commands], ["error"] * 3 + ["warning"] * 4 + ["notice"] * 3)

    def test_a_crash(self):
        command, properties, message = self.read(self.render(DATA / "crash.jsonl"))[0]
        self.assertEqual((command, properties), ("error", {"title": "SIGSEGV: libplug.so (unloaded)"}))
        self.assertIn("crashed with SIGSEGV", message)

    def test_marks_stay_text(self):
        name = "a,b::c%0A=d"
        (_, properties, message), = self.rendered(HEADER, module(soname=name),
                                                  finding(1, stack=[frame(name)]), SUMMARY)
        self.assertEqual(properties, {"title": f"key: {name} (unloaded)"})
        self.assertIn(f"#0 {name} ({name}+0x8)", message)

    def test_nothing_and_what_is_suppressed(self):
        supp = self.file("supp", "key:*\n")
        self.assertEqual(self.rendered(HEADER, SUMMARY), [])
        self.assertEqual(self.rendered(HEADER, module(), finding(1), SUMMARY,
                                       arguments=[f"--suppressions={supp}"]), [])


if __name__ == "__main__":
    unittest.main()
