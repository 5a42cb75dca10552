// SPDX-License-Identifier: MIT
/*
 * The host of the samples: an ordinary program that loads plug-ins, uses them and unloads them, in
 * the steps that its arguments give:
 *
 *   host open plugin call plugin start close plugin
 *
 * (The steps of the second part are in host_keys.c, those of the third in host_threads.c, "forget"
 * is in host_registry.c, what is done with a given descriptor in host_descriptors.c, "fork" and its
 * like in host_process.c, those about signals in host_signals.c, "wait" is in host_waits.c,
 * "feed" in host_io.c.)
 *
 * The host knows nothing of dlpin. On success it is silent, and its exit status is 0. A plug-in
 * that is still mapped after its "close" is named on stdout. With SAMPLES_VERBOSE in the
 * environment it says on stderr what it does.
 *
 *   open P                load ./P.so (a name with a slash is taken as it is)
 *   open-deepbind P       … with RTLD_DEEPBIND
 *   open-global P         … with RTLD_GLOBAL
 *   open-lazy P           … with RTLD_LAZY
 *   open-nodelete P       … with RTLD_NODELETE
 *   open-namespace P      … with dlmopen, in a namespace of its own
 *   crowd P D N           load N copies of it that are made in the folder D
 *   disperse              unload those
 *   grow N                take N MB of memory for good, and use them
 *   call P F              call the entry point F of P; nonzero ends the host with status 1
 *   close P               unload it
 *   close-at-exit P       unload it in a handler of atexit()
 *   close-covered P       unload it, and map other memory where it began
 *   enter-cover           run that memory, which cannot be run
 *
 *   key none|free|count   make the host's own key; its destructor is none, free(), one of the host
 *   keys N                make N keys of the host; the last one is its own
 *   key-of P F            make the host's own key, with the destructor F of P
 *   use                   set the host's value for its key in this thread
 *   clear                 set it to NULL
 *   adopt                 give the heap block that is its value a new size
 *   delete                delete the host's key
 *
 *   thread T              start a thread of the host
 *   in T STEP             let thread T do the step, and wait for it
 *   send T STEP           the same without waiting; the thread does its steps one after the other
 *   work                  work in this thread for ever
 *   pause                 block this thread in the host, with dead memory on its stack
 *   await                 wait until one more thread has come to wait in the host
 *   blocked T             … and until thread T, or the first one, "main", waits for whatever
 *   resume                let one of those go on that are in host_pause()
 *   return T              end thread T by return, and join it
 *   exit T                … by pthread_exit()
 *   cancel T              … by pthread_cancel()
 *   wake                  end the threads that wait in host_park() or host_service(); join them
 *   wake-to-exit          … by pthread_exit()
 *   cancel-parked         … by pthread_cancel()
 *   settle                wait until the calling thread is the only one
 *
 *   wait HOW P V          wait in this thread for the variable V of P, or with V as a buffer:
 * semaphore, shortly, mutex, condition, read, readv, recv, recvmsg, poll, epoll
 *
 *   robust-lock           lock a robust mutex of the host in this thread
 *   robust                … and unlock it again
 *   epoll-clear           give the entries of the host's epoll instance other data
 *
 *   feed                  give asynchronous I/O something to read, and wait until the request with
 *                         the host's control block is over
 *
 *   input                 say "ready" on stdout, and wait for a byte on stdin
 *
 *   forget                clear the host's table and list, and the slot of this thread
 *
 *   read-given            read a byte from the descriptor that a plug-in gave to the host
 *   write-given           write one to it
 *   copy-given            dup() it
 *   watch-given           wait for it with an epoll instance that stays open
 *   close-given           close it
 *   close-to-given        open another file under its number with dup2()
 *   replace-given         close it, and open another file, by raw system calls
 *
 *   drivers               call the functions in the host's table, and read the names
 *   drivers-at-exit       … in a handler of atexit()
 *
 *   fork                  fork a child that ends at once, and wait for it
 *   fork-close P          fork a child that unloads P and ends, and wait for it
 *   getenv V              print the environment variable V
 *   clearenv              empty the environment
 *   syslog TEXT           send a line to the system log
 *   handle SIGNAL         let the host handle it: USR1, USR2 or SEGV; what it does says so
 *   handle-on-stack SIGNAL … on the signal stack of whichever thread it comes to
 *   signal-stack          give this thread a signal stack of the host
 *   default SIGNAL        set SIG_DFL for it
 *   raise SIGNAL          … in the calling thread
 *
 *   copy P FILE           copy ./P.so to FILE (hot reload: each build gets a name of its own)
 *   remove FILE           remove it
 *   leave HOW N           end the process at once: exit, _exit or quick_exit, with status N;
 *                         exec, of /bin/true after an absent one; kill, by SIGKILL
 *   repeat N STEP…        do all the steps that follow N times
 */
