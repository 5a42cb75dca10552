# SPDX-License-Identifier: MIT
"""Writes the style and the script of the HTML report as C, each with the hash by which the page's content security
policy admits it. Arguments: report.css, report.js; the C is written to the standard output."""

import base64
import hashlib
import re
import sys


def literal(text):
    """A string literal for each line, without anything that ends it or begins an escape."""
    return "".join('    "' + line.replace("\\", "\\\\").replace('"', '\\"') + '\\n"\n' for line in text.splitlines())


def main():
    print("/* Made by embed.py. */\n#include \"render/html/assets.h\"\n")
    for name, path in zip(("style", "script"), sys.argv[1:]):
        with open(path, encoding="utf-8") as file:
            text = "".join(line.rstrip() + "\n" for line in file)
        if not text.isascii() or re.search(r"</|<!--|\?\?", text):
            sys.exit(f"{path}: it must be ASCII, and must not end the element that it stands in")
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        print(f"const char html_{name}[] =\n{literal(text)};\nconst char html_{name}_hash[] = \"sha256-{digest}\";\n")


main()
