#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A comment names its subject: none begins with a word that only points to something else. Argument: the tree."""

import re
import sys

from common import files, finish, read

FOLDERS = ('shim',)
ENDINGS = ('.c', '.h', '.cpp', '.def', '.S')
# A string or a character, which may have the marks of a comment in it; or a comment.
TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*(?:\n[ \t]*//[^\n]*)*', re.S)
FIRST = re.compile(r'[/*\s]*\b(What|Whether|It|That|One|Those)\b')


def check(root):
    mistakes = []
    for path in (path for folder in FOLDERS for path in files(root, folder, *ENDINGS)):
        text = read(root, path)
        for token in TOKEN.finditer(text):
            first = token.group().startswith('/') and FIRST.match(token.group())
            if first:
                line = text.count('\n', 0, token.start() + first.start(1)) + 1
                mistakes.append(f'{path}:{line}: begins with {first.group(1)}')
    return mistakes


if __name__ == '__main__':
    finish('first words of comments in ' + ', '.join(FOLDERS), check(sys.argv[1]))
