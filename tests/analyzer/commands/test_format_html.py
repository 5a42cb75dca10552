# SPDX-License-Identifier: MIT
"""--format=html: the page as it is without its script. Python's reader of HTML takes it apart; only elements and
attributes that the page needs may be in it, so a name that became markup would be found."""

import base64
import hashlib
import html.parser
import json
import os
import re
import subprocess
import unittest

from formats import HEADER, HOSTILE, SOURCES, SUMMARY, Format, finding, frame, hostile_records, module, reloads
from support import DATA, Case

VOID = {"meta", "link", "br", "input"}
CLOSED_BY_THE_NEXT = {"li"}
ELEMENTS = VOID | CLOSED_BY_THE_NEXT | {
    "html", "head", "title", "style", "script", "body", "header", "main", "footer", "section", "article", "h1", "h2",
    "h3", "h4", "p", "ul", "ol", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "b", "i", "small",
    "span", "code", "pre", "mark", "a", "details", "summary", "div", "form", "fieldset", "legend", "label", "select",
    "option", "output", "svg", "path", "rect", "circle", "text"}
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "rel", "href", "class", "id", "role", "hidden", "type",
    "autocomplete", "spellcheck", "value", "checked", "scope", "colspan", "tabindex", "viewbox", "preserveaspectratio",
    "width", "height", "x", "y", "cx", "cy", "r", "d", "text-anchor", "aria-label", "aria-labelledby", "aria-hidden",
    "aria-live"}
POLICY = re.compile("default-src 'none'; style-src '(.*)'; script-src '(.*)'; img-src data:; base-uri 'none'; "
                    "form-action 'none'")
SIZE_MAX = 5_000_000


