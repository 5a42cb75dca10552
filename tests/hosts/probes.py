# SPDX-License-Identifier: MIT
"""Programs that open each of their plug-ins to see what it is, and close it again; and programs whose plug-ins were
asked to go and come while they ran."""

import subprocess

from host import Finding, Host, write
from media import GOMP, PIXMAN, make_wave

# Its first start in a home of its own: all plug-ins are asked. No sound leaves the machine.
SILENCE = write(__asoundrc='pcm.!default { type null }\nctl.!default { type null }\n')
QT = '''
#include <QLibrary>
#include <cstdio>
int main()
{
    for (int count = 0; count < 2; count++) {
        QLibrary library("libQt5Multimedia.so.5");
        bool loaded = library.load();
        std::printf("%d %d\\n", loaded, library.unload());
    }
}
'''
FIREBIRD = '''
create database '@here@/test.fdb' user sysdba;
create table numbers (number int);
commit;
insert into numbers values (3);
select * from numbers;
quit;
'''


def prepare_audacious(folder):
    make_wave(folder)
    SILENCE(folder)


def compile_qt(folder):
    write(work__cpp=QT)(folder)
    flags = subprocess.run(['pkg-config', '--cflags', '--libs', 'Qt5Core'], capture_output=True, text=True, check=True)
    subprocess.run(['g++', '-fPIC', '-o', 'work', 'work.cpp', *flags.stdout.split()], cwd=folder, check=True)


def prepare_firebird(folder):
    write(test__sql=FIREBIRD.replace('@here@', folder))(folder)


QT_TYPES = Finding('pointer', 'libQt5Multimedia.so.5', 'warning', stack='*registerNormalizedType*',
                   why='Qt Multimedia: constructors of its variables register 136 types (QMetaType), with functions to '
                       'make and destroy objects of them, and nothing calls QMetaType::unregisterType')
GCRYPT = Finding('heap-lost', 'libgcrypt.so.20', 'warning',
                 why='a constructor of libssh initialises libgcrypt, which has no call that gives its tables back')
JACK_KEYS = Finding('key', 'libjack.so.0', 'warning', at_least=3,
                    why='libjack: its constructor makes three keys (JackGlobals), and nothing deletes them')
AUDACIOUS = (
    QT_TYPES,
    GOMP,
    Finding('heap-lost', 'xsf.so', 'warning',
            why='audacious: constructors of variables of its emulator (desmume) make objects that no destructor deletes'),
    Finding('heap-lost', 'libjack.so.0', 'warning',
            why='libjack: the same constructor makes two objects that nothing deletes'),
)
# Its backends are asked one after the other; how many of the lost blocks a check sees depends on when it is made.
SANE = (
    Finding('still-mapped', 'libsane-genesys.so.1', 'note', reasons='unique-symbol'),
    Finding('heap-lost', 'libsane-*.so.1', 'warning',
            why='SANE: backends keep the list that sane_get_devices gives out, or what sane_init made of their '
                'configuration, in a variable, and sane_exit does not free it'),
    Finding('heap-lost', 'libieee1284.so.3', 'warning',
            why='SANE: sanei_pa4s2 lists the parallel ports with ieee1284_find_ports, and does not free the list'),
    Finding('heap-lost', 'libnetsnmp.so.40', 'warning',
            why='libsane-magicolor and others call init_snmp, and nobody calls shutdown_snmp'),
    Finding('heap-lost', 'libdbus-1.so.3', 'warning',
            why='libavahi-client calls dbus_threads_init and registers with libdbus; nobody calls dbus_shutdown'),
)
# Symbols of the C++ library and of Boost that others are bound to, or that are unique in the process.
SOAPY = tuple(Finding('still-mapped', f'{name}.so', 'note', reasons=reasons) for name, reasons in (
    ('libLMS7Support', 'unique-symbol'), ('libaudioSupport', 'relocation'),
    ('libmiriSupport', 'relocation|unique-symbol'), ('libosmosdrSupport', 'unique-symbol'),
    ('librfspaceSupport', 'relocation'), ('libuhdSupport', 'relocation')))
