// SPDX-License-Identifier: MIT
/*
 * How much more stack a function needs because a library is in front of it, for each that the
 * library stands before. Programs call some of them on small stacks: of coroutines, of signal
 * handlers, of threads by the thousand.
 *
 * Each is called twice on a stack that was filled with a pattern before; what is overwritten
 * afterwards was used. From that is subtracted what the same program needs by itself, and the rest
 * must be within the bound in the table. `use show` prints the figures: for new bounds, round them
 * up.
 */
#include "../observe.h"
#include <locale.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <time.h>
#include <ucontext.h>

enum { STACK = 256 << 10, PASSES = 2, PATTERN = 0x5a };

extern void *__dso_handle;
extern int __cxa_atexit(void (*function)(void *), void *argument, void *handle);
extern int __cxa_at_quick_exit(void (*function)(void *), void *handle);
extern int __cxa_thread_atexit_impl(void (*function)(void *), void *object, void *handle);
extern int __register_atfork(void (*before)(void), void (*parent)(void), void (*child)(void),
                             void *handle);

static void *volatile block, *volatile aligned;
static void *quiet, *asker, *leftover;
static void *(*ask)(size_t size);
static void *(*ask_through_libc)(const char *text);
static void (*give_back)(void *block);
static pthread_key_t key;
static pthread_t thread;
static timer_t timer;
static FILE *stream;
static locale_t locale;
static void *page;

static void nothing(void)
{
}

static void nothing_with(void *argument)
{
    (void)argument;
}

static void nothing_at_exit(int status, void *argument)
{
    (void)status;
    (void)argument;
}

static void on_signal(int number)
{
    (void)number;
}

static void *end(void *argument)
{
    return argument;
}

static void call_malloc(void)
{
    block = malloc(100);
}

static void call_realloc(void)
{
    block = realloc(block, 300);
}

static void call_usable(void)
{
    check(malloc_usable_size(block) >= 300);
}

static void call_free(void)
{
    free(block);
}

static void call_calloc(void)
{
    block = calloc(3, 40);
}

static void call_memalign(void)
{
    aligned = memalign(64, 40);
}

static void call_posix_memalign(void)
{
    void *got = NULL;
    free(aligned);
    check(posix_memalign(&got, 64, 40) == 0);
    aligned = got;
}

static void call_aligned_alloc(void)
{
    free(aligned);
    aligned = aligned_alloc(64, 64);
    free(aligned);
}

static void malloc_in_plugin(void)
{
    block = ask(100);
}

static void free_in_plugin(void)
{
    give_back(block);
}

/* The caller is libc, and whose the block is depends on the frames above it. */
static void malloc_through_libc(void)
{
    block = strdup("through libc");
}

static void through_libc_in_plugin(void)
{
    block = ask_through_libc("through libc");
}

/* The distance to the caller's frame is another one each time. */
static void malloc_in_odd_frame(void)
{
    volatile size_t size = 200;
    char aligned_text[64] __attribute__((aligned(128))) = "in an odd frame";
    char *text = (char *)__builtin_alloca(size);
    block = strdup(strcpy(text, aligned_text));
}

static void call_key_create(void)
{
    check(pthread_key_create(&key, free) == 0);
}

static void call_setspecific(void)
{
    pthread_setspecific(key, &key);
    pthread_setspecific(key, NULL);
}

static void call_key_delete(void)
{
    check(pthread_key_delete(key) == 0);
}

static void call_thread_create(void)
{
    check(pthread_create(&thread, NULL, end, NULL) == 0);
}

static void call_thread_join(void)
{
    pthread_join(thread, NULL);
}

static void call_thread_atexit(void)
{
    __cxa_thread_atexit_impl(nothing_with, NULL, &__dso_handle);
}

static void call_dlopen(void)
{
    quiet = dlopen("./quiet.so", RTLD_NOW);
}

static void call_dlsym(void)
{
    check(dlsym(quiet, "nothing of that name") == NULL);
}

static void call_dlclose(void)
{
    check(dlclose(quiet) == 0);
}

static void leave_in_plugin(void)
{
    leftover = dlopen("./leftover.so", RTLD_NOW);
    ((void (*)(int))symbol(leftover, "leave"))(0);
}

static void close_with_findings(void)
{
    check(dlclose(leftover) == 0);
}

static void call_mprotect(void)
{
    check(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0);
}

static void call_on_exit(void)
{
    on_exit(nothing_at_exit, NULL);
}

static void call_cxa_atexit(void)
{
    __cxa_atexit(nothing_with, NULL, NULL);
}

static void call_at_quick_exit(void)
{
    __cxa_at_quick_exit(nothing_with, NULL);
}

static void call_atfork(void)
{
    __register_atfork(nothing, nothing, nothing, NULL);
}

