# SPDX-License-Identifier: MIT
"""Programs that load and unload many modules of one kind: nginx, MariaDB, PAM, LV2, GStreamer."""

import os
import signal
import subprocess
import time

from host import Finding, Host, plugins_of, write
from servers import WAIT, ask, free_port, read
from tools import CCREDS, GO

LIBRARIES = '/usr/lib/x86_64-linux-gnu'
NGINX_MODULES = {
    'libnginx-mod-http-ndk': 'ndk_http', 'libnginx-mod-http-echo': 'ngx_http_echo',
    'libnginx-mod-http-geoip': 'ngx_http_geoip', 'libnginx-mod-http-image-filter': 'ngx_http_image_filter',
    'libnginx-mod-http-perl': 'ngx_http_perl', 'libnginx-mod-http-xslt-filter': 'ngx_http_xslt_filter',
    'libnginx-mod-http-headers-more-filter': 'ngx_http_headers_more_filter',
    'libnginx-mod-http-subs-filter': 'ngx_http_subs_filter', 'libnginx-mod-stream': 'ngx_stream',
}
NGINX = '''
daemon off;
user root;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log notice;
{modules}
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    perl_set $five 'sub {{ return 2 + 3; }}';
    server {{
        listen 127.0.0.1:{port};
        location /echo {{ echo "$five $host"; more_set_headers "X-Small: 1"; }}
    }}
}}
'''
MARIADB_PLUGINS = (
    'auth_ed25519 auth_pam cracklib_password_check disks file_key_management ha_archive ha_blackhole ha_connect '
    'ha_federated ha_federatedx ha_mroonga ha_oqgraph ha_rocksdb ha_s3 ha_sphinx ha_spider handlersocket locales '
    'metadata_lock_info password_reuse_check provider_bzip2 provider_lz4 provider_lzma provider_lzo provider_snappy '
    'query_cache_info query_response_time server_audit simple_password_check sql_errlog wsrep_info').split()
MARIADB_PACKAGES = tuple(f'mariadb-plugin-{name}' for name in (
    'connect', 'cracklib-password-check', 'mroonga', 'oqgraph', 'provider-bzip2', 'provider-lz4', 'provider-lzma',
    'provider-lzo', 'provider-snappy', 'rocksdb', 's3', 'spider'))
MARIADB = r'''
folder=$PWD
mariadb-install-db --no-defaults --datadir=$folder/data --user=root --skip-test-db >install.log 2>&1 || exit
mariadbd --no-defaults --datadir=$folder/data --socket=$folder/socket --skip-networking --user=root \
    --log-error=$folder/error.log --innodb-buffer-pool-size=8M &
ask() { mariadb --no-defaults --socket=$folder/socket -N -B -e "$1" 2>&1; }
until ask 'select 1' >/dev/null; do kill -0 $! || exit; sleep 0.1; done
for plugin in @plugins@; do
    echo $plugin
    ask "install soname '$plugin'" | grep -v -i warning
    ask "uninstall soname '$plugin'" | grep -v -i warning
done
ask shutdown
wait $!
echo ended with $?
'''.replace('@plugins@', ' '.join(MARIADB_PLUGINS))
PAM = '''
import ctypes, os, threading
pam = ctypes.CDLL('libpam.so.0')
libc = ctypes.CDLL(None)
libc.calloc.restype = ctypes.c_void_p
CONV = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)
class Conv(ctypes.Structure):
    _fields_ = [('conv', CONV), ('data', ctypes.c_void_p)]
def talk(count, messages, answers, data):
    return 19  # PAM_CONV_ERR
conv = Conv(CONV(talk), None)
def delay(*rest):
    pass
DELAY = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p)(delay)
def use(path):
    name = os.path.basename(path).removesuffix('.so')
    with open(name, 'w') as file:
        for kind in ('auth', 'account'):
            print(kind, 'optional', path, file=file)
    handle = ctypes.c_void_p()
    started = pam.pam_start_confdir(name.encode(), b'nobody', ctypes.byref(conv), os.getcwd().encode(),
                                    ctypes.byref(handle))
    pam.pam_set_item(handle, 10, ctypes.cast(DELAY, ctypes.c_void_p))
    auth = pam.pam_authenticate(handle, 0x8000)
    account = pam.pam_acct_mgmt(handle, 0x8000)
    print(name, started, auth, account, pam.pam_end(handle, 0), flush=True)
def work():
    for count in range(2):
        for path in open('paths').read().split():
            use(path)
thread = threading.Thread(target=work)
thread.start()
thread.join()
while os.path.exists(f'/proc/self/task/{thread.native_id}'):
    pass
print('end')
'''
PAM_PACKAGES = tuple(f'libpam-{name}' for name in (
    'modules', 'abl', 'apparmor', 'cap', 'ccreds', 'duo', 'fscrypt', 'gnome-keyring', 'google-authenticator', 'krb5',
    'ldapd', 'mount', 'passwdqc', 'pkcs11', 'pwquality', 'radius-auth', 'script', 'sss', 'systemd', 'tmpdir', 'u2f',
    'winbind', 'yubico'))