#include "host.h"
#include "steps.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PLUGINS_MAX 8

struct plugin {
    const char *name; /* NULL: this place is free */
    void *handle;
    char path[PATH_MAX];
};

static struct plugin plugins[PLUGINS_MAX];

void die(const char *what, const char *why)
{
    printf("host: %s: %s\n", what, why);
    exit(1);
}

static void say(const char *what, const char *whom)
{
    static int verbose = -1;

    if (verbose < 0)
        verbose = getenv("SAMPLES_VERBOSE") != NULL;
    if (verbose)
        fprintf(stderr, "host: %s %s\n", what, whom);
}

/* ---- plug-ins ---- */

static struct plugin *find_plugin(const char *name)
{
    for (struct plugin *p = plugins; p < plugins + PLUGINS_MAX; p++)
        if (p->name && strcmp(p->name, name) == 0)
            return p;
    die(name, "not open");
    return NULL;
}

/* The file of a plug-in: "session" is ./session.so. */
static void file_of(const char *name, char *file)
{
    if (strchr(name, '/'))
        snprintf(file, PATH_MAX, "%s", name);
    else
        snprintf(file, PATH_MAX, "./%s.so", name);
}

static void open_plugin(const char *name, int flags, Lmid_t namespace)
{
    struct plugin *p = plugins;
    char file[PATH_MAX];

    while (p < plugins + PLUGINS_MAX && p->name)
        p++;
    if (p == plugins + PLUGINS_MAX)
        die(name, "too many plug-ins");
    file_of(name, file);
    if (!realpath(file, p->path))
        die(file, strerror(errno));
    if (namespace == LM_ID_BASE)
        p->handle = dlopen(p->path, (flags & RTLD_LAZY ? 0 : RTLD_NOW) | RTLD_LOCAL | flags);
    else
        p->handle = dlmopen(namespace, p->path, RTLD_NOW | RTLD_LOCAL | flags);
    if (!p->handle)
        die("dlopen", dlerror());
    p->name = name;
    say("opened", p->path);
}

static void step_open(char **arg)
{
    open_plugin(arg[0], 0, LM_ID_BASE);
}

static void step_open_deepbind(char **arg)
{
    open_plugin(arg[0], RTLD_DEEPBIND, LM_ID_BASE);
}

static void step_open_global(char **arg)
{
    open_plugin(arg[0], RTLD_GLOBAL, LM_ID_BASE);
}

static void step_open_lazy(char **arg)
{
    open_plugin(arg[0], RTLD_LAZY, LM_ID_BASE);
}

static void step_open_nodelete(char **arg)
{
    open_plugin(arg[0], RTLD_NODELETE, LM_ID_BASE);
}

static void step_open_namespace(char **arg)
{
    open_plugin(arg[0], 0, LM_ID_NEWLM);
}

void *find_function(const char *plugin, const char *function)
{
    void *found = dlsym(find_plugin(plugin)->handle, function);

    if (!found)
        die("dlsym", dlerror());
    return found;
}

static void step_call(char **arg)
{
    int (*entry)(void);

    *(void **)&entry = find_function(arg[0], arg[1]);
    say("calls", arg[1]);
    if (entry() != 0)
        die(arg[1], "failed");
}

/* True if a file of that path is mapped, as the kernel sees it; a removed file counts too. */
static bool is_mapped(const char *path)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[PATH_MAX + 100];
    size_t length = strlen(path);
    bool found = false;

    while (maps && !found && fgets(line, sizeof line, maps)) {
        const char *at = strstr(line, path);
        found = at && (at[length] == '\n' || at[length] == ' ');
    }
    if (maps)
        fclose(maps);
    return found;
}

static void close_plugin(struct plugin *p)
{
    if (dlclose(p->handle) != 0)
        die("dlclose", dlerror());
    say("closed", p->path);
    if (is_mapped(p->path))
        printf("%s is still mapped\n", p->name);
    p->name = NULL;
}