class Page(html.parser.HTMLParser):
    """The elements of a page, the texts in them by the element's name or class, and its links."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.data, self.mistakes, self.ids, self.links, self.policy = [], {}, [], set(), [], None
        self.feed(text)
        self.close()
        self.mistakes += [f"not closed: {name}" for name, _ in self.open]
        self.texts = {name: "".join(data) for name, data in self.data.items()}

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.mistakes += [f"element {tag}"] * (tag not in ELEMENTS)
        self.mistakes += [f"attribute {name} of {tag}" for name in attributes if name not in ATTRIBUTES]
        if "id" in attributes:
            self.mistakes += [f"twice: {attributes['id']}"] * (attributes["id"] in self.ids)
            self.ids.add(attributes["id"])
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]
        if "href" in attributes and attributes["href"] != "data:,":
            self.links.append(attributes["href"])
        if tag in CLOSED_BY_THE_NEXT:
            self.end_before(tag, {"ul", "ol"})
        if tag not in VOID:
            self.open.append((tag, attributes.get("class", "")))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def end_before(self, tag, lists):
        """An element that the next one of its list ends."""
        for i in range(len(self.open) - 1, -1, -1):
            if self.open[i][0] in lists:
                return
            if self.open[i][0] == tag:
                del self.open[i:]
                return

    def handle_endtag(self, tag):
        if tag in {"ul", "ol"} and self.open[-1][0] == "li":
            self.open.pop()
        if self.open and self.open[-1][0] == tag:
            self.open.pop()
        else:
            self.mistakes.append(f"</{tag}> in {self.open[-2:]}")

    def handle_data(self, data):
        for name in {name for element, classes in self.open for name in [element, *classes.split()]}:
            self.data.setdefault(name, []).append(data)

    def handle_comment(self, data):
        self.mistakes.append("a comment")

    def handle_pi(self, data):
        self.mistakes.append("a processing instruction")


def digest(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class Html(Format, Case):
    FORMAT = "html"

    def read(self, text):
        page = Page(text)
        self.assertEqual(page.mistakes, [])
        self.assertEqual(POLICY.fullmatch(page.policy).groups(),
                         (digest(page.texts["style"]), digest(page.texts["script"])))
        for link in page.links:
            self.assertEqual(link[0], "#")
            self.assertIn(link[1:], page.ids)
        self.assertLess(len(text.encode()), SIZE_MAX)
        return page

    def texts(self, page, *parts, of="body"):
        """The parts stand in this order in the text."""
        at = 0
        for part in parts:
            found = page.texts[of].find(part, at)
            self.assertGreaterEqual(found, 0, f"{part!r} is not in {page.texts[of][at:at + 2000]!r}")
            at = found + len(part)

    def test_a_real_finding(self):
        page = self.real_finding()
        line = self.line_of("return pthread_key_create")
        self.texts(page, "Fails, because of 1 finding", "1 error", "plugin.so", "pthread key left with its destructor",
                   "start", f"plugin.c:{line}", "pthread_key_delete")
        self.texts(page, f"{line}  ", "pthread_key_create(&session, session_end)", of="mark")
        self.texts(page, "1 load, 1 unloaded, 1 finding", of="lanes")

    def test_sources_outside_of_the_root_stay_there(self):
        """A report may be handed on; so may what is in it."""
        self.assertNotIn("mark", self.real_finding(root=SOURCES / "pointer").texts)

    def test_only_sources_in_the_root_are_read(self):
        """Debug information may name any file, and a report may be handed on."""
        self.need("cc")
        root, names = self.directory / "root", ("real.c", "notes.txt", "link.c", "pipe.c", "../beside.c")
        root.mkdir()
        for name in ("real.c", "notes.txt", "../beside.c", "../secret"):
            (root / name).write_text(f"the text of {name}\n")
        (root / "link.c").symlink_to("../secret")
        os.mkfifo(root / "pipe.c")
        code = self.file("code.c", "".join(f'#line 1 "{root / name}"\nint f{i}(void) {{ return {i}; }}\n'
                                           for i, name in enumerate(names)))
        library = self.directory / "libcode.so"
        subprocess.run(["cc", "-g", "-shared", "-fPIC", "-o", library, code], check=True)
        symbols = subprocess.run(["nm", library], capture_output=True, text=True, check=True).stdout
        offsets = dict(re.findall("^([0-9a-f]+) T (f[0-9])$", symbols, flags=re.M))
        self.assertEqual(len(offsets), len(names))
        for offset, name in offsets.items():
            with self.subTest(names[int(name[1])]):
                page = self.rendered(HEADER, module(str(library), build_id=self.build_id(library)),
                                     finding(1, stack=[{**frame(name, 1, int(offset, 16) + 1), "pc": "0x1"}]),
                                     SUMMARY, arguments=[f"--source-root={root}"])
                read = re.findall("the text of (.*)", page.texts.get("mark", ""))
                self.assertEqual(read, ["real.c"] if name == "f0" else [])

    def build_id(self, library):
        notes = subprocess.run(["readelf", "-n", library], capture_output=True, text=True, check=True).stdout
        return re.search("Build ID: ([0-9a-f]+)", notes).group(1)

    def test_a_real_path(self):
        page = self.read(self.real("../common/host", "open", "plugin", "call", "plugin", "use_table", "close",
                                   "plugin", folder="pointer"))
        self.texts(page, "root: variable", "drivers[1].function", "in host", "code", "open_session",
                   "module, unloaded", "plugin.so", of="path")
        self.texts(page, "dangling: the module is unmapped, and something live still points into it", of="dd")

    def test_growth(self):
        page = self.read(self.real("../common/host", "repeat", "5", "open", "plugin", "call", "plugin", "start",
                                   "close", "plugin"))
        self.texts(page, "Each further load leaves more. 1 per load, 5 loads;", "until pthread_key_create fails",
                   "load 1", "load 5")

    def test_a_crash_comes_first(self):
        page = self.read(self.render(DATA / "crash.jsonl"))
        self.texts(page, "1 crash", "died of SIGSEGV in libplug.so, which was unloaded", "1.204 s after", "Predicted by",
                   "key-destructor", "on_thread_end", "By module", "Timeline", "Findings", "it came true")

    def test_many(self):
        """The worst are there in full; all have a row."""
        text = self.render(self.file("many", self.lines(self.many())))
        page = self.read(text)
        self.assertEqual(text.count("<li><details>") + text.count("<li><div"), 10000)
        self.assertGreater(text.count("<li><details>"), 500)
        self.texts(page, "of the last".capitalize(), "there is one line each")
        self.assertNotIn("Not listed", page.texts["body"])

    def test_too_many(self):
        text = self.render(self.file("many", self.lines(self.many(30000))))
        page, rows = self.read(text), text.count("<li><details>") + text.count("<li><div")
        left = 30000 - rows
        self.assertGreater(rows, 10000)
        self.texts(page, f"{left - 10000} warnings, 10000 notes" if left > 10000 else f"{left} notes")

    def test_all_of_it_is_too_much(self):
        """Where crashes take much room, fewer findings have a row."""
        def name(text):
            return (f"{text}_" * 160)[:160]
        crash = {"type": "crash", "pid": 1, "time": 1, "signal": 11, "address": "0x9", "module": 1, "offset": 9,
                 "predicted_by": 3, "stack": [frame(name("crash")) for _ in range(200)]}
        records = [HEADER, module("/opt/" + name("module")), *[crash] * 30,
                   *(finding(i, "error", name("kind"), stack=[frame(name(f"function_{i}"), 1, 8 * i)])
                     for i in range(1, 12000)), SUMMARY]
        text = self.render(self.file("much", self.lines(records)))
        page = self.read(text)
        self.assertGreater(len(text), 4_500_000)
        self.assertEqual(text.count("<article"), 20)
        self.texts(page, "And 10 more", "Not listed")

    def lines(self, records):
        return "".join(json.dumps(record) + "\n" for record in records)

    def test_many_loads(self):
        """The picture does not grow with them."""
        def text(count):
            records = [HEADER]
            for i in range(1, count + 1):
                records += [module(number=i, load=i, time=1000 * i, state="loaded", opener=frame("main", 1)),
                            module(number=i, load=i, time=1000 * i + 500, state="unloaded")]
            return self.render(self.file("loads", self.lines([*records, SUMMARY])))
        few, many = text(2000), text(8000)
        self.read(many)
        self.assertLess(len(many), len(few) + 4000)
        self.assertIn("8000 loads, 8000 unloaded", many)

    def test_loads_that_are_only_counted(self):
        page = self.render(self.file("counted", self.lines([
            HEADER, module(time=1), module(number=2, path="/q.so", time=9), reloads(4999), finding(1), SUMMARY])))
        self.assertIn("5000 loads, 5000 unloaded, 1 finding; 4999 loads are not drawn", page)

    def test_marks(self):
        """What was reported while it was pending, and confirmed, came once; what came again has a mark for each."""
        def marks(*records):
            page = self.render(self.file("marks", self.lines([HEADER, module(time=0, state="loaded", opener=frame("main")),
                                                              *records, module(time=9000), SUMMARY])))
            self.read(page)
            return re.search('<path class="warning" d="([^"]*)"', page).group(1).count("V")
        self.assertEqual(marks(finding(1, time=3000, pending=True), finding(1, time=6000)), 1)
        self.assertEqual(marks(finding(1, time=3000), finding(1, time=6000, count=2)), 2)

    def test_clean(self):
        page = self.rendered(HEADER, module(), SUMMARY)
        self.texts(page, "Clean", "nothing to show: libplug.so")
        self.assertNotIn("fails", page.texts)

    def test_what_does_not_fail(self):
        page = self.rendered(HEADER, module(), finding(1, "note"), SUMMARY)
        self.texts(page, "Passes: no finding is a failure", "1 note", "(not a failure)")

    def test_what_passes_beside_what_is_closed(self):
        page = self.rendered(HEADER, module(), module(number=2, state="closed"), SUMMARY)
        self.texts(page, "Passes, but 1 module is closed and still mapped")

    def test_nothing_was_unloaded(self):
        """To have seen nothing is not to pass."""
        page = self.rendered(HEADER, module(state="closed"), SUMMARY)
        self.texts(page, "Nothing fails, but no module was unloaded", "1 closed and still mapped")
        self.assertNotIn("passes", page.texts)

    def test_a_value_of_a_thread(self):
        page = self.rendered(HEADER, module(), finding(1, path=[
            {"from": {"what": "value", "address": "0x9", "key": 7, "tid": 5, "thread_name": "worker"}, "via": 0,
             "to": {"what": "block", "address": "0x8", "bytes": 24}}]), SUMMARY)
        self.texts(page, "root: value of a key", 'key 7 thread 5 "worker"', "points at +0x0", "heap block, 24 bytes",
                   "at 0x8", of="path")
        self.assertNotIn("?", page.texts["path"])

    def test_suppressed_ones_are_counted(self):
        supp = self.file("supp", "key:*\n")
        page = self.rendered(HEADER, module(), finding(1), SUMMARY, arguments=[f"--suppressions={supp}"])
        self.texts(page, "Clean", "1 suppressed")
        self.assertNotIn("Findings", page.texts["body"])

    def test_hostile_names_stay_names(self):
        page = self.rendered(*hostile_records())
        for text in ("]]>", "</failure></pre></code><script>", "&amp;&#0;", "\"'\\"):
            self.assertIn(text, HOSTILE)
            self.texts(page, text, of="m")
            self.texts(page, text, of="path")


if __name__ == "__main__":
    unittest.main()