LV2 = '''
import ctypes
lilv = ctypes.CDLL('liblilv-0.so.0')
for name in ('world_new', 'world_get_all_plugins', 'plugins_begin', 'plugins_next', 'plugins_get', 'plugin_get_uri',
             'node_as_string', 'plugin_instantiate'):
    getattr(lilv, 'lilv_' + name).restype = ctypes.c_void_p
lilv.lilv_node_as_string.restype = ctypes.c_char_p
P = ctypes.c_void_p
world = P(lilv.lilv_world_new())
lilv.lilv_world_load_all(world)
plugins = P(lilv.lilv_world_get_all_plugins(world))
at = lilv.lilv_plugins_begin(plugins)
while not lilv.lilv_plugins_is_end(plugins, P(at)):
    plugin = P(lilv.lilv_plugins_get(plugins, P(at)))
    uri = lilv.lilv_node_as_string(P(lilv.lilv_plugin_get_uri(plugin)))
    instance = lilv.lilv_plugin_instantiate(plugin, ctypes.c_double(48000), None)
    print(uri.decode(), bool(instance), flush=True)
    if instance:
        lilv.lilv_instance_free(P(instance))
    at = lilv.lilv_plugins_next(plugins, P(at))
lilv.lilv_world_free(world)
'''


LV2_PACKAGES = ('calf-plugins', 'mda-lv2', 'invada-studio-plugins-lv2', 'fomp', 'blop-lv2')


def prepare_nginx(folder):
    port = str(free_port())
    lines = '\n'.join(f'load_module /usr/lib/nginx/modules/{name}_module.so;' for name in NGINX_MODULES.values())
    write(port=port, nginx__conf=NGINX.format(folder=folder, port=port, modules=lines))(folder)


def wait_for_workers(folder, count):
    until = time.monotonic() + WAIT
    while read(folder, 'error.log').count('start worker process ') < count:
        if time.monotonic() > until:
            raise RuntimeError(f'not {count} workers:\n' + read(folder, 'error.log'))
        time.sleep(0.05)


def drive_nginx(folder, process):
    """Asks for a page, reloads three times, asks again each time, and stops it."""
    said = ''
    for generation in range(1, 5):
        wait_for_workers(folder, generation)
        said += ask(read(folder, 'port'), 'echo')
        os.kill(process.pid, signal.SIGHUP if generation < 4 else signal.SIGQUIT)
    return said


def files_of(*packages):
    listed = subprocess.run(['dpkg', '-L', *packages], capture_output=True, text=True, check=True).stdout
    return sorted(set(listed.split()))


def prepare_pam(folder):
    """The modules of these packages; without pam_userdb, which dies of SIGSEGV without arguments."""
    names = {os.path.basename(path) for path in files_of(*PAM_PACKAGES)
             if '/security/pam_' in path and path.endswith('.so')} - {'pam_userdb.so'}
    write(modules__py=PAM, paths='\n'.join(f'{LIBRARIES}/security/{name}' for name in sorted(names)))(folder)