static void call_timer_create(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
    check(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
}

static void call_timer_delete(void)
{
    timer_delete(timer);
}

static void call_putenv(void)
{
    static char variable[] = "STACK_USE=1";
    putenv(variable);
}

static void call_openlog(void)
{
    openlog("use", 0, LOG_USER);
}

static void call_closelog(void)
{
    closelog();
}

static void call_uselocale(void)
{
    locale_t before = uselocale(locale);
    uselocale(before);
}

static void call_setvbuf(void)
{
    static char buffer[512];
    stream = fopen("/dev/null", "w");
    setvbuf(stream, buffer, _IOFBF, sizeof buffer);
}

static void call_fclose(void)
{
    fclose(stream);
}

static void call_sigaction(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, NULL);
}

static void call_signal(void)
{
    signal(SIGUSR1, on_signal);
}

static void call_fork(void)
{
    if (fork() == 0)
        syscall(SYS_exit_group, 0);
}

static void call_prctl(void)
{
    char name[16];
    prctl(PR_GET_NAME, name);
}

static void confine(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    syscall(SYS_exit_group, 0);
}

static void call__exit(void)
{
    _exit(0);
}

static void call__Exit(void)
{
    _Exit(0);
}

static void call_exit(void)
{
    exit(0);
}

static void call_quick_exit(void)
{
    quick_exit(0);
}

static void call_execve(void)
{
    execve("/bin/true", (char *[]){(char *)"true", NULL}, (char *[]){NULL});
}

static const struct entry {
    const char *name;
    void (*call)(void);
    unsigned bounds[PASSES]; /* of the first call, and of the second; in bytes */
    bool ends;               /* the process; it is called in a child */
} entries[] = {
    {"malloc", call_malloc, {768, 256}, false},
    {"realloc", call_realloc, {768, 256}, false},
    {"malloc_usable_size", call_usable, {256, 256}, false},
    {"free", call_free, {256, 256}, false},
    {"calloc", call_calloc, {768, 256}, false},
    {"free again", call_free, {256, 256}, false},
    {"memalign", call_memalign, {512, 256}, false},
    {"posix_memalign", call_posix_memalign, {768, 256}, false},
    {"aligned_alloc", call_aligned_alloc, {512, 256}, false},
    {"malloc in a plug-in", malloc_in_plugin, {2304, 256}, false},
    {"free in a plug-in", free_in_plugin, {256, 256}, false},
    {"malloc through libc", malloc_through_libc, {1792, 512}, false},
    {"free again", call_free, {256, 256}, false},
    {"malloc, odd frame", malloc_in_odd_frame, {768, 512}, false},
    {"free again", call_free, {256, 256}, false},
    {"both in a plug-in", through_libc_in_plugin, {2304, 512}, false},
    {"free again", call_free, {256, 256}, false},
    {"pthread_key_create", call_key_create, {7424, 7424}, false},
    {"pthread_setspecific", call_setspecific, {768, 256}, false},
    {"pthread_key_delete", call_key_delete, {1024, 1024}, false},
    {"pthread_create", call_thread_create, {6912, 6912}, false},
    {"pthread_join", call_thread_join, {256, 256}, false},
    {"__cxa_thread_atexit", call_thread_atexit, {3584, 3584}, false},
    {"dlopen", call_dlopen, {3584, 3584}, false},
    {"dlsym", call_dlsym, {6144, 6144}, false},
    {"dlclose", call_dlclose, {7424, 7424}, false},
    {"plug-in that leaves", leave_in_plugin, {3072, 3072}, false},
    {"dlclose, findings", close_with_findings, {7424, 7424}, false},
    {"mprotect", call_mprotect, {512, 512}, false},
    {"on_exit", call_on_exit, {1024, 1024}, false},
    {"__cxa_atexit", call_cxa_atexit, {1024, 1024}, false},
    {"__cxa_at_quick_exit", call_at_quick_exit, {1024, 1024}, false},
    {"__register_atfork", call_atfork, {1024, 1024}, false},
    {"timer_create", call_timer_create, {512, 512}, false},
    {"timer_delete", call_timer_delete, {256, 256}, false},
    {"putenv", call_putenv, {3840, 768}, false},
    {"openlog", call_openlog, {1024, 1024}, false},
    {"closelog", call_closelog, {256, 256}, false},
    {"uselocale", call_uselocale, {1280, 1280}, false},
    {"setvbuf", call_setvbuf, {1280, 512}, false},
    {"fclose", call_fclose, {256, 256}, false},
    {"sigaction", call_sigaction, {256, 256}, false},
    {"signal", call_signal, {256, 256}, false},
    {"fork", call_fork, {256, 256}, false},
    {"prctl", call_prctl, {256, 256}, false},
    {"prctl that confines", confine, {512, 512}, true},
    {"_exit", call__exit, {256, 256}, true},
    {"_Exit", call__Exit, {256, 256}, true},
    {"exit", call_exit, {256, 256}, true},
    {"quick_exit", call_quick_exit, {256, 256}, true},
    {"execve", call_execve, {384, 384}, true},
};

