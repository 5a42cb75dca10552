# SPDX-License-Identifier: MIT
"""Add-ons of node in workers that end, and native libraries of Java's whose class loader is collected."""

from host import NODE_MODULES, Crash, Finding, Host, write

NODE_WORKERS = '''
const { Worker } = require('worker_threads');
const [name, count] = process.argv.slice(2);
async function run() {
    for (let round = 0; round < Number(count); round++)
        await new Promise(resolve => {
            const worker = new Worker(`require('${name}')`, { eval: true });
            worker.on('error', error => console.log(error.message));
            worker.on('exit', code => resolve(console.log('worker ends with', code)));
        });
}
run();
'''
JAVA_LOADER = '''
import java.io.InputStream;
import java.lang.ref.WeakReference;

public class Rounds {
    static class Own extends ClassLoader {
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            try (InputStream in = Rounds.class.getResourceAsStream(name + ".class")) {
                byte[] code = in.readAllBytes();
                return defineClass(name, code, 0, code.length);
            } catch (java.io.IOException error) {
                throw new ClassNotFoundException(name);
            }
        }
        public Class<?> loadClass(String name) throws ClassNotFoundException {
            return name.equals("Uses") ? findClass(name) : super.loadClass(name);
        }
    }

    static WeakReference<ClassLoader> use(String path) throws Exception {
        Own loader = new Own();
        try {
            loader.loadClass("Uses").getMethod("load", String.class).invoke(null, path);
            System.out.println(path);
        } catch (java.lang.reflect.InvocationTargetException error) {
            System.out.println(path + ": " + error.getCause().getClass().getName());
        }
        return new WeakReference<>(loader);
    }

    public static void main(String[] paths) throws Exception {
        for (String path : paths) {
            WeakReference<ClassLoader> loader = use(path);
            while (loader.get() != null) {
                System.gc();
                Thread.sleep(10);
            }
        }
        for (int i = 0; i < 20; i++) { // the libraries are unloaded by a thread of its own
            System.gc();
            Thread.sleep(10);
        }
    }
}
'''
JAVA_USES = 'public class Uses { public static void load(String path) { System.load(path); } }\n'
JNI = '/usr/lib/x86_64-linux-gnu/jni/'
JNI_LIBRARIES = {
    'libhdf5-jni': 'libhdf5_java.so', 'libjffi-jni': 'libjffi-1.2.so',
    'libjna-jni': 'libjnidispatch.system.so', 'liblz4-jni': 'liblz4-java.so',
    'libnetty-tcnative-jni': 'libnetty-tcnative.so', 'libsnappy-jni': 'libsnappyjava.so',
    'libxapian-jni': 'libxapian_jni.so', 'libxerial-sqlite-jdbc-jni': 'libsqlitejdbc.so', 'libz3-jni': 'libz3java.so',
    'libzmq-jni': 'libjzmq.so',
}


def worker(name, module, count, **more):
    return Host(name, ('node', 'workers.js', module, str(count)), ('nodejs',), {'NODE_PATH': NODE_MODULES},
                npm=(module,), prepare=write(workers__js=NODE_WORKERS), **more)


HOSTS = (
    worker('node-napi', '@napi-rs/package-template', 1, status='signal 11', complete=False,
           find=(Finding('key-destructor', 'package-template.linux-x64-gnu.node', stack='*TryLoadAddon*',
                         why='napi-rs before 2: the add-on has a jemalloc linked into it (tsd_boot0 makes the key), and node '
                             'unloads it before the thread of the worker ends. Later ones are linked with -z nodelete'),),
           crash=Crash('package-template.linux-x64-gnu.node', 'key-destructor', '_rjem_je_tsd_cleanup')),
    # The second worker is told that the module did not register itself.
    worker('node-watcher', '@parcel/watcher', 2,
           find=(Finding('still-mapped', 'watcher.node', 'warning', reasons='unique-symbol',
                         why="the add-on: unique symbols of std::regex keep it mapped, so that its constructor, which "
                             "registers it with node, does not run again"),)),
    worker('node-swc', '@swc/core', 1,
           also=(Finding('*', 'swc.linux-x64-gnu.node', 'note', why='it is linked with -z nodelete'),)),
    # The process dies in the add-on itself, which is mapped: there is nothing to report.
    worker('node-swc-again', '@swc/core', 2, status='signal 11', complete=False,
           also=(Finding('*', 'swc.linux-x64-gnu.node', 'note', why='it is linked with -z nodelete'),)),
    Host('jni', ('sh', '-c', 'javac Rounds.java Uses.java && java Rounds '
                 + ' '.join(JNI + file for file in JNI_LIBRARIES.values())),
         ('openjdk-17-jdk-headless', *JNI_LIBRARIES), prepare=write(Rounds__java=JAVA_LOADER, Uses__java=JAVA_USES),
         find=(Finding('still-mapped', 'libxapian_jni.so', 'note', reasons='relocation'),)),
)
