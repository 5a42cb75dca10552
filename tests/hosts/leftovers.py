# SPDX-License-Identifier: MIT
"""Programs whose plug-ins leave something behind: each is found with kind, module and stack."""

from host import Finding, Host, write

LUV_WORK = '''
local uv = require 'luv'
local work = uv.new_work(function(number) return number * number end, print)
work:queue(7)
uv.run()
'''
# A library is used, and closed, in a thread; the thread waits, or ends.
PYTHON_THREAD = '''
import ctypes, _ctypes, sys, threading, time
name, function, last = sys.argv[1:]
closed, go = threading.Event(), threading.Event()
def use():
    library = ctypes.CDLL(name)
    getattr(library, function)(100)
    _ctypes.dlclose(library._handle)
    closed.set()
    go.wait()
thread = threading.Thread(target=use, daemon=True)
thread.start()
closed.wait()
print('closed', flush=True)
if last == 'end':
    go.set()
    thread.join()
    time.sleep(3)
    print('still here')
'''
R_GIT2R = '''
library(git2r)
print(names(libgit2_version()))
unloadNamespace('git2r')
if ('git2r' %in% names(getLoadedDLLs())) library.dynam.unload('git2r', system.file(package = 'git2r'))
invisible(gc())
print('git2r' %in% names(getLoadedDLLs()))
'''
R_LATER = '''
library(later)
later(function() cat('later\\n'), 0.01)
run_now(1)
unloadNamespace('later')
library.dynam.unload('later', system.file(package = 'later'))
invisible(gc())
print('later' %in% names(getLoadedDLLs()))
'''


def in_thread(name, library, function, last, package, **more):
    return Host(name, ('python3', 'thread.py', library, function, last), ('python3', package),
                prepare=write(thread__py=PYTHON_THREAD), **more)


MIMALLOC = (Finding('key-destructor', 'libmimalloc.so.2', stack='libmimalloc.so.2'),
            Finding('key-value', 'libmimalloc.so.2', stack='libmimalloc.so.2'))
CUPS = (Finding('key-destructor', 'libcups.so.2', stack='_cupsGlobals'),
        Finding('key-value', 'libcups.so.2', 'warning', stack='_cupsGlobals'))

HOSTS = (
    Host('luv', ('lua5.1', '-e', LUV_WORK), ('lua5.1', 'lua-luv'),
         find=(Finding('key', 'libuv.so.1', 'warning', stack='uv_key_create'),)),
    Host('melt', ('melt', '-query', 'filters'), ('melt', 'frei0r-plugins', 'swh-plugins'),
         find=(Finding('key-destructor', 'libEGL.so.1', at_least=6),
               Finding('still-mapped', 'caps.so', 'note', reasons='unique-symbol'),
               Finding('still-mapped', 'facebl0r.so', 'warning', reasons='relocation'),
               Finding('still-mapped', 'libmltqt.so', 'note', reasons='unique-symbol'),
               Finding('still-mapped', 'libmltglaxnimate.so', 'note', reasons='unique-symbol'),
               Finding('still-mapped', 'libmltmovit.so', 'note', reasons='relocation'),
               Finding('still-mapped', 'libmltrtaudio.so', 'note', reasons='unique-symbol')),
         also=(Finding('key-orphan', 'libQt5Core.so.5', 'note', stack='exit',
                       why='Qt deletes its key at exit, while the main thread has its value'),)),
    in_thread('mimalloc', 'libmimalloc.so.2', 'mi_malloc', 'wait', 'libmimalloc2.0', find=MIMALLOC),
    in_thread('mimalloc-crash', 'libmimalloc.so.2', 'mi_malloc', 'end', 'libmimalloc2.0',
              find=MIMALLOC, status='signal 11', complete=False),
    in_thread('cups', 'libcups.so.2', 'cupsServer', 'wait', 'libcups2', find=CUPS),
    in_thread('cups-crash', 'libcups.so.2', 'cupsServer', 'end', 'libcups2', find=CUPS,
              status='signal 11', complete=False),
    Host('git2r', ('R', '--vanilla', '--no-echo', '-f', 'use.R'), ('r-base-core', 'r-cran-git2r'),
         prepare=write(use__R=R_GIT2R),
         find=(Finding('key-destructor', 'libgit2.so.1.*', stack='libgit2.so.1.*'),)),
    Host('later', ('R', '--vanilla', '--no-echo', '-f', 'use.R'), ('r-base-core', 'r-cran-later'),
         prepare=write(use__R=R_LATER),
         find=(Finding('still-mapped', 'later.so', 'note', reasons='unique-symbol'),)),
)
