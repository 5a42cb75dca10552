# SPDX-License-Identifier: MIT
"""Interpreters with modules in C, and programs that embed them."""

import subprocess

from host import Finding, Host, write
from tools import SMALL_C

PHP = tuple(f'php-{name}' for name in (
    'cli', 'mbstring', 'xml', 'curl', 'gd', 'intl', 'sqlite3', 'zeroc-ice'))
PHP_USES = (
    'echo mb_strtoupper("äöü"), json_encode([1, 2]), (new NumberFormatter("de", 1))->format(1.5); '
    '$d = new DOMDocument; $d->loadXML("<a><b/></a>"); echo $d->saveXML(); '
    '$p = new PDO("sqlite::memory:"); echo $p->query("select 6*7")->fetchColumn(); '
    'echo strlen(curl_version()["version"]) > 0, imagesx(imagecreatetruecolor(7, 7)), "\\n";')
LUA = ('lua5.1', 'lua-lpeg', 'lua-cjson', 'lua-posix', 'lua-socket', 'lua-filesystem', 'lua-bit32')
LUA_USES = (
    'local c = require "cjson"; print(c.encode({1, 2})); print(require("lpeg").version()); '
    'local p = require "posix"; print(p.getpid("pid") > 0); require "socket"; require "mime"; '
    'print(require("lfs").attributes(".").mode); print(require("bit32").band(7, 2))')
PERL_UNLOAD = r'''
use DynaLoader;
for my $name (qw(POSIX Socket Fcntl List::Util Digest::MD5 Time::HiRes Storable Data::Dumper)) {
    eval "require $name" or die $@;
}
print Digest::MD5::md5_hex("x"), " ", scalar(@DynaLoader::dl_librefs), "\n";
my @gone = map { DynaLoader::dl_unload_file($_) } splice @DynaLoader::dl_librefs;
print "@gone\n";
'''
PERL_USES = ('use IO::Socket::SSL; use HTML::Parser; use Clone; use Encode; use Compress::Zlib; '
             'use threads; my $t = threads->create(sub { return Clone::clone([1, 2]) }); '
             'print scalar(@{$t->join}), Encode::encode("UTF-16", "x") ? 1 : 0, "\\n"')