enum { COUNT = sizeof entries / sizeof *entries };

static unsigned char *stack, *shared_stack;
static ucontext_t here, there;

static unsigned depth_of(const unsigned char *bytes)
{
    unsigned untouched = 0;
    while (untouched < STACK && bytes[untouched] == PATTERN)
        untouched++;
    return STACK - untouched;
}

static void call_on(unsigned char *bytes, void (*call)(void))
{
    memset(bytes, PATTERN, STACK);
    getcontext(&there);
    there.uc_stack.ss_sp = bytes;
    there.uc_stack.ss_size = STACK;
    there.uc_link = &here;
    makecontext(&there, call, 0);
    swapcontext(&here, &there);
}

static unsigned measure(const struct entry *entry)
{
    if (!entry->ends) {
        call_on(stack, entry->call);
        return depth_of(stack);
    }
    int status = -1;
    pid_t pid = fork();
    if (pid == 0)
        call_on(shared_stack, entry->call);
    waitpid(pid, &status, 0);
    check(status == 0);
    return depth_of(shared_stack);
}

static void *map(int how)
{
    return mmap(NULL, STACK, PROT_READ | PROT_WRITE, how | MAP_ANONYMOUS, -1, 0);
}

static void measure_all(unsigned depths[COUNT][PASSES])
{
    stack = (unsigned char *)map(MAP_PRIVATE);
    shared_stack = (unsigned char *)map(MAP_SHARED);
    page = map(MAP_PRIVATE);
    asker = open_plugin("./asker.so", RTLD_NOW);
    ask = (void *(*)(size_t))symbol(asker, "ask");
    ask_through_libc = (void *(*)(const char *))symbol(asker, "ask_through_libc");
    give_back = (void (*)(void *))symbol(asker, "give_back");
    for (unsigned pass = 0; pass < PASSES; pass++)
        for (unsigned i = 0; i < COUNT; i++)
            depths[i][pass] = measure(&entries[i]);
}

/* By system calls alone: nothing that is in front of this program follows. */
static void measure_alone(unsigned depths[COUNT][PASSES])
{
    static char *arguments[] = {(char *)"/proc/self/exe", (char *)"alone", NULL};
    static char *environment[] = {(char *)"LD_BIND_NOW=1", NULL};
    int pipes[2], status = -1;
    check(pipe2(pipes, O_CLOEXEC) == 0);
    pid_t pid = vfork();
    if (pid == 0) {
        syscall(SYS_dup3, pipes[1], STDOUT_FILENO, 0);
        syscall(SYS_execve, arguments[0], arguments, environment);
        syscall(SYS_exit_group, 127);
    }
    close(pipes[1]);
    size_t size = sizeof(unsigned) * COUNT * PASSES;
    check(read(pipes[0], depths, size) == (ssize_t)size);
    waitpid(pid, &status, 0);
    check(status == 0);
    close(pipes[0]);
}

static void judge(const struct entry *entry, const unsigned *with, const unsigned *without,
                  bool show)
{
    bool within = true;
    int more[PASSES];
    for (unsigned pass = 0; pass < PASSES; pass++) {
        more[pass] = (int)with[pass] - (int)without[pass];
        within &= more[pass] <= (int)entry->bounds[pass];
    }
    observe_failures += !within;
    if (show)
        say("%-20s %6d %6d bytes more (bounds: %u, %u; alone: %u, %u)\n", entry->name, more[0],
            more[1], entry->bounds[0], entry->bounds[1], without[0], without[1]);
    else if (within)
        say("%s: within its bounds\n", entry->name);
    else
        say("FAILED: %s needs %d bytes more of the stack at first, %d later; its bounds are %u, "
            "%u\n",
            entry->name, more[0], more[1], entry->bounds[0], entry->bounds[1]);
}

int main(int argc, char **argv)
{
    static unsigned with[COUNT][PASSES], without[COUNT][PASSES];
    bool alone = argc > 1 && strcmp(argv[1], "alone") == 0;
    locale = duplocale(LC_GLOBAL_LOCALE);
    measure_all(with);
    if (alone)
        return write(STDOUT_FILENO, with, sizeof with) != sizeof with;
    measure_alone(without);
    for (unsigned i = 0; i < COUNT; i++)
        judge(&entries[i], with[i], without[i], argc > 1);
    return observe_status();
}
