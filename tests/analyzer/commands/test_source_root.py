# SPDX-License-Identifier: MIT
"""Source files below --source-root, or below the current folder, have paths relative to it in every format."""

import json
import shutil
import subprocess
import unittest

from formats import HEADER, SUMMARY, finding, frame, module
from support import Case

BUILD_ID = "00112233445566778899aabbccddeeff00112233"
SOURCE = """int outside(int);
static inline __attribute__((always_inline)) int inside(int n) { return outside(n) + 1; }
int start(int n)
{
    return inside(n) * 3;
}
"""


class SourceRoot(Case):
    """A finding with a stack, a retention path and a crash in start() of src/plugin.c."""

    def setUp(self):
        super().setUp()
        if shutil.which("gcc") is None:
            self.skipTest("no gcc")
        self.sources = self.directory / "checkout" / "src"
        self.sources.mkdir(parents=True)
        self.root = self.sources.parent
        (self.sources / "plugin.c").write_text(SOURCE)
        self.plugin = self.directory / "plugin.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-g", f"-Wl,--build-id=0x{BUILD_ID}",
                        self.sources / "plugin.c", "-o", self.plugin], check=True)
        symbols = subprocess.run(["nm", self.plugin], capture_output=True, text=True, check=True).stdout
        start = next(int(line.split()[0], 16) for line in symbols.splitlines() if line.endswith(" T start"))
        # The return address behind the call, as a stack has it.
        self.offset = next(offset for offset in range(start + 5, start + 64) if self.is_inside(offset))
        self.report = self.file("report", "".join(json.dumps(record) + "\n" for record in self.records_of(start)))

    def is_inside(self, offset):
        done = subprocess.run(["addr2line", "-i", "-f", "-e", self.plugin, hex(offset - 1)], capture_output=True,
                              text=True, check=True)
        return done.stdout.startswith("inside\n")

    def records_of(self, start):
        here = {"address": "0x9", "module": 1, "offset": start, "symbol": "start"}
        stack = [frame("start", 1, self.offset)]
        step = {"from": {"what": "code", **here}, "via": 8, "to": {"what": "image", **here, "target": "start"}}
        yield HEADER
        yield module(str(self.plugin), build_id=BUILD_ID)
        yield finding(1, "error", "pointer", "dangling", stack=stack, path=[step])
        yield {"type": "crash", "pid": 1, "time": 1, "signal": 11, "signal_name": "SIGSEGV", "address": "0x9",
               "module": 1, "offset": start, "symbol": "start", "predicted_by": None, "stack": stack}
        yield SUMMARY

    def render(self, form, *arguments, cwd="/"):
        result = self.dlpin("report", f"--format={form}", *arguments, self.report, cwd=cwd)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    FORMS = ("text", "junit", "github", "gitlab", "sarif", "markdown", "html", "dot")

    def test_every_format_has_paths_in_the_root(self):
        for form in self.FORMS:
            for arguments, cwd in (([f"--source-root={self.root}"], "/"), ([], self.root)):
                with self.subTest(form, cwd=cwd):
                    text = self.render(form, *arguments, cwd=cwd)
                    if form != "dot":
                        self.assertIn("src&#x2F;plugin.c" if "&#x2F;" in text else "src/plugin.c", text)
                    self.assertNotIn(f"{self.sources}/plugin.c", text)

    def test_elsewhere_they_are_whole(self):
        other = self.directory / "other"
        other.mkdir()
        text = self.render("text", f"--source-root={other}")
        self.assertIn(f"inside at {self.sources}/plugin.c:2 ", text)
        self.assertIn(f"start at {self.sources}/plugin.c:5 ", text)

    def test_text_has_them_everywhere(self):
        text = self.render("text", "--verbose", f"--source-root={self.root}")
        for place in ("in inside at src/plugin.c:2", "#0 inside at src/plugin.c:2 (", "#1 start at src/plugin.c:5 (",
                      "with SIGSEGV in start at src/plugin.c:"):
            self.assertIn(place, " ".join(text.split()))

    def test_json_has_both(self):
        for arguments, wanted in (([f"--source-root={self.root}"], "src/plugin.c"), ([], None)):
            document = json.loads(self.render("json", *arguments, cwd=self.temporary))
            places = [*document["findings"][0]["stack"], *document["crashes"][0]["stack"]]
            self.assertEqual([(place["file"], place["path"]) for place in places],
                             [(str(self.sources / "plugin.c"), wanted)] * 4)

    def test_a_pattern_may_be_the_path_that_is_shown(self):
        for pattern, counted in (("src/plugin.c", 0), ("src/*", 0), ("plugin.c", 0), (f"{self.sources}/*", 0),
                                 ("inside", 0), ("lib/*", 1), ("rc/plugin.c", 1)):
            with self.subTest(pattern):
                path = self.file("supp", f"pointer:plugin.so|{pattern}\n")
                document = json.loads(self.render("json", f"--source-root={self.root}", f"--suppressions={path}"))
                self.assertEqual(document["counts"]["error"], counted)


if __name__ == "__main__":
    unittest.main()