TCL_PACKAGES = '''
foreach {package name} {tls Tls Thread Thread} {
    set child [interp create]
    puts [catch {$child eval [list package require $package]} said]
    foreach pair [info loaded $child] {
        puts [catch {unload [lindex $pair 0] [lindex $pair 1] $child}]
    }
    interp delete $child
}
'''
# No package of Debian's can be unloaded: one that can, and that may leave a key.
TCL_MODULE = '''
#include <pthread.h>
static pthread_key_t key;
static void gone(void *value)
{
}
int Small_Init(void *interpreter)
{
    return pthread_key_create(&key, gone);
}
int Small_Unload(void *interpreter, int flags)
{
    return LEAVES ? 0 : pthread_key_delete(key);
}
'''
TCL_UNLOAD = '''
foreach round {1 2 3} {
    load ./libsmall.so
    unload ./libsmall.so
    puts [info loaded]
}
'''
ZSH_UNLOAD = '''
for round in 1 2 3; do
    for name in attr cap curses datetime files langinfo mapfile mathfunc pcre regex sched stat system \
            terminfo zprof zpty zselect net/tcp net/socket; do
        zmodload zsh/$name && zmodload -u zsh/$name && print -n "$name "
    done
    print
done
'''
BASH_UNLOAD = '''
for name in accept basename csv cut dirname fdflags finfo head id ln logname mkdir mkfifo print printenv \
        push realpath rm seq setpgid sleep strftime sync tee tty uname unlink whoami; do
    enable -f /usr/lib/bash/$name $name && enable -d $name && echo -n "$name "
done
echo
'''
PYTHON_IMPORTS = '''
import sys
import _asyncio, _bz2, _codecs_jp, _contextvars, _ctypes, _curses, _dbm, _decimal, _elementtree
import _hashlib, _json, _lsprof, _lzma, _multiprocessing, _opcode, _posixshmem, _queue, _sqlite3, _ssl
import _uuid, _zoneinfo, mmap, readline, resource, termios
if sys.version_info < (3, 13):
    import _crypt, audioop, nis, ossaudiodev
print(len(sys.modules) > 30, _sqlite3.sqlite_version > '3')
'''
PYTHON_THIRD = '''
import apt_pkg, cryptography.hazmat.bindings._rust, dbus, gi, yaml, _cffi_backend
from gi.repository import GLib
print(yaml.safe_load('a: 1'), GLib.MAJOR_VERSION)
'''
PYTHON_THREADS = '''
import concurrent.futures, hashlib, ssl, sqlite3, subprocess, threading
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    print(sum(pool.map(lambda n: hashlib.sha256(b'x' * n).digest()[0] % 2 < 2, range(200))))
print(subprocess.run(['true']).returncode, sqlite3.connect(':memory:').execute('select 1').fetchone())
print(ssl.create_default_context().check_hostname, threading.active_count())
'''
PYTHON_CLOSE = '''
import ctypes, _ctypes, ctypes.util
for name in ('libz.so.1', 'libxml2.so.2', 'libsqlite3.so.0', 'libpng16.so.16', 'libcurl.so.4'):
    for count in range(3):
        library = ctypes.CDLL(name)
        _ctypes.dlclose(library._handle)
    print(name)
library = ctypes.CDLL('libxml2.so.2')
library.xmlInitParser()
library.xmlCleanupParser()
_ctypes.dlclose(library._handle)
'''
NODE_USES = '''
const fs = require('fs'), zlib = require('zlib'), crypto = require('crypto');
const { Worker, isMainThread } = require('worker_threads');
const worker = new Worker('require("worker_threads").parentPort.postMessage(42)', { eval: true });
worker.on('message', n => console.log(n));
worker.on('exit', () => crypto.pbkdf2('a', 'b', 1000, 20, 'sha1', (e, key) => {
    console.log(key.toString('hex'), zlib.gzipSync('x'.repeat(1000)).length > 10);
    console.log(require('child_process').execSync('echo child').toString());
}));
'''
JAVA_USES = '''public class Small {
    public static void main(String[] words) throws Exception {
        Thread thread = new Thread(() -> System.out.println("thread"));
        thread.start();
        thread.join();
        System.out.println(java.net.InetAddress.getLoopbackAddress());
        System.out.println(new java.util.zip.CRC32().getValue());
    }
}
'''
R_USES = ('library(stats); library(grDevices); library(splines); library(parallel); '
          'print(summary(lm(dist ~ speed, cars))$r.squared); unloadNamespace("splines"); '
          'print("splines" %in% names(getLoadedDLLs())); invisible(gc()); '
          'print(unlist(mclapply(1:3, function(n) n * n)))')


def compile_for_tcl(leaves):
    def prepare(folder):
        write(small__c=TCL_MODULE, unload__tcl=TCL_UNLOAD)(folder)
        subprocess.run(['gcc', f'-DLEAVES={leaves}', '-shared', '-fPIC', '-o', 'libsmall.so', 'small.c'],
                       cwd=folder, check=True)
    return prepare


PHP_LEFT = (
    Finding('pointer', 'mbstring.so', 'warning',
            why="mbstring's module start enters its functions in php's sapi_module (treat_data) and in the multibyte "
                "functions of zend, and its module end does not take them out"),
    Finding('pointer', 'phar.so', 'warning',
            why='phar takes the place of zend_resolve_path in php, and its module end does not put the old one back; in '
                'apache2 opcache keeps it'),
)
ICU = Finding('pointer', 'libicui18n.so.72', 'warning',
              why='ICU: libicuuc keeps the clean-up function of libicui18n (ucln_registerCleanup) and what is in its cache, '
                  'and nobody calls u_cleanup before both libraries are closed')
XS = Finding('pointer', '*.so', 'warning',
             why='the script: DynaLoader::dl_unload_file unloads the code, and the functions of perl that lead to it (CvXSUB) '
                 'stay')

# libIce takes definitions of inline functions from it.
ICE = Finding('still-mapped', 'ice.so', 'note', reasons='relocation')

