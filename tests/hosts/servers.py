# SPDX-License-Identifier: MIT
"""Servers, on the loopback address only: started, asked, reloaded and stopped."""

import os
import signal
import socket
import time
import urllib.error
import urllib.request

from host import Finding, Host, write
from languages import PHP_LEFT

MODULES = '/usr/lib/apache2/modules'
# In the order in which they need each other. php is not made for an MPM with threads.
COMMON = ('authz_core authz_host authz_user authn_core authn_file auth_basic auth_digest access_compat '
          'alias env mime dir negotiation autoindex status setenvif headers rewrite deflate filter brotli '
          'reqtimeout socache_shmcb ssl cache cache_disk dav dav_fs proxy proxy_http proxy_fcgi '
          'slotmem_shm proxy_balancer lbmethod_byrequests session session_cookie session_crypto include '
          'substitute xml2enc proxy_html ldap authnz_ldap dbd authn_dbd lua http2 info unique_id watchdog '
          'macro md perl').split()
CONFIGURATION = '''
ServerName localhost
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/httpd.pid
Listen 127.0.0.1:{port}
User www-data
Group www-data
ErrorLog {folder}/error.log
LogLevel notice
{modules}
StartServers 2
DocumentRoot {folder}/htdocs
TypesConfig /etc/mime.types
SSLSessionCache shmcb:{folder}/ssl(512000)
SSLSessionCacheTimeout 300
Mutex file:{folder}
<Directory {folder}/htdocs>
    Require all granted
    Options +ExecCGI
</Directory>
<FilesMatch "\\.php$">
    SetHandler application/x-httpd-php
</FilesMatch>
<FilesMatch "\\.lua$">
    SetHandler lua-script
</FilesMatch>
<FilesMatch "\\.pl$">
    SetHandler perl-script
    PerlResponseHandler ModPerl::Registry
    PerlOptions +ParseHeaders
</FilesMatch>
'''
WSGI = 'WSGIScriptAlias /wsgi {folder}/htdocs/small.wsgi\n'
PAGES = {
    'small__txt': 'plain\n',
    'small__php': '<?php echo "php ", mb_strtoupper("a"), "\\n";',
    'small__lua': 'function handle(r)\n    r.content_type = "text/plain"\n    r:puts("lua\\n")\n'
                  '    return apache2.OK\nend\n',
    'small__pl': 'print "Content-type: text/plain\\n\\nperl\\n";\n',
    'small__wsgi': 'import json, ssl\ndef application(environment, start):\n'
                  '    start("200 OK", [("Content-type", "text/plain")])\n    return [b"wsgi\\n"]\n',
}
WAIT = 600


def free_port():
    with socket.socket() as listening:
        listening.bind(('127.0.0.1', 0))
        return listening.getsockname()[1]


def module_lines(names):
    """Directives for those modules that are there as files; the others are built in."""
    special = {'php': ('php', 'libphp8.2.so')}
    lines = []
    for name in names:
        symbol, file = special.get(name, (name, f'mod_{name}.so'))
        if os.path.exists(f'{MODULES}/{file}'):
            lines.append(f'LoadModule {symbol}_module {MODULES}/{file}')
    return '\n'.join(lines)


def prepare_apache(mpm, more=()):
    def prepare(folder):
        for parent in (folder, os.path.dirname(folder)):
            os.chmod(parent, 0o755)  # its processes are of another user
        os.mkdir(os.path.join(folder, 'htdocs'))
        write(**PAGES)(os.path.join(folder, 'htdocs'))
        port = str(free_port())
        modules = module_lines([f'mpm_{mpm}', *COMMON, *more])
        text = (CONFIGURATION + (WSGI if 'wsgi' in more else '')).format(folder=folder, port=port, modules=modules)
        write(port=port, httpd__conf=text)(folder)
    return prepare


def read(folder, name):
    try:
        with open(os.path.join(folder, name), encoding='utf-8', errors='replace') as file:
            return file.read()
    except FileNotFoundError:
        return ''


def wait_for(folder, text, times):
    until = time.monotonic() + WAIT
    while read(folder, 'error.log').count(text) < times:
        if time.monotonic() > until:
            raise RuntimeError(f'not {times} times "{text}":\n' + read(folder, 'error.log'))
        time.sleep(0.05)


