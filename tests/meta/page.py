#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The style and the script of the HTML report. The style loads nothing, defines each color for both themes and uses
no other; it has rules for what the page has, and no others. The script makes no markup, loads and runs nothing; node,
where it is there, can read it. Argument: the tree."""

import re
import shutil
import sys

from common import files, finish, read, run, without_comments

STYLE, SCRIPT = 'analyzer/render/html/report.css', 'analyzer/render/html/report.js'
WIDTH = 119
NOT_IN_STYLE = r'url\(|@import|@font-face|!important|expression\('
NOT_IN_SCRIPT = (r'innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|DOMParser|document\.write|\beval\b|'
                 r'\bFunction\(|\bfetch\b|XMLHttpRequest|WebSocket|\bimport\b|\bWorker\b|\.src\b|\bvar\b|[^=!]==[^=]')


def style_mistakes(root):
    text = without_comments(read(root, STYLE))
    mistakes = [f'{STYLE}: {found}' for found in re.findall(NOT_IN_STYLE, text)]
    if text.count('{') != text.count('}'):
        mistakes.append(f'{STYLE}: braces do not match')
    themes = [set(re.findall(r'(--[\w-]+):', rule)) for rule in re.findall(r':root \{(.*?)\}', text, flags=re.S)]
    used = set(re.findall(r'var\((--[\w-]+)\)', text))
    for name in sorted(set.union(used, *themes)):
        if not all(name in theme for theme in themes) or name not in used:
            mistakes.append(f'{STYLE}: {name} is not in both themes, or not used')
    rest = re.sub(r':root \{.*?\}', '', text, flags=re.S)
    return mistakes + [f'{STYLE}: a color that no theme defines: {found}'
                       for found in re.findall(r':[^;{}]*?(#[0-9a-f]{3,8}\b|\brgb\(|\bhsl\()', rest)]


def class_mistakes(root):
    text = re.sub(r'\{[^{}]*\}', '{}', without_comments(read(root, STYLE)))
    ruled = set(re.findall(r'\.([a-z][\w-]*)', text)) | set(re.findall(r'#([a-z][\w-]*)', text))
    page = ''.join(read(root, path) for path in files(root, 'analyzer/render', '.c'))
    made = {name for names in re.findall(r'class=\\"([^"\\]*)\\"', page) for name in names.split()}
    made |= {name for name in re.findall(r' id=\\"([\w-]+)\\"', page)}
    # Names that are put in by a conversion: severities, and what is chosen between two.
    made |= set(re.findall(r'"([a-z]+)"', page)) | {'note', 'warning', 'error', 'own', 'one', 'none', 'common'}
    return [f'{STYLE}: nothing on the page is called {name}' for name in sorted(ruled - made)]


def script_mistakes(root):
    text = read(root, SCRIPT)
    mistakes = [f'{SCRIPT}: {found}' for found in re.findall(NOT_IN_SCRIPT, without_comments(text))]
    if '"use strict";' not in text:
        mistakes.append(f'{SCRIPT}: it is not strict')
    if shutil.which('node'):
        result = run('node', '--check', f'{root}/{SCRIPT}')
        if result.returncode != 0:
            mistakes.append(f'{SCRIPT}: node: {result.stderr}')
    return mistakes


def check(root):
    mistakes = style_mistakes(root) + class_mistakes(root) + script_mistakes(root)
    for path in (STYLE, SCRIPT):
        mistakes += [f'{path}:{number}: too long, or space at its end'
                     for number, line in enumerate(read(root, path).splitlines(), 1)
                     if len(line) > WIDTH or line != line.rstrip()]
    return mistakes


if __name__ == '__main__':
    finish('the page of the HTML report', check(sys.argv[1]))
