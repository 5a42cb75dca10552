// SPDX-License-Identifier: MIT
/*
 * Destructors of thread-local objects run in the same number and order, and keep mapped what they
 * keep mapped, as without the shim: at the end of threads by return, pthread_exit and cancellation,
 * before the destructors of keys, in exit(); from plug-ins opened as usual, with RTLD_DEEPBIND and
 * with dlmopen; in a fork child.
 */
#include "../observe.h"

#include <pthread.h>

enum way { BY_RETURN, BY_EXIT, BY_CANCEL };

static pthread_key_t key;
static int (*register_all)(void);

static void key_destructor(void *value)
{
    say("  key %s\n", (const char *)value);
}

static void *run(void *data)
{
    enum way way = *(enum way *)data;
    pthread_setspecific(key, "of the thread");
    check(register_all() == 0);
    say(" a thread ends\n");
    if (way == BY_EXIT)
        pthread_exit(NULL);
    if (way == BY_CANCEL) {
        pthread_cancel(pthread_self());
        pthread_testcancel();
    }
    return NULL;
}

static void threads(void)
{
    for (enum way way = BY_RETURN; way <= BY_CANCEL; way++) {
        pthread_t thread;
        check(pthread_create(&thread, NULL, run, &way) == 0);
        check(pthread_join(thread, NULL) == 0);
    }
}

static void use(const char *how, void *handle)
{
    say("%s\n", how);
    check(handle != NULL);
    register_all = (int (*)(void))symbol(handle, "register_all");
    threads();
    check(dlclose(handle) == 0);
    say(" mapped: %d\n", is_mapped("tls_dtors.so"));
}

static void child(void)
{
    void *handle = dlopen("./tls_dtors.so", RTLD_NOW);
    register_all = (int (*)(void))symbol(handle, "register_all");
    check(register_all() == 0);
    pid_t pid = fork();
    if (pid == 0) {
        say("child\n");
        exit(3);
    }
    int status;
    check(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 3);
}

static void at_exit(void)
{
    say("a handler of exit\n");
}

int main(void)
{
    atexit(at_exit);
    pthread_key_create(&key, key_destructor);
    use("usual", dlopen("./tls_dtors.so", RTLD_NOW));
    use("deepbind", dlopen("./tls_dtors.so", RTLD_NOW | RTLD_DEEPBIND));
    use("lazy", dlopen("./tls_dtors.so", RTLD_LAZY));
    void *handle = dlmopen(LM_ID_NEWLM, "./tls_dtors.so", RTLD_NOW);
    check(handle != NULL);
    register_all = (int (*)(void))symbol(handle, "register_all");
    say("namespace\n");
    threads();
    child();
    say("main ends\n");
    return observe_status();
}
