# SPDX-License-Identifier: MIT
"""Programs whose plug-ins leave something behind: each is found with kind, module and stack."""

import os
import subprocess
from dataclasses import replace

from host import Crash, Finding, Host, write
from media import GOMP, PIXMAN

LUV_WORK = '''
local uv = require 'luv'
local work = uv.new_work(function(number) return number * number end, print)
work:queue(7)
uv.run()
'''
# A library is used, and closed, in a thread; the thread waits, or ends.
PYTHON_THREAD = '''
import ctypes, _ctypes, os, sys, threading, time
name, use_it, last = sys.argv[1:]
closed, go = threading.Event(), threading.Event()
def use():
    library = ctypes.CDLL(name)
    eval(use_it)
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
    # For the interpreter it has ended. The system runs its destructors then.
    while os.path.exists(f'/proc/self/task/{thread.native_id}'):
        time.sleep(0.001)
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
R_DATA_TABLE = '''
library(data.table)
table <- data.table(a = 1:3, b = 4:6)
print(table[a > 1, sum(b)])
rm(table)
unloadNamespace('data.table')
invisible(gc())
invisible(gc())
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
# A module of redis finds its functions through the first word of the context. LEAVES: 1: its thread waits for ever;
# 2: it waits for a byte in the FIFO `wake`, which comes when the module is gone.
REDIS_MODULE = '''
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
typedef int get_api(const char *name, void *function);
static pthread_key_t key;
static pthread_t thread;
static int stop[2], ready[2];
static void end(void *value) { free(value); }
static void *run(void *data)
{
    char byte;
    pthread_setspecific(key, malloc(100));
    write(ready[1], "", 1); /* it shall wait in read when the module goes, not be on its way there */
    read(stop[0], &byte, 1);
    return data;
}
int RedisModule_OnLoad(void *context, void **arguments, int count)
{
    void (*set)(void *, const char *, int, int);
    get_api *get = *(get_api **)context;
    if (get("RedisModule_SetModuleAttribs", &set) != 0)
        return 1;
    set(context, "small", 1, 1);
    char byte;
    pipe(stop);
    pipe(ready);
    if (LEAVES == 2)
        stop[0] = open("wake", O_RDWR);
    pthread_key_create(&key, end);
    pthread_create(&thread, NULL, run, NULL);
    read(ready[0], &byte, 1);
    return 0;
}
int RedisModule_OnUnload(void *context)
{
    if (LEAVES)
        return 0;
    write(stop[1], "", 1);
    pthread_join(thread, NULL);
    pthread_key_delete(key);
    close(stop[0]);
    close(stop[1]);
    close(ready[0]);
    close(ready[1]);
    return 0;
}
'''
REDIS = '''
redis-server --port 0 --unixsocket $PWD/socket --save "" --enable-module-command yes >/dev/null 2>&1 &
ask() { redis-cli -s socket "$@" 2>/dev/null; }
until ask ping; do kill -0 $! || exit; sleep 0.1; done
ask module load $PWD/small.so
ask module unload small
ask set a b
ask get a
[ -p wake ] && echo >wake || ask shutdown
wait $!
echo ended with $?
'''


def redis(name, leaves, **more):
    def prepare(folder):
        write(small__c=REDIS_MODULE)(folder)
        if leaves == 2:
            os.mkfifo(f'{folder}/wake')
        subprocess.run(['gcc', f'-DLEAVES={leaves}', '-w', '-shared', '-fPIC', '-o', 'small.so', 'small.c'],
                       cwd=folder, check=True)
    return Host(name, ('sh', '-c', REDIS), ('redis-server', 'redis-tools', 'gcc'), prepare=prepare, **more)


REDIS_LEAVES = tuple(replace(finding, why='our own module, made so; redis is its clean twin') for finding in (
    Finding('thread-routine', 'small.so', stack='RedisModule_OnLoad'),
    Finding('key-destructor', 'small.so', stack='RedisModule_OnLoad'),
    Finding('key-value', 'small.so', 'warning', stack='run'),
    Finding('descriptor', 'small.so', 'warning', stack='RedisModule_OnLoad', at_least=4)))


def in_thread(name, library, use, last, package, compile_it=lambda folder: None, **more):
    """Python, which uses a library in a thread; the thread waits, or ends."""
    def prepare(folder):
        write(thread__py=PYTHON_THREAD)(folder)
        compile_it(folder)
    return Host(name, ('python3', 'thread.py', library, f'library.{use}', last), ('python3', package),
                prepare=prepare, **more)


MIMALLOC = (Finding('key-destructor', 'libmimalloc.so.2', stack='libmimalloc.so.2',
                    why='mimalloc makes the key in its constructor (_mi_prim_thread_init_auto_done), and deletes it only with '
                        'mi_process_done, which is too late'),
            Finding('key-value', 'libmimalloc.so.2', stack='libmimalloc.so.2',
                    why="mimalloc: the value is the thread's heap, a variable of the library"),
            # Its arena: 32 MB with each load.
            Finding('mapping', 'libmimalloc.so.2', 'warning', stack='libmimalloc.so.2',
                    why='mimalloc does not unmap its arenas when it is unloaded'))
CUPS = (Finding('key-destructor', 'libcups.so.2', stack='_cupsGlobals',
                why='libcups: cups_globals_init makes the key, and nothing deletes it'),
        Finding('key-value', 'libcups.so.2', 'warning', stack='_cupsGlobals',
                why="libcups: the thread's globals, which only the key's destructor would free"))

