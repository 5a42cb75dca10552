// SPDX-License-Identifier: MIT
/*
 * The result of dlpin_check(): with dlpin the number of new findings, without it always 0.
 *
 *   check with|without PLUGIN
 */
#include "dlpin.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool with;
static const char *path;
static void *kept;

static void expect(const char *what, int wanted)
{
    errno = EXDEV;
    int found = dlpin_check();
    if (errno != EXDEV) {
        printf("%s: errno became %d\n", what, errno);
        exit(1);
    }
    if (found != (with ? wanted : 0)) {
        printf("%s: dlpin_check() returned %d, not %d\n", what, found, wanted);
        exit(1);
    }
}

/* Loads the plug-in, calls its function, unloads it. */
static void use(const char *function)
{
    void *plugin = dlopen(path, RTLD_NOW);
    void *(*call)(void);
    *(void **)&call = plugin ? dlsym(plugin, function) : NULL;
    if (!call) {
        puts(dlerror());
        exit(1);
    }
    if (strcmp(function, "make_block") == 0)
        kept = call();
    else
        ((void (*)(void))call)();
    dlclose(plugin);
}

static void check_keys(void)
{
    use("make_key");
    expect("a key", 1);
    expect("the same key", 0);
    use("make_key");
    use("make_key");
    expect("two more keys", 2);
    dlpin_ignore_begin();
    use("make_key");
    dlpin_ignore_end();
    expect("a key that is ignored", 0);
    pthread_key_delete(1000);
    expect("a deletion of no key", 1);
}

static void check_blocks(void)
{
    use("lose_block");
    expect("a lost block", 1);
    use("make_block");
    expect("a held block", 1);
    void *plugin = dlopen(path, RTLD_NOW);
    void *(*make_block)(void);
    *(void **)&make_block = dlsym(plugin, "make_block");
    kept = make_block();
    dlpin_disown(kept);
    dlclose(plugin);
    expect("a block that was handed over", 0);
    dlpin_disown(NULL);
    dlpin_disown(&kept);
    dlpin_disown((void *)16);
}

/* The child has none of the findings that the parent got, or had still to get. */
static void check_child(void)
{
    int status;
    use("make_key");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        expect("in a child", 0);
        use("make_key");
        expect("the child's own", 1);
        exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        exit(1);
    expect("of before the child", 1);
}

static void *ignore(void *barrier)
{
    dlpin_ignore_begin();
    pthread_barrier_wait(barrier);
    pthread_barrier_wait(barrier);
    dlpin_ignore_end();
    return NULL;
}

/* Ignoring is each thread's own. */
static void check_other_thread(void)
{
    pthread_barrier_t barrier;
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    if (pthread_create(&thread, NULL, ignore, &barrier) != 0)
        exit(1);
    pthread_barrier_wait(&barrier);
    use("make_key");
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    expect("a key, while another thread ignores", 1);
}

int main(int argc, char **argv)
{
    with = argc == 3 && strcmp(argv[1], "with") == 0;
    path = argv[argc - 1];
    expect("nothing", 0);
    check_keys();
    check_blocks();
    check_child();
    check_other_thread();
    printf("%s: good\n", argv[1]);
    return kept ? 0 : 1;
}
