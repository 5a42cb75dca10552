# SPDX-License-Identifier: MIT
"""Programs that load plug-ins for cryptography, authentication and data, and everyday programs."""

from host import Finding, Host, write

SMALL_C = '#include <stdio.h>\nint main(void)\n{\n    puts("small");\n    return 0;\n}\n'
SMALL_MAKE = 'all: small\n\t./small\nsmall: small.c\n\tgcc -O1 -o $@ $<\n'
SMALL_CMAKE = 'cmake_minimum_required(VERSION 3.20)\nproject(small C)\nadd_executable(small small.c)\n'
SMALL_REPOSITORY = (
    'export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a '
    'GIT_COMMITTER_EMAIL=a GIT_AUTHOR_DATE="1700000000 +0000" GIT_COMMITTER_DATE="1700000000 +0000"; '
    'git init -q -b main . && git add . && git commit -q -m small && git log --stat && git gc -q '
    '&& git fsck && git clone -q . copy && ls copy')

LINKER = (
    Finding('heap-lost', 'liblto_plugin.so', 'warning',
            why='liblto_plugin: its onload copies what the linker tells it, and has nothing that frees that'),
    Finding('pointer', 'liblto_plugin.so', 'warning',
            why='libbfd: try_load_plugin closes the plug-in and keeps its claim_file in the list of plug-ins; the next use '
                'opens the plug-in and sets it again first'),
)
# Where these are installed, they are in common-auth.
CCREDS = Finding('heap-lost', 'libgcrypt.so.20', 'warning', stack='pam_cc_validate_credentials',
                 why='pam_ccreds: what gcry_md_open gives it is never closed with gcry_md_close')
GO = Finding('*', 'pam_fscrypt.so', 'note', why='written in Go, which is linked with -z nodelete')

HOSTS = (
    Host('sqlite', ('sqlite3', ':memory:', "select load_extension('mod_spatialite')",
                    'select spatialite_version()'),
         ('sqlite3', 'libsqlite3-mod-spatialite')),
    Host('sqlite-again',
         ('sqlite3', ':memory:', "select load_extension('mod_spatialite')", '.open x.db',
          "select load_extension('mod_spatialite')", '.open y.db',
          "select load_extension('libsqlite3_mod_xpath')"),
         ('sqlite3', 'libsqlite3-mod-spatialite', 'libsqlite3-mod-xpath')),
    Host('hashcat', ('hashcat', '--hash-info'), ('hashcat',)),
    Host('p11-kit', ('p11-kit', 'list-modules'),
         ('p11-kit', 'p11-kit-modules', 'softhsm2', 'opensc')),
    Host('sasl', ('saslpluginviewer',), ('sasl2-bin', 'libsasl2-modules')),
    Host('openssl-engine', ('openssl', 'engine', '-t', '-c', 'dynamic', 'gost', 'pkcs11'),
         ('openssl', 'libengine-gost-openssl', 'libengine-pkcs11-openssl')),
    Host('openssl-legacy', ('openssl', 'list', '-providers', '-provider', 'legacy'), ('openssl',)),
    Host('pam', ('pamtester', 'common-auth', 'nobody', 'authenticate'), ('pamtester', 'libpam-krb5'),
         status='exit 1', also=(CCREDS, GO)),
    Host('odbc', ('isql', '-v', 'small'), ('unixodbc', 'libsqliteodbc'), status='exit 1'),
    Host('nbdkit', ('nbdkit', '--filter=delay', '--filter=cache', 'memory', '1M', '--run', 'true'),
         ('nbdkit',), find=(Finding('heap-lost', 'nbdkit-memory-plugin.so', 'warning',
                                     why='the plug-in: the constructor of its list of allocators (register_allocator) takes '
                                         'memory that no destructor gives back'),)),
    # Every one is linked with -z nodelete.
    Host('pulse', ('pulseaudio', '--dump-modules'), ('pulseaudio',),
         find=(Finding('still-mapped', 'module-*.so', 'note', reasons='nodelete', at_least=60),),
         also=(Finding('still-mapped', 'module-echo-cancel.so', 'note', reasons='nodelete|relocation',
                       why='a C++ library that it needs is bound to it, too'),)),
    Host('git', ('sh', '-c', SMALL_REPOSITORY), ('git',), prepare=write(small__c=SMALL_C)),
    Host('ssh', ('ssh', '-V'), ('openssh-client',)),
    Host('curl', ('curl', '-sS', 'file://@here@/small.c'), ('curl',),
         prepare=write(small__c=SMALL_C)),
    # Their own malloc calls prctl and mmap, perhaps before anything else does.
    Host('firefox', ('firefox-esr', '--version'), ('firefox-esr',), changing=(r'\[\d+\] ',)),
    Host('chromium', ('chromium', '--version'), ('chromium',)),
    Host('coreutils',
         ('sh', '-c', 'ls -la /usr/bin | wc -l; sort -r small.c | tac | md5sum; id -u; '
                      'seq 9999 | sort -n --parallel=2 | tail -1; stat -c %s small.c; '
                      'find . -name "*.c" | xargs wc; timeout 600 env true'),
         ('coreutils', 'findutils'), prepare=write(small__c=SMALL_C)),
    Host('make', ('make', '-j2'), ('make', 'gcc'),
         prepare=write(small__c=SMALL_C, Makefile=SMALL_MAKE), also=LINKER),
    Host('make-lto', ('sh', '-c', 'gcc -flto -O2 -g small.c -o small && ./small && objdump -d small '
                                  '| wc -l && strip small && ./small'),
         ('gcc', 'binutils'), prepare=write(small__c=SMALL_C), also=LINKER),
    Host('cmake', ('sh', '-c', 'cmake -S . -B build && cmake --build build && build/small'),
         ('cmake', 'make', 'gcc'), prepare=write(small__c=SMALL_C, CMakeLists__txt=SMALL_CMAKE),
         changing=(r'\([0-9.]+s\)',), also=LINKER),
)
