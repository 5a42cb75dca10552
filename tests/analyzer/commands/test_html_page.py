# SPDX-License-Identifier: MIT
"""--format=html as people see it, in Chromium: its script, keyboard, themes, a phone, paper, and no request to
anybody. Skipped where there is no Chromium."""

import json
import unittest

import chromium
from formats import HEADER, SUMMARY, Format, finding, frame, hostile_records, module
from support import Case

SHOWN = "document.querySelectorAll('#list > li:not([hidden])')"
LAID_OUT = (f"Array.from({SHOWN}).filter(row => "
            "row.firstElementChild.firstElementChild.checkVisibility({contentVisibilityAuto: true})).length")
# The least contrast of any text with what is behind it, as WCAG counts it, and the text.
CONTRAST = """(() => {
  const numbers = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (color) => {
    const [r, g, b] = color.slice(0, 3).map(
      (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const color = numbers(getComputedStyle(element).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  let worst = [99, ""];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode, element = text.parentElement;
    if (text.data.trim() === "" || element.closest("script, svg") || !element.checkVisibility()) continue;
    const [a, b] = [light(numbers(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, text.data];
  }
  return worst;
})()"""


def records():
    yield HEADER
    for number, name in enumerate(("alpha", "beta"), 1):
        yield module(f"/opt/{name}.so", number, time=1000 * number, state="loaded", opener=frame("main", 1))
        yield module(f"/opt/{name}.so", number, time=5000 * number, build_id=f"{number:040}")
    yield finding(1, "error", "key-destructor", "dangling", time=6000, message="left a destructor",
                  stack=[frame("one_function")], path=[
                      {"from": {"what": "data", "address": "0x9", "module": 1, "offset": 1, "symbol": "table"},
                       "via": 8, "to": {"what": "image", "address": "0x9", "module": 1, "offset": 32,
                                        "symbol": "one_function", "target": "code"}}])
    yield finding(2, "warning", "key", "lost", time=7000, module=2, count=9, message="left a key",
                  stack=[frame("zebra", 2)])
    yield finding(3, "note", "handle", "pinned", time=8000, count=5, message="left a handle",
                  stack=[frame("another", 1)])
    yield {"type": "crash", "pid": 1, "time": 9000, "signal": 11, "signal_name": "SIGSEGV", "address": "0x9",
           "module": 1, "offset": 9, "predicted_by": 1, "stack": [frame("one_function")]}
    yield SUMMARY