void host_close_and_leave(const char *name)
{
    close_plugin(find_plugin(name));
    exit(0);
}

static void step_close(char **arg)
{
    close_plugin(find_plugin(arg[0]));
}

static void *cover;

static void step_close_covered(char **arg)
{
    enum { SIZE = 2 * 4096 };
    struct plugin *plugin = find_plugin(arg[0]);
    struct link_map *map;

    if (dlinfo(plugin->handle, RTLD_DI_LINKMAP, &map) != 0)
        die("dlinfo", dlerror());
    cover = (void *)map->l_addr;
    close_plugin(plugin);
    if (mmap(cover, SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) !=
        cover)
        die("mmap", strerror(errno));
}

static void step_enter_cover(char **arg)
{
    void (*entry)(void);

    (void)arg;
    *(void **)&entry = cover;
    entry();
}

static struct plugin *closed_at_exit;

static void close_now(void)
{
    close_plugin(closed_at_exit);
}

static void step_close_at_exit(char **arg)
{
    closed_at_exit = find_plugin(arg[0]);
    if (atexit(close_now) != 0)
        die("atexit", "failed");
}

/* ---- files ---- */

static void copy_plugin(const char *name, const char *to)
{
    char from[PATH_MAX], buffer[65536];
    FILE *in, *out;
    size_t got;

    file_of(name, from);
    in = fopen(from, "re");
    out = fopen(to, "we");
    if (!in || !out)
        die(to, strerror(errno));
    while ((got = fread(buffer, 1, sizeof buffer, in)) > 0)
        fwrite(buffer, 1, got, out);
    fclose(in);
    if (fclose(out) != 0)
        die(to, strerror(errno));
}

static void step_copy(char **arg)
{
    copy_plugin(arg[0], arg[1]);
}

/* ---- many ---- */

enum { CROWD_MAX = 1024 };

static void *crowd[CROWD_MAX];
static int crowd_count;

static void step_crowd(char **arg)
{
    int count = atoi(arg[2]);

    for (int i = 0; i < count && crowd_count < CROWD_MAX; i++) {
        char file[PATH_MAX];

        snprintf(file, sizeof file, "%s/crowd-%d.so", arg[1], i);
        copy_plugin(arg[0], file);
        crowd[crowd_count] = dlopen(file, RTLD_NOW | RTLD_LOCAL);
        if (!crowd[crowd_count++])
            die("dlopen", dlerror());
    }
}

static void step_disperse(char **arg)
{
    (void)arg;
    while (crowd_count > 0)
        dlclose(crowd[--crowd_count]);
}

static void step_grow(char **arg)
{
    enum { SIZE = 4000 };
    static void **grown; /* each block begins with where the one before is */

    for (long left = atol(arg[0]) << 20; left > 0; left -= SIZE) {
        void **block = malloc(SIZE);

        if (!block)
            die("malloc", strerror(errno));
        memset(block, 1, SIZE);
        *block = grown;
        grown = block;
    }
}

static void step_remove(char **arg)
{
    if (unlink(arg[0]) != 0)
        die(arg[0], strerror(errno));
}

/* ---- input ---- */

static void step_input(char **arg)
{
    char byte;

    (void)arg;
    puts("ready");
    fflush(stdout);
    if (read(STDIN_FILENO, &byte, 1) < 0)
        die("read", strerror(errno));
}

/* ---- the end ---- */

static void step_leave(char **arg)
{
    int status = atoi(arg[1]);

    if (strcmp(arg[0], "exit") == 0)
        exit(status);
    if (strcmp(arg[0], "_exit") == 0)
        _exit(status);
    if (strcmp(arg[0], "quick_exit") == 0)
        quick_exit(status);
    if (strcmp(arg[0], "exec") == 0) {
        /* As a search through PATH does. */
        execl("/absent/true", "true", (char *)NULL);
        execl("/bin/true", "true", (char *)NULL);
    }
    if (strcmp(arg[0], "kill") == 0)
        raise(SIGKILL);
    die(arg[0], "cannot leave so");
}

/* ---- steps ---- */