IRDA = Finding('pointer', 'irda.so', 'warning',
               why='Wireshark: address_type_dissector_register copies functions of the plug-in into a table of '
                   'libwireshark, and has no counterpart; tshark ends after that')
RUBY = Finding('signal-handler', 'libruby-3.1.so.3.1', at_least=6,
               why='ruby_setup sets handlers for SIGSEGV, SIGBUS, SIGCHLD and others; WeeChat unloads its plug-in, and '
                   'with it libruby, after ruby_cleanup, which does not take them back')
RUBY_LEFT = (
    Finding('signal-stack', 'libruby-3.1.so.3.1',
            why="ruby_setup sets a signal stack for the main thread, and ruby_cleanup frees it, and leaves it set"),
    Finding('descriptor', 'libruby-3.1.so.3.1', 'warning', why='Ruby wakes its threads by eventfds, which ruby_cleanup does not close'),
    Finding('mapping', 'libpython3.11.so.1.0', 'note'),
    Finding('mapping', 'libruby-3.1.so.3.1', 'note'),
    *(Finding('heap-lost', name, 'warning', why=f'{name} does not give back all that it makes when it starts')
      for name in ('libruby-3.1.so.3.1', 'libpython3.11.so.1.0')),
)

HOSTS = (
    Host('gphoto2', ('gphoto2', '--list-cameras'), ('gphoto2',)),
    # libsnmp makes a folder when there is none.
    Host('scanimage', ('scanimage', '-L'), ('sane-utils', 'libsane1'), {'SNMP_PERSISTENT_DIR': '@here@'}, also=SANE),
    Host('gegl', ('gegl', '--list-all'), ('gegl',), also=(GOMP, PIXMAN, GCRYPT)),
    Host('enchant', ('enchant-lsmod-2',), ('enchant-2', 'libenchant-2-2'),
         also=(Finding('still-mapped', 'enchant_hunspell.so', 'note', reasons='relocation'),)),
    Host('babeltrace', ('babeltrace2', 'list-plugins'), ('babeltrace2',)),
    Host('trace-cmd', ('trace-cmd', 'list', '-P'), ('trace-cmd', 'libtraceevent1-plugin')),
    Host('soapy', ('SoapySDRUtil', '--info'), ('soapysdr-tools', 'soapysdr-module-all'), also=SOAPY),
    Host('ettercap', ('ettercap', '-T', '-P', 'list'), ('ettercap-text-only',)),
    Host('firebird', ('isql-fb', '-q', '-i', 'test.sql'), ('firebird3.0-utils', 'firebird3.0-server-core'),
         prepare=prepare_firebird),
    Host('vdr', ('vdr', '-V'), ('vdr', 'vdr-plugin-epgsearch', 'vdr-plugin-satip', 'vdr-plugin-streamdev-server',
                                'vdr-plugin-femon', 'vdr-plugin-osdserver')),
    # Its helpers are asked by several threads at the same time.
    Host('tshark', ('tshark', '-G', 'plugins'), ('tshark',)),
    Host('tshark-version', ('tshark', '-v'), ('tshark',), find=(IRDA,)),
    Host('qt-multimedia', ('./work',), ('qtbase5-dev', 'libqt5multimedia5', 'g++', 'pkg-config'), prepare=compile_qt,
         find=(QT_TYPES,)),
    Host('audacious', ('audacious', '-H', '-p', '-q', 'in.wav'), ('audacious', 'audacious-plugins'),
         prepare=prepare_audacious, find=(JACK_KEYS,), also=AUDACIOUS),
    Host('weechat', ('weechat-headless', '-d', '@here@/settings', '-r',
                     '/plugin unload;/plugin autoload;/plugin unload;/plugin autoload;/quit'),
         ('weechat-headless', 'weechat-plugins', 'weechat-ruby', 'weechat-python', 'weechat-perl', 'weechat-lua'),
         find=(RUBY,), also=RUBY_LEFT, compare=('out',)),  # its sequences for the terminal have no ends of lines
)
