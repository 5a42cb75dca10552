# SPDX-License-Identifier: MIT
"""Plug-ins that are used in a thread, and closed before the thread ends."""

import subprocess

from host import Crash, Finding, Host, write
from leftovers import in_thread

NSS_LOOK_UP = ('_nss_sss_getpwnam_r(b"nobody", ctypes.create_string_buffer(100), '
               'ctypes.create_string_buffer(1000), ctypes.c_size_t(1000), ctypes.byref(ctypes.c_int()))')
QUADMATH = '''
import ctypes, _ctypes
for count in range(3):
    library = ctypes.CDLL('libquadmath.so.0')
    _ctypes.dlclose(library._handle)
    text = ctypes.create_string_buffer(100)
    print(ctypes.CDLL(None).snprintf(text, 100, b'%d %s', 42, b'text'), text.value)
'''
MPI_C = '''
#include <mpi.h>
int begin(void)
{
    return MPI_Init(0, 0);
}
int end(void)
{
    return MPI_Finalize();
}
'''
MPI_ROUNDS = '''
import ctypes, _ctypes
for count in range(3):
    library = ctypes.CDLL('./libwork.so')
    print(library.begin(), library.end(), flush=True)
    _ctypes.dlclose(library._handle)
'''
# MPI_Finalize deletes the values of the thread that calls it, and of no other thread.
MPI_THREAD = '''
import ctypes, _ctypes, os, threading, time
library = ctypes.CDLL('./libwork.so')
ready, go = threading.Event(), threading.Event()
def begin():
    print(library.begin(), flush=True)
    ready.set()
    go.wait()
thread = threading.Thread(target=begin)
thread.start()
ready.wait()
print(library.end(), flush=True)
_ctypes.dlclose(library._handle)
go.set()
thread.join()
while os.path.exists(f'/proc/self/task/{thread.native_id}'):
    time.sleep(0.001)
print('still here')
'''
RUST = '''
use std::cell::RefCell;
thread_local!(static LINES: RefCell<Vec<String>> = RefCell::new(Vec::new()));
#[no_mangle]
pub extern "C" fn work(count: i32) -> i32 {
    LINES.with(|lines| lines.borrow_mut().push(format!("{count}")));
    count
}
'''


def compile_mpi(folder):
    write(work__c=MPI_C, rounds__py=MPI_ROUNDS, thread__py=MPI_THREAD)(folder)
    subprocess.run(['mpicc', '-shared', '-fPIC', '-o', 'libwork.so', 'work.c'], cwd=folder, check=True)


def compile_rust(folder):
    write(work__rs=RUST)(folder)
    subprocess.run(['rustc', '-O', '-g', '--crate-type', 'cdylib', '-o', 'libwork.so', 'work.rs'], cwd=folder,
                   check=True)



# A process without a daemon beside it, and without plug-ins of hwloc.
ALONE = {'OMPI_MCA_ess_singleton_isolated': '1', 'HWLOC_PLUGINS_PATH': '@here@'}
SSS = (Finding('key-destructor', 'libnss_sss.so.2', stack='_nss_sss_getpwnam_r',
               why='SSSD (its bug 6505): sss_cli_sd keeps its descriptor under a key, and nothing deletes that key when the '
                   'C library closes the module'),)
MPI = (
    Finding('key-destructor', 'libopen-pal.so.40', stack='opal_tsd_key_create',
            why='Open MPI: opal_net_init makes the key; opal_finalize calls its destructor, and does not delete it'),
    Finding('key-destructor', 'libopen-rte.so.40', stack='opal_tsd_key_create',
            why='Open MPI: orte_util_print_name_args makes the key, and nothing deletes it'),
    Finding('signal-handler', 'libopen-pal.so.40', stack='opal_util_register_stackhandlers', at_least=4,
            why='Open MPI: opal_init sets handlers for four signals, and opal_finalize does not take them back'),
    Finding('descriptor', 'mca_shmem_posix.so', 'warning', stack='shmem_posix_shm_open',
            why='Open MPI: the component tries shm_open, unlinks the file, and does not close it'),
)
MPI_THREAD_VALUES = (
    Finding('key-value', 'libopen-pal.so.40', 'warning', stack='opal_net_get_hostname',
            why='Open MPI: opal_tsd_keys_destruct frees the values of the thread that ends MPI, and of no other'),
    Finding('key-value', 'libopen-rte.so.40', 'warning', stack='orte_util_print_name_args', why='likewise'),
)
MPI_LOST = (
    *(Finding('heap-lost', name, 'warning', why=f'Open MPI: MPI_Finalize leaves what it made ({what})')
      for name, what in (
          ('libopen-pal.so.40', 'tables of mca_base_var_init, copies of strings'), ('mca_op_avx.so', 'its operations'),
          ('libmpi.so.40', 'ompi_op_base_op_select'), ('libmca_common_monitoring.so.50', 'names of variables'),
          ('mca_pmix_isolated.so', 'copies of strings'))),
    *(Finding('heap-lost', name, 'warning', why='Open MPI does not call libevent_global_shutdown and event_config_free')
      for name in ('libevent_core-2.1.so.7', 'libevent_pthreads-2.1.so.7')),
    Finding('heap-lost', 'libhwloc.so.15', 'warning', why='Open MPI: a bitmap of opal_hwloc_base_get_topology'),
    Finding('heap-lost', 'libinfinipath.so.4', 'warning', why='libinfinipath: strdup in its constructor'),
    Finding('heap-lost', 'libpsm2.so.2', 'warning', why='libpsm2: a block of its constructor, as in libinfinipath'),
    Finding('pointer', 'mca_mtl_psm2.so', 'warning',
            why='Open MPI: mca_base_pvar_mark_invalid only sets a flag in the 13 performance variables of the component, whose '
                'get_value (offset 72) stays mca_mtl_psm2_get_stats. Nothing calls it: mca_base_pvar_get_internal refuses such '
                'a variable, the component sets it again, and MPI_Finalize frees all; only a check in between sees it'),
    Finding('pointer', 'mca_op_avx.so', 'warning',
            why='Open MPI: its operations, which are lost, and which an old pointer still leads to now and then'),
)

HOSTS = (
    in_thread('nss-sss', 'libnss_sss.so.2', NSS_LOOK_UP, 'wait', 'libnss-sss', find=SSS),
    in_thread('nss-sss-crash', 'libnss_sss.so.2', NSS_LOOK_UP, 'end', 'libnss-sss', find=SSS, status='signal 11',
              complete=False, crash=Crash('libnss_sss.so.2', 'key-destructor', 'libc.so.6')),
    Host('quadmath', ('python3', '-c', QUADMATH), ('python3', 'libquadmath0')),
    Host('openmpi', ('python3', 'rounds.py'), ('python3', 'libopenmpi-dev', 'gcc'), ALONE, prepare=compile_mpi,
         find=MPI, also=MPI_LOST),
    # Its own handler for SIGSEGV is unloaded, too.
    Host('openmpi-crash', ('python3', 'thread.py'), ('python3', 'libopenmpi-dev', 'gcc'), ALONE, prepare=compile_mpi,
         find=MPI + MPI_THREAD_VALUES, also=MPI_LOST, status='signal 11', complete=False,
         crash=Crash('libopen-*.so.40', 'key-destructor', 'libc.so.6')),
    in_thread('rust', './libwork.so', 'work(1)', 'wait', 'rustc-web', compile_rust,
              find=(Finding('tls-destructor', 'libwork.so', 'warning',
                            why='our own module, made so: a thread_local! with a destructor, in a thread that goes on'),)),
)