static const struct verb {
    const char *name;
    int words; /* how many words follow it */
    void (*run)(char **arg);
} verbs[] = {
    {"open", 1, step_open},
    {"open-deepbind", 1, step_open_deepbind},
    {"open-global", 1, step_open_global},
    {"open-lazy", 1, step_open_lazy},
    {"open-nodelete", 1, step_open_nodelete},
    {"open-namespace", 1, step_open_namespace},
    {"call", 2, step_call},
    {"close", 1, step_close},
    {"close-at-exit", 1, step_close_at_exit},
    {"close-covered", 1, step_close_covered},
    {"enter-cover", 0, step_enter_cover},
    {"key", 1, step_key},
    {"keys", 1, step_keys},
    {"key-of", 2, step_key_of},
    {"use", 0, step_use},
    {"clear", 0, step_clear},
    {"adopt", 0, step_adopt},
    {"delete", 0, step_delete},
    {"thread", 1, step_thread},
    {"return", 1, step_return},
    {"exit", 1, step_exit},
    {"cancel", 1, step_cancel},
    {"wake", 0, step_wake},
    {"wake-to-exit", 0, step_wake_to_exit},
    {"cancel-parked", 0, step_cancel_parked},
    {"settle", 0, step_settle},
    {"await", 0, step_await},
    {"blocked", 1, step_blocked},
    {"pause", 0, step_pause},
    {"resume", 0, step_resume},
    {"input", 0, step_input},
    {"work", 0, step_work},
    {"wait", 3, step_wait},
    {"robust", 0, step_robust},
    {"robust-lock", 0, step_robust_lock},
    {"epoll-clear", 0, step_epoll_clear},
    {"feed", 0, step_feed},
    {"forget", 0, step_forget},
    {"read-given", 0, step_read_given},
    {"write-given", 0, step_write_given},
    {"copy-given", 0, step_copy_given},
    {"watch-given", 0, step_watch_given},
    {"close-given", 0, step_close_given},
    {"close-to-given", 0, step_close_to_given},
    {"replace-given", 0, step_replace_given},
    {"drivers", 0, step_drivers},
    {"drivers-at-exit", 0, step_drivers_at_exit},
    {"fork", 0, step_fork},
    {"fork-close", 1, step_fork_close},
    {"getenv", 1, step_getenv},
    {"clearenv", 0, step_clearenv},
    {"syslog", 1, step_syslog},
    {"handle", 1, step_handle},
    {"handle-on-stack", 1, step_handle_on_stack},
    {"signal-stack", 0, step_signal_stack},
    {"default", 1, step_default},
    {"raise", 1, step_raise},
    {"copy", 2, step_copy},
    {"crowd", 3, step_crowd},
    {"disperse", 0, step_disperse},
    {"grow", 1, step_grow},
    {"remove", 1, step_remove},
    {"leave", 2, step_leave},
};

static void need_words(char **word, int count)
{
    for (int i = 0; i < count; i++)
        if (!word[i + 1])
            die(word[0], "a word is missing");
}

/* The word behind a step. */
char **skip_step(char **word)
{
    if (strcmp(word[0], "in") == 0 || strcmp(word[0], "send") == 0)
        return skip_step(word + 2);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].name, word[0]) != 0)
            continue;
        need_words(word, verbs[i].words);
        return word + 1 + verbs[i].words;
    }
    die(word[0], "no such step");
    return word;
}

char **do_step(char **word)
{
    if (strcmp(word[0], "in") == 0) {
        need_words(word, 2);
        return let_do(word[1], word + 2);
    }
    if (strcmp(word[0], "send") == 0) {
        need_words(word, 2);
        return send_to(word[1], word + 2);
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].name, word[0]) != 0)
            continue;
        need_words(word, verbs[i].words);
        verbs[i].run(word + 1);
        return word + 1 + verbs[i].words;
    }
    die(word[0], "no such step");
    return word;
}

int main(int argc, char **argv)
{
    char **word = argv + 1;
    void *unused;

    (void)argc;
    parking_init();
    /* The C library opens libgcc_s.so.1 for that. A thread that ends does, too, and then it may
     * come to lie where a plug-in was: no crash to show. */
    backtrace(&unused, 1);
    while (*word && strcmp(*word, "repeat") != 0)
        word = do_step(word);
    if (*word) {
        need_words(word, 2);
        for (long rounds = atol(word[1]); rounds > 0; rounds--)
            for (char **next = word + 2; *next;)
                next = do_step(next);
    }
    return 0;
}
