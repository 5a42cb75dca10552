# SPDX-License-Identifier: MIT
"""--format=json: valid by its JSON Schema, for ajv and for Python's jsonschema; and the schema has all of it."""

import copy
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from formats import HEADER, SUMMARY, Format, finding, frame, hostile_records, module, reloads
from support import DATA, Case

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = pathlib.Path(os.environ["DLPIN_TEST_SCHEMA"])

# Debian's node modules are where nodejs finds them by itself.
AJV = """
const Ajv = require('ajv'), fs = require('fs');
const ajv = new Ajv({allErrors: true});
const valid = ajv.compile(JSON.parse(fs.readFileSync(process.argv[1])));
for (const file of process.argv.slice(2))
    if (!valid(JSON.parse(fs.readFileSync(file)))) {
        console.log(file, JSON.stringify(valid.errors.slice(0, 5)));
        process.exitCode = 1;
    }
"""


def closed(schema):
    """The same, but with no other members than those that it describes."""
    schema = copy.deepcopy(schema)
    todo = [schema]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            if isinstance(part.get("properties"), dict) and "type" in part:
                part.setdefault("additionalProperties", False)
            todo.extend(part.values())
        elif isinstance(part, list):
            todo.extend(part)
    return schema


CHILDREN = {"type": "coverage", "hooks": {"heap": True}, "dropped": {}, "unseen": [],
              "unfollowed": [{"program": "/bin/x", "why": "static", "count": 2}],
              "killed": [{"signal": 6, "signal_name": "SIGABRT", "count": 2}]}


class Json(Format, Case):
    FORMAT = "json"

    def setUp(self):
        super().setUp()
        self.schema = closed(json.loads(SCHEMA.read_text()))

    def read(self, text):
        document = json.loads(text)
        if jsonschema is not None:
            jsonschema.Draft7Validator(self.schema).validate(document)
        return document

    def everything(self):
        """Documents in which every member of the schema has a value somewhere."""
        supp = self.file("supp", "key:* until=2999-01-01 reason=later\nhandle:x\ntimer:* until=2020-01-01\n")
        baseline = self.file("baseline", "pointer:*\nsig:0123456789ab kind=key module=libplug.so function=gone\n")
        report = self.file("report.jsonl", "".join(json.dumps(record) + "\n" for record in (
            HEADER, module(), reloads(), finding(1, stack=[frame("f")]), finding(2, kind="pointer"), finding(3, kind="timer"),
            finding(4, kind="heap-lost", growing=True, count=3, loads=[1, 2, 3], bytes=8, blocks=1), CHILDREN,
            SUMMARY)))
        yield self.render(f"--suppressions={supp}", f"--baseline={baseline}", "--no-baseline", report)
        if "DLPIN_TEST_PLACES" in os.environ:
            packaged = module(os.environ["DLPIN_TEST_PLACES"], build_id="00112233445566778899aabbccddeeff00112233")
            yield self.render("--own=nothing", self.file("packaged", "".join(
                json.dumps(record) + "\n" for record in (HEADER, packaged, finding(1)))))
        for name in sorted(os.listdir(DATA)):
            yield self.dlpin("report", "--format=json", "--resolved", DATA / name).stdout
        yield self.real("../common/mini", "./plugin.so")
        yield self.real("../common/host", "open", "plugin", "call", "plugin", "use_table", "close", "plugin",
                        folder="pointer")
        tried = self.records(*({**record, "pid": "@P"} for record in (module(), finding(1), SUMMARY)))
        yield self.dlpin("try", "--format=json", "libm.so.6", environment=tried).stdout
        yield self.render(self.file("many", "".join(json.dumps(record) + "\n" for record in self.many(300))))
        yield self.render(self.file("hostile", "".join(json.dumps(record) + "\n" for record in hostile_records())))

    @unittest.skipIf(jsonschema is None, "no jsonschema")
    def test_jsonschema(self):
        jsonschema.Draft7Validator.check_schema(self.schema)
        for text in self.everything():
            self.read(text)

    def test_ajv(self):
        node = "/usr/bin/node" if os.access("/usr/bin/node", os.X_OK) else shutil.which("node")
        if node is None or subprocess.run([node, "-e", "require('ajv')"], capture_output=True, check=False,
                                          env={"NODE_PATH": "/usr/share/nodejs"}).returncode != 0:
            self.skipTest("no ajv")
        files = []
        for i, text in enumerate(self.everything()):
            files.append(self.file(f"{i}.json", text))
        for schema in (json.loads(SCHEMA.read_text()), self.schema):
            path = self.file("schema.json", json.dumps(schema))
            result = subprocess.run([node, "-e", AJV, path, *files], capture_output=True, text=True, timeout=600,
                                    env={"NODE_PATH": "/usr/share/nodejs"}, check=False)
            self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)

    def test_every_member_has_had_a_value(self):
        seen = set()

        def visit(part, schema):
            if part is None:
                return
            for option in schema.get("anyOf", []) + schema.get("allOf", []):
                visit(part, option)
            if "$ref" in schema:
                visit(part, self.schema["definitions"][schema["$ref"].rsplit("/", 1)[1]])
            for name, member in schema.get("properties", {}).items():
                if isinstance(part, dict) and part.get(name) is not None:
                    seen.add(schema["properties"][name]["description"])
                    visit(part[name], member)
            for item in part if "items" in schema else []:
                visit(item, schema["items"])

        for text in self.everything():
            visit(json.loads(text), self.schema)
        described = set()
        todo = [self.schema]
        while todo:
            part = todo.pop()
            described |= {member["description"] for member in part.get("properties", {}).values()}
            todo += [*part.get("properties", {}).values(), *part.get("definitions", {}).values()]
        if "DLPIN_TEST_PLACES" not in os.environ:
            described = {text for text in described if "package" not in text}
        self.assertEqual(described - seen, set())

    def test_nothing(self):
        self.assertEqual(self.rendered(HEADER, SUMMARY)["findings"], [])

    def test_many(self):
        document = json.loads(self.render(self.file("many", "".join(json.dumps(r) + "\n" for r in self.many()))))
        self.assertEqual(document["counts"], {"error": 3333, "warning": 3334, "note": 3333})
        severities = [f["severity"] for f in document["findings"]]
        self.assertEqual(severities, ["error"] * 3333 + ["warning"] * 3334 + ["note"] * 3333)

    def test_other_places_of_a_signature(self):
        document = self.rendered(HEADER, module(), finding(1, stack=[frame("f")]),
                                 finding(2, stack=[frame("f", 1, 16)]), SUMMARY)
        self.assertEqual([f["offset"] for f in document["findings"][0]["others"]], [16])


if __name__ == "__main__":
    unittest.main()