MELT_LOST = (
    Finding('heap-lost', 'libmltjackrack.so', 'warning',
            why='mlt: its module makes descriptions of the LADSPA plug-ins (plugin_desc_new_with_descriptor), and has no '
                'destructor that frees them'),
    Finding('heap-lost', 'libsox.so.3', 'warning',
            why='mlt: its module calls sox_format_init, and sox_format_quit does not free all of the list of effects'),
)

HOSTS = (
    Host('luv', ('lua5.1', '-e', LUV_WORK), ('lua5.1', 'lua-luv'),
         find=(Finding('key', 'libuv.so.1', 'warning', stack='uv_key_create',
                       why='luv makes a key without a destructor (uv_key_create), and does not delete it when the state is '
                           'closed'),)),
    Host('csound', ('csound', '-+msg_color=0', '--version'), ('csound', 'libcsound64-6.0', 'libjack-jackd2-0'),
         changing=(r'\d+\.\d+s',),
         find=(Finding('key', 'libjack.so.0', 'warning', stack='csoundOpenLibrary', at_least=3,
                       why='libjack: a constructor makes three keys, and nothing deletes them; the plug-in librtjack.so '
                           'is opened and closed by each csoundCreate'),
               Finding('heap-lost', 'libjack.so.0', 'warning', stack='libjack.so.0', at_least=2,
                       why='libjack: the same constructor makes two objects (JackGlobals) that nothing deletes'),
               Finding('still-mapped', 'libftsamplebank.so', 'note', reasons='relocation'))),
    Host('melt', ('melt', '-query', 'filters'), ('melt', 'frei0r-plugins', 'swh-plugins'),
         find=(Finding('key-destructor', 'libEGL.so.1', at_least=6,
                       why='libglvnd: __glDispatchInit makes a key in each libEGL.so.1 (LD_DEBUG shows six), and its '
                           'destructors delete none'),
               Finding('still-mapped', 'caps.so', 'note', reasons='unique-symbol'),
               Finding('still-mapped', 'facebl0r.so', 'warning', reasons='relocation',
                       why="the loader bound weak symbols of OpenCV's libraries, which stay, to those of facebl0r.so"),
               Finding('still-mapped', 'libmltqt.so', 'note', reasons='unique-symbol'),
               Finding('still-mapped', 'libmltglaxnimate.so', 'note', reasons='unique-symbol'),
               Finding('still-mapped', 'libmltmovit.so', 'note', reasons='relocation'),
               Finding('still-mapped', 'libmltrtaudio.so', 'note', reasons='unique-symbol')),
         also=(PIXMAN, GOMP, *MELT_LOST)),
    in_thread('mimalloc', 'libmimalloc.so.2', 'mi_malloc(100)', 'wait', 'libmimalloc2.0', find=MIMALLOC),
    in_thread('mimalloc-crash', 'libmimalloc.so.2', 'mi_malloc(100)', 'end', 'libmimalloc2.0',
              find=MIMALLOC, status='signal 11', complete=False,
              crash=Crash('libmimalloc.so.2', 'key-destructor', 'libc.so.6')),
    in_thread('cups', 'libcups.so.2', 'cupsServer()', 'wait', 'libcups2', find=CUPS),
    in_thread('cups-crash', 'libcups.so.2', 'cupsServer()', 'end', 'libcups2', find=CUPS,
              status='signal 11', complete=False,
              crash=Crash('libcups.so.2', 'key-destructor', 'libc.so.6')),
    Host('git2r', ('R', '--vanilla', '--no-echo', '-f', 'use.R'), ('r-base-core', 'r-cran-git2r'),
         prepare=write(use__R=R_GIT2R),
         find=(Finding('key-destructor', 'libgit2.so.1.*', stack='libgit2.so.1.*',
                       why='git2r: git_libgit2_init makes the key, and its unload function does not bring the count of '
                           'git_libgit2_shutdown to zero'),),
         also=(Finding('heap-lost', 'libgit2.so.1.*', 'warning',
                       why='git2r, likewise: what libgit2 would free in git_libgit2_shutdown'),),
         ),
    # R has a handler of its own for SIGSEGV.
    Host('data.table', ('R', '--vanilla', '--no-echo', '-f', 'use.R'),
         ('r-base-core', 'r-cran-data.table'), prepare=write(use__R=R_DATA_TABLE),
         changing=(r'0x[0-9a-f]+',), status='signal 11', complete=False,
         find=(Finding('pointer', 'data_table.so', 'warning',
                       why='data.table: finalizers in C of external pointers stay registered with R when the package is '
                           'unloaded, and the next gc() calls them'),),
         crash=Crash('data_table.so', 'pointer', 'R_RunWeakRefFinalizer')),
    redis('redis', 0),
    redis('redis-leaves', 1, find=REDIS_LEAVES),
    # redis handles SIGSEGV itself.
    redis('redis-crash', 2, find=REDIS_LEAVES, crash=Crash('small.so', 'thread-routine')),
    Host('later', ('R', '--vanilla', '--no-echo', '-f', 'use.R'), ('r-base-core', 'r-cran-later'),
         prepare=write(use__R=R_LATER),
         find=(Finding('still-mapped', 'later.so', 'note', reasons='unique-symbol'),
               Finding('thread-routine', 'later.so', 'warning',
                       why='later: its timer has a thread (Timer::bg_main) that nobody ends when the package is unloaded'),
               Finding('descriptor', 'later.so', 'note', at_least=4))),
)