HOSTS = (
    Host('php', ('php', '-r', 'echo 1;'), PHP, find=(ICE,), also=PHP_LEFT),
    Host('php-kept', ('php', '-r', 'echo 1;'), PHP, {'ZEND_DONT_UNLOAD_MODULES': '1'}),
    Host('php-uses', ('php', '-r', PHP_USES), PHP, find=(ICE,), also=(*PHP_LEFT, ICU)),
    Host('lua', ('lua5.1', '-e', LUA_USES), LUA),
    Host('lua-pinned', ('lua5.1', '-e', 'require "lgi"; require "_openssl"; print(1)'),
         ('lua5.1', 'lua-lgi', 'lua-luaossl')),
    Host('perl-unload', ('perl', '-e', PERL_UNLOAD), ('perl',), also=(XS,)),
    Host('perl-uses', ('perl', '-e', PERL_USES),
         ('perl', 'libio-socket-ssl-perl', 'libhtml-parser-perl', 'libclone-perl')),
    Host('tcl', ('tclsh8.6', 'packages.tcl'), ('tcl8.6', 'tcl-tls', 'tcl-thread'),
         prepare=write(packages__tcl=TCL_PACKAGES)),
    Host('tcl-unload', ('tclsh8.6', 'unload.tcl'), ('tcl8.6', 'gcc'), prepare=compile_for_tcl(0)),
    Host('tcl-leaves', ('tclsh8.6', 'unload.tcl'), ('tcl8.6', 'gcc'), prepare=compile_for_tcl(1),
         find=(Finding('key-destructor', 'libsmall.so', stack='Small_Init', at_least=3,
                       why='our own module, made so; tcl-unload is its clean twin'),)),
    Host('zsh', ('zsh', '-f', '-c', ZSH_UNLOAD), ('zsh',)),
    Host('bash', ('bash', '-c', BASH_UNLOAD), ('bash', 'bash-builtins')),
    Host('gawk', ('gawk', '-l', 'time', '-l', 'readdir', '-l', 'rwarray', '-l', 'filefuncs',
                  'BEGIN { print gettimeofday() > 0; chdir("/"); print stat("usr", s) }'), ('gawk',)),
    Host('gdb', ('gdb', '-batch', '-nx', '-ex', 'python print(6 * 7)', '-ex', 'run', '-ex',
                 'info sharedlibrary', '/bin/true'), ('gdb',),
         changing=(r'0x[0-9a-f]+', r'process \d+')),
    Host('vim', ('vim', '-es', '-u', 'NONE', '-N', '-c', '%s/small/large/', '-c', 'w! out.c', '-c', 'qa!',
                 'small.c'), ('vim',), prepare=write(small__c=SMALL_C), results=('out.c',)),
    Host('python-imports', ('python3', '-c', PYTHON_IMPORTS), ('python3',)),
    Host('python-packages', ('python3', '-c', PYTHON_THIRD),
         ('python3', 'python3-apt', 'python3-cryptography', 'python3-dbus', 'python3-gi',
          'python3-yaml', 'python3-cffi-backend')),
    Host('python-threads', ('python3', '-c', PYTHON_THREADS), ('python3',)),
    Host('python-dlclose', ('python3', '-c', PYTHON_CLOSE),
         ('python3', 'libxml2', 'libpng16-16', 'libcurl4')),
    Host('node', ('node', '-e', NODE_USES), ('nodejs',)),
    Host('java-version', ('java', '-version'), ('openjdk-17-jre-headless',)),
    Host('java', ('sh', '-c', 'javac Small.java && java Small'), ('openjdk-17-jdk-headless',),
         prepare=write(Small__java=JAVA_USES)),
    Host('octave', ('octave-cli', '--norc', '--eval', 'pkg load signal; x = hamming(3)'),
         ('octave', 'octave-signal'),
         find=(Finding('still-mapped', '__init_gnuplot__.so', 'note', reasons='unique-symbol'),)),
    Host('R', ('R', '--vanilla', '--no-echo', '-e', R_USES), ('r-base-core',)),
)
