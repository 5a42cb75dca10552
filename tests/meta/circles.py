#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The object files of libdlpin.so: none refers to what a later layer defines, and the files of a folder
do not lead round in a circle, by functions or by data.

An object that refers to the name of an interposed function is taken to mean ours, which is what the linker
makes of it. libunwind is none of our objects. Arguments: libdlpin.so."""

import glob
import os
import sys

from common import finish, run
from layers import LAYERS, layer_of

# Circles that are still there. The check also fails when one of these has changed or does not exist any more.
KNOWN = []


def source_of(path):
    """base_lock.c.o stands for base/lock.c."""
    return os.path.basename(path).removesuffix('.o').replace('_', '/', 1)


def references(library):
    """(source, source that defines a symbol, symbol) for each symbol that a file takes from another one."""
    defined, used = {}, []
    objects = sorted(glob.glob(library + '.p/*.o'))
    for line in run('nm', '--print-file-name', '--extern-only', '--format=posix', *objects).stdout.splitlines():
        path, rest = line.split(': ', 1)
        name, kind = rest.split()[:2]
        if kind in 'Uw':
            used.append((source_of(path), name))
        else:
            defined[name] = source_of(path)
    return [(source, defined[name], name) for source, name in used if name in defined]


def upward(uses):
    return [f'{source} uses {name} of {target}, which is a later layer' for source, target, name in uses
            if layer_of(source) < layer_of(target)]


def reachable(start, graph):
    found, left = set(), [start]
    while left:
        for target in graph.get(left.pop(), ()):
            if target not in found:
                found.add(target)
                left.append(target)
    return found


def circles(uses):
    """Sets of files of one folder each of which leads to all others."""
    graph = {}
    for source, target, _ in uses:
        if layer_of(source) == layer_of(target) and source != target:
            graph.setdefault(source, set()).add(target)
    ways = {source: reachable(source, graph) for source in graph}
    rounds = {frozenset(other for other in ways[source] if source in ways.get(other, ()))
              for source in ways if source in ways[source]}
    return sorted(rounds, key=sorted)


def describe(files, uses):
    parts = [f'    {source} uses {name} of {target}' for source, target, name in uses
             if source in files and target in files]
    return '\n'.join(['a circle: ' + ', '.join(sorted(files)), *parts])


def check(library, known=()):
    uses = references(library)
    found = circles(uses)
    mistakes = upward(uses)
    mistakes += [describe(files, uses) for files in found if files not in known]
    mistakes += ['no such circle any more: ' + ', '.join(sorted(files)) for files in known if files not in found]
    if {layer_of(source) for source, _, _ in uses} != set(range(len(LAYERS))):
        mistakes.append(f'the object files beside {library} are not those of all layers')
    return mistakes


if __name__ == '__main__':
    finish('references between object files of ' + sys.argv[1], check(sys.argv[1], KNOWN))
