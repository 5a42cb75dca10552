#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A file of the shim includes only headers of its own layer or an earlier one. The analyzer includes one
header of the shim, the report format, which every layer may use too."""

import os
import re
import sys

from common import files, finish, read

LAYERS = ['base', 'modules', 'ownership', 'registry', 'scan', 'rules', 'report', 'lifecycle',
          'interpose']
SHARED = 'report/report_format.h'
# For programs; it belongs to no layer.
PUBLIC = 'include/dlpin.h'


def includes(root, path):
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', read(root, path), flags=re.M)


def layer_of(path):
    """The place in LAYERS of a path relative to shim/; -1 where it is in none."""
    folder = path.split('/')[0] if '/' in path else ''
    return LAYERS.index(folder) if folder in LAYERS else -1


def check_shim(root):
    mistakes = []
    for path in files(root, 'shim', '.c', '.h', '.S', '.def'):
        own = layer_of(os.path.relpath(path, 'shim'))
        if own < 0 and path != os.path.join('shim', PUBLIC):
            mistakes.append(f'{path}: in no known layer')
        for name in includes(root, path):
            if not os.path.exists(os.path.join(root, 'shim', name)):
                mistakes.append(f'{path}: "{name}" is not a path below shim/')
            elif layer_of(name) > own and name != SHARED:
                mistakes.append(f'{path}: "{name}" belongs to a later layer')
    return mistakes


def check_analyzer(root):
    mistakes = []
    for path in files(root, 'analyzer', '.c', '.h'):
        beside = os.path.dirname(path)
        for name in includes(root, path):
            own = any(os.path.exists(os.path.join(root, place, name))
                      for place in ('analyzer', beside))
            if not own and name != SHARED:
                mistakes.append(f'{path}: "{name}" is not the analyzer\'s')
    return mistakes


def check(root):
    if layer_of(SHARED) < 0 or includes(root, os.path.join('shim', SHARED)):
        return [f'{SHARED} must include nothing: the analyzer uses it']
    if '#include' in read(root, 'shim', PUBLIC):
        return [f'{PUBLIC} must include nothing: programs use it']
    return check_shim(root) + check_analyzer(root)


if __name__ == '__main__':
    finish('layers: ' + ' > '.join(LAYERS), check(sys.argv[1]))
