// SPDX-License-Identifier: MIT
/*
 * The host that `dlpin try` runs: it loads one library, calls the functions that were named, and
 * unloads the library, several times.
 *
 *   dlpin-try-driver LIBRARY LOADS MODE PROGRESS [WORD...]
 *
 * MODE is main, thread (all in a thread that ends afterwards) or cross (a thread opens, the main
 * thread closes). A WORD is now, global, deepbind, with=LIBRARY, call=SYMBOL or
 * before-close=SYMBOL. PROGRESS is the file that says how far it came (try/reached.h reads it). It
 * is opened for each line, because the library may close descriptors that are not its own. The
 * driver needs nothing but the C library: whatever else were in the process would take part in what
 * is tried.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct plan {
    const char *library, *mode, *progress;
    long loads;
    char **words; /* NULL at the end */
    int flags;
};

static void say(const struct plan *plan, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(const struct plan *plan, const char *format, ...)
{
    int file = open(plan->progress, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    va_list arguments;

    if (file < 0)
        return;
    va_start(arguments, format);
    vdprintf(file, format, arguments);
    va_end(arguments);
    close(file);
}

/* The value of a word "name=value", or NULL. */
static const char *value_of(const char *word, const char *name)
{
    size_t length = strlen(name);

    return strncmp(word, name, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

static bool call_all(const struct plan *plan, void *handle, const char *name)
{
    for (char **word = plan->words; *word != NULL; word++) {
        const char *symbol = value_of(*word, name);
        void (*function)(void);

        if (symbol == NULL)
            continue;
        *(void **)&function = dlsym(handle, symbol);
        if (function == NULL) {
            say(plan, "missing %s\n", symbol);
            return false;
        }
        function();
    }
    return true;
}

static void *open_library(const struct plan *plan, long load)
{
    void *handle;

    say(plan, "open %ld\n", load);
    handle = dlopen(plan->library, plan->flags);
    if (handle == NULL) {
        say(plan, "refused %s\n", dlerror());
        return NULL;
    }
    say(plan, "use %ld\n", load);
    if (call_all(plan, handle, "call"))
        return handle;
    dlclose(handle);
    return NULL;
}

static bool close_library(const struct plan *plan, void *handle, long load)
{
    bool good = call_all(plan, handle, "before-close");

    say(plan, "close %ld\n", load);
    dlclose(handle);
    say(plan, "closed %ld\n", load);
    return good;
}

static void *load_all(void *argument)
{
    const struct plan *plan = argument;

    for (long load = 1; load <= plan->loads; load++) {
        void *handle = open_library(plan, load);

        if (handle == NULL || !close_library(plan, handle, load))
            break;
    }
    return NULL;
}

static void load_in_thread(struct plan *plan)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, load_all, plan) == 0)
        pthread_join(thread, NULL);
}

struct crossing {
    const struct plan *plan;
    void *handle; /* of the load that was asked for */
    long load;    /* 0: there is none any more */
    sem_t asked, opened;
};

static void *open_when_asked(void *argument)
{
    struct crossing *crossing = argument;

    while (sem_wait(&crossing->asked) == 0 && crossing->load > 0) {
        crossing->handle = open_library(crossing->plan, crossing->load);
        sem_post(&crossing->opened);
    }
    return NULL;
}

static void load_across(struct plan *plan)
{
    struct crossing crossing = {.plan = plan};
    pthread_t thread;

    sem_init(&crossing.asked, 0, 0);
    sem_init(&crossing.opened, 0, 0);
    if (pthread_create(&thread, NULL, open_when_asked, &crossing) != 0)
        return;
    for (long load = 1; load <= plan->loads; load++) {
        crossing.load = load;
        sem_post(&crossing.asked);
        sem_wait(&crossing.opened);
        if (crossing.handle == NULL || !close_library(plan, crossing.handle, load))
            break;
    }
    crossing.load = 0;
    sem_post(&crossing.asked);
    pthread_join(thread, NULL);
}

/* Reads the words on how to open; false where a library that is to be held cannot be opened. */
static bool prepare(struct plan *plan)
{
    plan->flags = RTLD_LAZY;
    for (char **word = plan->words; *word != NULL; word++) {
        const char *with = value_of(*word, "with");

        if (strcmp(*word, "now") == 0)
            plan->flags = (plan->flags & ~RTLD_LAZY) | RTLD_NOW;
        else if (strcmp(*word, "global") == 0)
            plan->flags |= RTLD_GLOBAL;
        else if (strcmp(*word, "deepbind") == 0)
            plan->flags |= RTLD_DEEPBIND;
        else if (with != NULL && dlopen(with, RTLD_LAZY | RTLD_GLOBAL) == NULL) {
            say(plan, "refused %s\n", dlerror());
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct plan plan;

    if (argc < 5) {
        fputs("usage: dlpin-try-driver LIBRARY LOADS MODE PROGRESS [WORD...]\n", stderr);
        return 2;
    }
    plan = (struct plan){.library = argv[1],
                         .loads = atol(argv[2]),
                         .mode = argv[3],
                         .progress = argv[4],
                         .words = argv + 5};
    if (prepare(&plan)) {
        if (strcmp(plan.mode, "thread") == 0)
            load_in_thread(&plan);
        else if (strcmp(plan.mode, "cross") == 0)
            load_across(&plan);
        else
            load_all(&plan);
    }
    say(&plan, "end\n");
    return 0;
}
