# SPDX-License-Identifier: MIT
"""--format=markdown: rendered by GitHub's cmark-gfm; what comes out is read by Python's HTML parser."""

import html.parser
import unittest

from formats import HEADER, HOSTILE, SUMMARY, Format, finding, frame, hostile_records, module
from support import DATA, Case

TAGS = {"h3", "p", "ul", "li", "b", "code", "pre", "details", "summary"}


class Page(html.parser.HTMLParser):
    """Texts by the element that they stand in; complains of elements and nesting that nobody wrote."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts = [], {tag: [] for tag in TAGS}
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        assert tag in TAGS and not attributes, (tag, attributes)
        self.open.append(tag)
        self.texts[tag].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, text):
        for tag in set(self.open):
            self.texts[tag][-1] += text
        assert self.open or not text.strip(), text


class Markdown(Format, Case):
    FORMAT = "markdown"

    def read(self, text):
        self.assertLessEqual(len(text), 65000)
        page = self.filter(text, "cmark-gfm", "--unsafe", "--validate-utf8", "-e", "table", "-e", "autolink",
                           "-e", "strikethrough", "-e", "tasklist")
        return Page(page).texts

    def test_a_real_finding(self):
        page = self.real_finding()
        self.assertEqual(page["h3"], ["dlpin: 1 error, 0 warnings, 0 notes; 1 process, 1 module unloaded"])
        line = self.line_of("return pthread_key_create(")
        self.assertEqual(page["summary"],
                         [f"error key-destructor: plugin.so in start at key-destructor/plugin.c:{line}"])
        self.assertIn("\n  destructor: session_end at ", page["pre"][0])

    def test_a_crash(self):
        page = self.read(self.render(DATA / "crash.jsonl"))
        self.assertEqual(page["summary"][0], "crash SIGSEGV: libplug.so in on_thread_end")
        self.assertIn("crashed with SIGSEGV", page["pre"][0])

    def test_many(self):
        page = self.rendered(*self.many())
        items = page["summary"] + page["li"]
        self.assertTrue(len(page["summary"]) > 100 and len(page["li"]) > 10)
        self.assertEqual({item.split()[0] for item in items}, {"error"})
        self.assertEqual(page["p"][-1], f"{10000 - len(items)} more are in the report, none of them worse.")

    def test_long_texts_are_cut(self):
        page = self.rendered(HEADER, module(), finding(1, "error", message="<" * 100000, stack=[frame("f" * 100000)]),
                             finding(2, stack=[frame("g", 1, 16)]), SUMMARY)
        self.assertEqual([item.split()[0] for item in page["summary"]], ["error", "warning"])
        self.assertTrue(page["pre"][0].endswith("<...\n"))

    def test_nothing(self):
        self.assertEqual(self.rendered(HEADER, SUMMARY)["h3"],
                         ["dlpin: clean: no findings; 1 process, 0 modules unloaded"])

    def test_what_is_suppressed_is_counted(self):
        supp = self.file("supp", "key:*\n")
        page = self.rendered(HEADER, module(), finding(1), SUMMARY, arguments=[f"--suppressions={supp}"])
        self.assertEqual(page["p"], ["Not counted: 1 suppressed, 0 known from the baseline."])
        self.assertEqual(page["summary"], [])

    def test_hostile_names_stay_names(self):
        names = set(self.rendered(*hostile_records())["code"])
        self.assertLessEqual({"]]>", "</failure></pre></code><script>", "&amp;&#0;", "`x` ```", "a|b|c",
                              "[text](http://x)", "@everyone #1 ![x](y)"}, names & set(HOSTILE))


if __name__ == "__main__":
    unittest.main()
