// SPDX-License-Identifier: MIT
#include "base/guard.h"
#include "base/sys.h"
#include "modules/tls_counts.h"
#include "registry/tls_dtors.h"
#include "support.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *object, void *dso_handle);

static void destroy(void *object)
{
}

/* As the interposed function does it: libc knows of it, and the registry. */
static void add(const struct plugin *plugin, int number)
{
    struct tls_words *words = tls_counts_registering(plugin->module);
    int error = __cxa_thread_atexit_impl(destroy, NULL, plugin->data);
    cr_assert_eq(error, 0);
    tls_counts_registered(plugin->module, words, false);
    tls_dtors_add(plugin->module, (uintptr_t)plugin->destructor, (uintptr_t)&plugin->data[number]);
}

struct seen {
    unsigned threads, count;
    pid_t tid;
    struct tls_dtors last;
};

static void see(const struct thread *thread, const struct tls_dtors *dtors, void *data)
{
    struct seen *seen = data;
    seen->threads++;
    seen->count += dtors->count;
    seen->tid = atomic_load(&thread->tid);
    seen->last = *dtors;
}

static struct seen look(const struct plugin *plugin)
{
    struct seen seen = {0};
    tls_dtors_settle();
    tls_dtors_each(plugin->module, see, &seen);
    return seen;
}

struct life {
    const struct plugin *plugin;
    pthread_barrier_t barrier;
};

/* The threads run one after the other: two at the same time would hide where glibc counts them. */
static void *live(void *data)
{
    static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
    struct life *life = data;
    pthread_mutex_lock(&turn);
    add(life->plugin, 5);
    pthread_mutex_unlock(&turn);
    pthread_barrier_wait(&life->barrier);
    pthread_barrier_wait(&life->barrier);
    return NULL;
}

Test(tls_dtors, of_this_thread)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    cr_assert_not(tls_dtors_any());
    cr_assert_eq(look(&plugin).threads, 0);
    add(&plugin, 3);
    add(&plugin, 4);
    cr_assert(tls_dtors_any());
    struct seen seen = look(&plugin);
    cr_assert_eq(seen.threads, 1);
    cr_assert_eq(seen.count, 2);
    cr_assert_eq(seen.tid, sys_gettid());
    cr_assert_eq(seen.last.function.pc, (uintptr_t)plugin.destructor, "of the first");
    cr_assert_eq(seen.last.function.module, plugin.module);
    cr_assert_eq(seen.last.object, (uintptr_t)&plugin.data[3]);
}

Test(tls_dtors, what_glibc_counts)
{
    support_start();
    struct plugin plugin = support_open("plugin"), other = support_open("through");
    cr_assert_not(tls_counts_are_known());
    add(&plugin, 0);
    cr_assert(tls_counts_are_known(), "from the first registration");
    cr_assert_eq(tls_counts_pending(plugin.module), 1);
    cr_assert_eq(tls_counts_pending(other.module), 0);
    cr_assert_null(tls_counts_registering(plugin.module), "nothing is left to be learned");
    __cxa_thread_atexit_impl(destroy, NULL, plugin.data);
    cr_assert_eq(tls_counts_pending(plugin.module), 2, "also what nobody has noted");
}

Test(tls_dtors, a_registration_that_failed_teaches_nothing)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    tls_counts_registered(plugin.module, tls_counts_registering(plugin.module), true);
    tls_counts_registered(plugin.module, tls_counts_registering(plugin.module), false);
    cr_assert_not(tls_counts_are_known());
    tls_dtors_add(plugin.module, 1, 1);
    cr_assert_eq(tls_counts_pending(plugin.module), 1, "as the registry knows");
}

Test(tls_dtors, go_with_their_thread)
{
    pthread_t threads_of_test[2];
    support_start();
    struct plugin plugin = support_open("plugin");
    struct life life = {.plugin = &plugin};
    pthread_barrier_init(&life.barrier, NULL, 3);
    for (unsigned i = 0; i < 2; i++)
        pthread_create(&threads_of_test[i], NULL, live, &life);
    pthread_barrier_wait(&life.barrier);
    cr_assert_eq(look(&plugin).threads, 2);
    cr_assert_eq(tls_counts_pending(plugin.module), 2);
    cr_assert_eq(plugin.module->tls_pending, 2);
    pthread_barrier_wait(&life.barrier);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads_of_test[i], NULL);
    cr_assert_eq(tls_counts_pending(plugin.module), 0);
    cr_assert_eq(look(&plugin).threads, 0);
    /* These threads did not pass through the shim: the kernel may report their end a little
     * later. */
    while (tls_dtors_any())
        threads_collect();
    cr_assert_eq(plugin.module->tls_pending, 0);
}

Test(tls_dtors, of_other_threads_are_nobodys_in_a_fork_child)
{
    pthread_t thread;
    support_start();
    struct plugin plugin = support_open("plugin");
    struct life life = {.plugin = &plugin};
    pthread_barrier_init(&life.barrier, NULL, 2);
    pthread_create(&thread, NULL, live, &life);
    pthread_barrier_wait(&life.barrier);
    add(&plugin, 1);
    pid_t child = fork();
    if (child == 0) {
        threads_fork_child();
        struct seen seen = look(&plugin);
        _exit(seen.threads != 1 || seen.tid != sys_gettid() || plugin.module->tls_pending != 1 ||
              tls_counts_pending(plugin.module) != 2);
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert_eq(status, 0);
    pthread_barrier_wait(&life.barrier);
    pthread_join(thread, NULL);
}