def prepare_lv2(folder):
    """Links to the bundles of these packages alone, and to the vocabulary."""
    write(all__py=LV2)(folder)
    os.mkdir(os.path.join(folder, 'lv2'))
    for path in files_of('lv2-dev', *LV2_PACKAGES):
        if path.startswith('/usr/lib/') and path.endswith('.lv2') and path.count('/lv2/') == 1:
            os.symlink(path, os.path.join(folder, 'lv2', os.path.basename(path)))


FILTERS = tuple(
    Finding('pointer', f'ngx_http_{name}_module.so', 'warning',
            why='nginx: the last filters stay in ngx_http_top_header_filter and its like until the process ends, and the '
                'modules are closed before that')
    for name in ('brotli_filter', 'echo', 'headers_more_filter', 'image_filter', 'subs_filter', 'xslt_filter'))
PERL = Finding('still-mapped', 'ngx_http_perl_module.so', 'note', reasons='relocation',
               why='nginx.so, which perl opens, is bound to its symbols')
PROVIDERS = tuple(
    Finding('pointer', name, 'warning',
            why="MariaDB: the provider's functions stay in the service (provider_service_…) when it is uninstalled; the "
                'server asks whether it is loaded before it calls them')
    for name in ('libbz2.so.1.0', 'liblz4.so.1', 'liblzma.so.5', 'liblzo2.so.2', 'libsnappy.so.1'))
MARIADB_LEFT = (
    *PROVIDERS,
    Finding('thread-routine', 'ha_rocksdb.so', 'warning',
            why="MyRocks: the threads of RocksDB's environment (rocksdb:high, rocksdb:low) go on when it is uninstalled; it "
                'stays mapped for its unique symbols alone'),
    Finding('*', 'ha_rocksdb.so', 'note', why='likewise: it stays, with its keys and descriptors'),
    Finding('still-mapped', 'ha_*.so', 'note', reasons='unique-symbol', why='unique symbols of templates'),
)

HOSTS = (
    Host('nginx', ('nginx', '-c', '@here@/nginx.conf', '-e', '@here@/error.log', '-p', '@here@'),
         ('nginx', *NGINX_MODULES), prepare=prepare_nginx, drive=drive_nginx, also=(*FILTERS, PERL)),
    Host('mariadb', ('sh', '-c', MARIADB), ('mariadb-server', 'mariadb-client', *MARIADB_PACKAGES),
         changing=(r'\d{4}-\d\d-\d\d +\d+:\d\d:\d\d', r'as process \d+'), also=MARIADB_LEFT),
    Host('pam-modules', ('python3', 'modules.py'), ('python3', *PAM_PACKAGES), prepare=prepare_pam,
         find=(Finding('descriptor', 'pam_radius_auth.so', 'warning', stack='pam_sm_authenticate', at_least=2,
                       why='pam_radius_auth: initialize opens its configuration with fopen, and returns without fclose where '
                           'no server is named'),),
         also=(CCREDS, GO)),
    Host('lv2', ('python3', 'all.py'), ('python3', 'liblilv-0-0', 'lv2-dev', *LV2_PACKAGES),
         {'LV2_PATH': '@here@/lv2'}, prepare=prepare_lv2,
         find=(Finding('still-mapped', 'calf.so', 'warning', reasons='unique-symbol',
                       why='calf: unique symbols of templates; each plug-in in it opens it again'),
               Finding('heap-lost', 'inv_tube.so', 'warning', stack='lv2_descriptor', at_least=2,
                       why='invada: lv2_descriptor makes the descriptors with malloc, and nothing frees them'))),
    Host('gst-inspect', ('gst-inspect-1.0',),
         ('gstreamer1.0-tools', 'gstreamer1.0-plugins-base', 'gstreamer1.0-plugins-good'),
         {'GST_REGISTRY': '@here@/registry', 'GST_REGISTRY_FORK': 'no',
          'GST_PLUGIN_SYSTEM_PATH_1_0': '@here@/plugins'},
         prepare=plugins_of('gstreamer1.0-plugins-base', 'gstreamer1.0-plugins-good')),
)
