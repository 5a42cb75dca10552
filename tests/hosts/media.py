# SPDX-License-Identifier: MIT
"""Sound, picture and video programs."""

import os
import shutil
import wave

from host import Finding, Host

LIBRARIES = '/usr/lib/x86_64-linux-gnu'
LADSPA = ('ladspa-sdk', 'tap-plugins', 'swh-plugins', 'caps', 'cmt', 'blop', 'blepvco', 'mcp-plugins')


def make_wave(folder):
    """A second of a saw-tooth."""
    with wave.open(os.path.join(folder, 'in.wav'), 'wb') as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(b''.join((number * 97 % 20000 - 10000).to_bytes(2, 'little', signed=True)
                                  for number in range(44100)))


def copy_of(source, name):
    """Prepares a copy of a folder of modules, for tools that write their cache beside them."""
    def prepare(folder):
        shutil.copytree(source, os.path.join(folder, name))
    return prepare


PIXMAN = Finding('heap-lost', 'libpixman-1.so.0', 'warning',
                 why='libpixman: its constructor makes a list of implementations (_pixman_choose_implementation), and no '
                     'destructor frees that')
GOMP = Finding('heap-lost', 'libgomp.so.1', 'warning',
               why='libgomp: its constructor (initialize_env) takes 24 bytes that no destructor gives back')
SOX = Finding('pointer', 'libsox_fmt_*.so', 'warning',
              why='libsox: sox_format_quit closes the formats and leaves their functions in the table of formats, behind '
                  'the length that it has then')
VLC = (
    PIXMAN,
    GOMP,
    Finding('pointer', 'libgnutls.so.30', 'note',
            why="libc leaves a fork handler that was taken out in its list's memory, behind the end"),
)

# Three variables of its inline functions (readelf -Ws: UNIQUE).
CAPS = Finding('still-mapped', 'caps.so', 'note', reasons='unique-symbol')

HOSTS = (
    Host('ladspa-list', ('listplugins',), LADSPA, {'LADSPA_PATH': '/usr/lib/ladspa'}, find=(CAPS,)),
    Host('ladspa-apply',
         ('applyplugin', 'in.wav', 'out.wav', '/usr/lib/ladspa/caps.so', 'Plate', '.5', '.5', '.5', '.5'),
         ('ladspa-sdk', 'caps'), prepare=make_wave, results=('out.wav',),
         changing=(r'[0-9.]+ s\b',), find=(CAPS,)),
    Host('vamp', ('vamp-simple-host', 'vamp-example-plugins:zerocrossing', 'in.wav'),
         ('vamp-plugin-sdk', 'vamp-examples'), {'VAMP_PATH': f'{LIBRARIES}/vamp'},
         prepare=make_wave),
    Host('sox-help', ('sox', '--help'), ('sox', 'libsox-fmt-all'), also=(SOX,)),
    Host('sox-convert', ('sox', 'in.wav', 'out.flac', 'reverse'), ('sox', 'libsox-fmt-all'),
         prepare=make_wave, results=('out.flac',), also=(SOX,)),
    Host('aplay', ('aplay', '-L'), ('alsa-utils',)),
    Host('mpg123', ('mpg123', '--list-modules'), ('mpg123',)),
    Host('gdk-pixbuf', (f'{LIBRARIES}/gdk-pixbuf-2.0/gdk-pixbuf-query-loaders',),
         ('libgdk-pixbuf2.0-bin', 'librsvg2-common'), {'GDK_PIXBUF_MODULEDIR': '@here@/loaders'},
         prepare=copy_of(f'{LIBRARIES}/gdk-pixbuf-2.0/2.10.0/loaders', 'loaders'), also=(PIXMAN,)),
    Host('gio', ('gio-querymodules', 'modules'), ('libglib2.0-bin', 'glib-networking'),
         prepare=copy_of(f'{LIBRARIES}/gio/modules', 'modules'),
         results=('modules/giomodule.cache',)),
    Host('identify', ('identify', '-list', 'format'),
         ('imagemagick', 'libmagickcore-6.q16-6-extra'), also=(PIXMAN,)),
    # The times of the files are in the cache, and are those of the copy.
    Host('vlc-cache', (f'{LIBRARIES}/vlc/vlc-cache-gen', '@here@/plugins'),
         ('vlc-bin', 'vlc-plugin-base'), prepare=copy_of(f'{LIBRARIES}/vlc/plugins', 'plugins'),
         results=('plugins/plugins.dat',), also=VLC),
)