def ask(port, name):
    try:
        with urllib.request.urlopen(f'http://127.0.0.1:{port}/{name}', timeout=WAIT) as answer:
            return f'{name}: {answer.status} {answer.read().decode().strip()}\n'
    except urllib.error.HTTPError as error:
        return f'{name}: {error.code}\n'


def drive_apache(names, may_abort):
    """Asks for pages, reloads twice, asks again each time, and stops it."""
    def drive(folder, process):
        said = ''
        port = read(folder, 'port')
        for generation in range(1, 4):
            wait_for(folder, 'resuming normal operations', generation)
            for name in names:
                said += ask(port, name)
            if generation < 3:
                os.kill(process.pid, signal.SIGUSR1)
        os.kill(process.pid, signal.SIGTERM)
        wait_for(folder, 'caught SIGTERM', 1)
        return said + '\n'.join(bad_lines(read(folder, 'error.log').splitlines(), may_abort))
    return drive


def bad_lines(log, may_abort):
    """Lines of the error log that report a crash, each with the line before it."""
    before = 8
    bad = [number for number, line in enumerate(log)
           if ('exit signal' in line or 'Segmentation' in line or 'AH00052' in line)
           and not (may_abort and 'exit signal Abort' in line)]
    return [line for number in bad for line in log[max(0, number - before):number + 1]]


def apache(name, mpm, pages, packages, more=(), **rest):
    return Host(name, ('apache2', '-f', '@here@/httpd.conf', '-DFOREGROUND'), ('apache2', *packages),
                prepare=prepare_apache(mpm, more), drive=drive_apache(pages, mpm != 'prefork'), **rest)


# A server with threads and mod_wsgi does not stop until its children are killed, ten seconds later; and with
# mod_perl a child of it aborts now and then as it ends, with the library and without.
LANGUAGES = ('libapache2-mod-php', 'libapache2-mod-perl2', 'libapache2-mod-wsgi-py3')
PERL_ONLY = ('libapache2-mod-perl2',)
# mod_perl does what the macro FREE_THREAD_KEY of perl.h says, with the key that libperl made.
FOREIGN = (Finding('key-foreign', 'mod_perl.so', 'warning', stack='apr_pool_*', at_least=4,
                   why='mod_perl deletes PL_thr_key, which libperl made: harmless, for libperl does not use it any more'),)
# apache2 loads its modules twice; opcache.so and ice.so are not unmapped by then.
RELOADED = (Finding('still-mapped', 'libphp.so', 'warning', reasons='relocation',
                    why='opcache.so and ice.so are bound to it and stay, so that it is the old one after a reload'),
            Finding('still-mapped', 'ice.so', 'warning', reasons='relocation',
                    why='libIce takes definitions of inline functions from it'))
PHP = (Finding('still-mapped', 'ice.so', 'note', reasons='relocation',
               why='libIce takes definitions of inline functions from it'),)
OPTIONAL = tuple(
    Finding('pointer', f'mod_{name}.so', 'warning',
            why='apache2 keeps what it got of the module (APR_RETRIEVE_OPTIONAL_FN, a provider) in variables of its own; the '
                'next configuration sets them again before they are used')
    for name in ('access_compat', 'authn_core', 'authz_core', 'http2', 'ssl', 'wsgi'))
PREFORK = ('small.txt', 'small.php', 'small.lua', 'small.pl', 'wsgi', 'none')
THREADED = ('small.txt', 'small.lua', 'small.pl', 'none')

HOSTS = (
    Host('apache-test', ('apache2', '-t', '-f', '@here@/httpd.conf'),
         ('apache2', *LANGUAGES), prepare=prepare_apache('prefork', ('php', 'wsgi'))),
    apache('apache-prefork', 'prefork', PREFORK, LANGUAGES, ('php', 'wsgi'),
           find=FOREIGN + RELOADED, also=(*PHP, *PHP_LEFT, *OPTIONAL)),
    apache('apache-event', 'event', THREADED, PERL_ONLY, find=FOREIGN, also=OPTIONAL),
    apache('apache-worker', 'worker', THREADED, PERL_ONLY, find=FOREIGN, also=OPTIONAL),
)