@unittest.skipIf(chromium.command() is None, "no Chromium")
class Page(Format, Case):
    FORMAT = "html"
    # test_format_html.py has the tests that every format has.
    test_every_example = test_hostile_names = None

    def setUp(self):
        super().setUp()
        self.browser = chromium.Chromium()
        self.addCleanup(self.browser.close)
        self.browser.size(1280, 900)

    def show(self, lines, scripts=True):
        page = self.file("page.html", self.render(self.file("report", "".join(json.dumps(r) + "\n" for r in lines))))
        self.browser.ask("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.browser.open(page)
        self.browser.settle() if scripts else None
        self.page = f"file://{page}"

    def is_quiet(self):
        self.assertEqual(self.browser.complaints(), [])
        self.assertEqual([url for url in self.browser.asked_for() if url not in (self.page, "data:,")], [])

    def rows(self):
        return self.browser.run(f"Array.from({SHOWN}, row => row.querySelector('.w b').textContent)")

    def choose(self, name, value):
        self.browser.run(f"""(() => {{ const field = document.getElementById({json.dumps(name)});
            field.value = {json.dumps(value)};
            field.dispatchEvent(new Event('input', {{bubbles: true}})); }})()""")

    def test_filter_search_and_sort(self):
        self.show(records())
        self.assertEqual(self.rows(), ["key-destructor", "key", "handle"])
        self.browser.run("document.querySelector('[value=error]').click()")
        self.assertEqual(self.rows(), ["key", "handle"])
        self.browser.run("document.querySelector('[value=error]').click()")
        self.choose("module", "beta.so")
        self.assertEqual(self.rows(), ["key"])
        self.choose("module", "")
        self.choose("kind", "handle")
        self.assertEqual(self.rows(), ["handle"])
        self.choose("kind", "")
        for order, expected in (("times", ["key", "handle", "key-destructor"]),
                                ("kind", ["handle", "key", "key-destructor"]),
                                ("module", ["key-destructor", "handle", "key"]),
                                ("place", ["handle", "key-destructor", "key"]),
                                ("severity", ["key-destructor", "key", "handle"])):
            self.choose("sort", order)
            self.assertEqual(self.rows(), expected)
        self.browser.run("document.getElementById('search').focus()")
        self.browser.type("ZEBRA left")
        self.assertEqual(self.rows(), ["key"])
        self.assertEqual(self.browser.run("document.getElementById('shown').textContent"), "1 of 3 findings")
        self.is_quiet()

    def test_keyboard(self):
        """From the last control, the tabulator leads to the first row, and Enter opens it."""
        self.show(records())
        self.browser.run("document.getElementById('sort').focus()")
        self.browser.key("Tab", 9)
        self.assertEqual(self.browser.run("document.activeElement.localName"), "summary")
        self.assertFalse(self.browser.run("document.activeElement.parentElement.open"))
        self.browser.key("Enter", 13, "\r")
        self.assertTrue(self.browser.run("document.activeElement.parentElement.open"))
        self.is_quiet()

    def test_links_open_what_they_lead_to(self):
        self.show(records())
        self.browser.run("document.querySelector('.crash a').click()")
        self.browser.settle()
        self.assertTrue(self.browser.run("document.querySelector(location.hash).closest('details').open"))
        self.assertTrue(self.browser.run("document.querySelector(location.hash).checkVisibility()"))
        self.is_quiet()

    def test_names_for_a_screen_reader(self):
        self.show(records())
        nodes = self.browser.ask("Accessibility.getFullAXTree")["nodes"]
        names = {(node["role"]["value"], node.get("name", {}).get("value")) for node in nodes if not node["ignored"]}
        for role in ("textbox", "searchbox", "combobox", "checkbox", "link", "image", "region", "table"):
            self.assertFalse({(role, ""), (role, None)} & names)
        for role, name in (("searchbox", "Search"), ("combobox", "Kind"), ("checkbox", "error"), ("region", "Timeline"),
                           ("region", "Crashes"), ("group", "Severity"), ("search", "Findings")):
            self.assertIn((role, name), names)

    def test_without_script(self):
        """All is there; only what needs the script is not."""
        self.show(records(), scripts=False)
        document = self.browser.ask("DOM.getDocument")["root"]["nodeId"]
        count = self.browser.ask("DOM.querySelectorAll", nodeId=document, selector="#list > li")["nodeIds"]
        controls = self.browser.ask("DOM.querySelector", nodeId=document, selector="#controls")["nodeId"]
        with self.assertRaises(RuntimeError):
            self.browser.ask("DOM.getBoxModel", nodeId=controls)
        self.assertEqual(len(count), 3)
        summary = self.browser.ask("DOM.querySelector", nodeId=document, selector="#list summary")["nodeId"]
        self.browser.ask("DOM.focus", nodeId=summary)
        self.browser.key("Enter", 13, "\r")
        details = self.browser.ask("DOM.querySelector", nodeId=document, selector="#list details")["nodeId"]
        self.assertIn("open", self.browser.ask("DOM.getAttributes", nodeId=details)["attributes"])

    def test_phone(self):
        """Nothing is wider than the screen, opened or not."""
        for width in (320, 390):
            with self.subTest(width):
                self.browser.size(width, 800, mobile=True)
                self.show([*records(), finding(9, "error", "pointer", message="word" * 200,
                                               stack=[frame("a_name_without_an_end_" * 20)])])
                self.browser.run("document.querySelectorAll('details').forEach(e => { e.open = true; })")
                self.browser.settle()
                self.assertEqual(self.browser.run("document.documentElement.scrollWidth"), width)

    def test_contrast(self):
        for scheme in ("light", "dark"):
            with self.subTest(scheme):
                self.browser.media(prefers_color_scheme=scheme)
                self.show(records())
                self.browser.run("document.querySelectorAll('details').forEach(e => { e.open = true; })")
                ratio, text = self.browser.run(CONTRAST)
                self.assertGreater(ratio, 4.5, text)
        light, dark = ([self.browser.media(prefers_color_scheme=scheme),
                        self.browser.run("getComputedStyle(document.body).backgroundColor")][1]
                       for scheme in ("light", "dark"))
        self.assertNotEqual(light, dark)

    def test_paper(self):
        """Folded parts of the screen are open on paper, and controls are not printed."""
        self.show(records())
        seen = "document.querySelector('.body .path').checkVisibility()"
        self.assertFalse(self.browser.run(seen))
        self.browser.media("print")
        self.browser.settle()
        self.assertTrue(self.browser.run(seen))
        self.assertFalse(self.browser.run("document.getElementById('controls').checkVisibility()"))

    def test_rows_come_into_view(self):
        """Of 10,000 rows only those in view, and some around them, are laid out."""
        self.show(self.many())
        self.assertEqual(len(self.rows()), 10000)
        self.browser.run("document.getElementById('list').scrollIntoView()")
        self.browser.settle()
        self.assertIn(self.browser.run(LAID_OUT), range(5, 300))
        self.choose("search", "function_00007")
        self.assertEqual(self.browser.run(f"{SHOWN}.length"), 1)
        self.choose("search", "")
        self.choose("sort", "place")
        self.browser.settle()
        self.assertIn("function_00001", self.browser.run(f"{SHOWN}[0].textContent"))
        self.browser.run("window.scrollTo(0, document.body.scrollHeight)")
        self.browser.settle()
        self.assertIn(self.browser.run(LAID_OUT), range(5, 300))
        self.is_quiet()

    def test_hostile_names(self):
        """No name of a report runs, or is asked for."""
        self.show(hostile_records())
        self.browser.run("document.querySelectorAll('details').forEach(e => { e.open = true; })")
        self.browser.settle()
        self.choose("search", "<script>")
        self.assertNotEqual(self.rows(), [])
        self.assertEqual(self.browser.run("document.scripts.length"), 1)
        self.is_quiet()


if __name__ == "__main__":
    unittest.main()
