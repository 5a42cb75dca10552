// SPDX-License-Identifier: MIT
/*
 * A process dies on a stack that has room for a signal and 1 KB more, with memory below it that
 * nobody may touch: of the same signal as alone, and what it died of is recorded.
 */
#include "../observe.h"
#include <stdbool.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { PATTERN = 0x5a, ROOM = 1 << 20, SPARE = 1024 };

static void (*gone)(int);
static char *end; /* of the stack; what can be touched begins with a page */
static ucontext_t here, there;

static void on_signal(int number)
{
    (void)number;
}

static void be_signalled(void)
{
    raise(SIGUSR1);
}

static void call(void)
{
    gone(0);
}

static void send_bus(void)
{
    raise(SIGBUS);
}

static void send_illegal(void)
{
    raise(SIGILL);
}

static void call_on(size_t size, void (*function)(void))
{
    getcontext(&there);
    there.uc_stack.ss_sp = end - size;
    there.uc_stack.ss_size = size;
    there.uc_link = &here;
    makecontext(&there, function, 0);
    swapcontext(&here, &there);
}

static char *map_room(void)
{
    char *room = (char *)mmap(NULL, ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(mprotect(room + ROOM / 2, ROOM / 2, PROT_READ | PROT_WRITE) == 0);
    return room + ROOM / 2;
}

/* How much of a stack it takes to be sent a signal and to handle it. */
static size_t size_for_signal(void)
{
    const char *start = map_room();
    size_t untouched = 0;
    end = (char *)start + ROOM / 2;
    memset((char *)start, PATTERN, ROOM / 2);
    signal(SIGUSR1, on_signal);
    call_on(ROOM / 2, be_signalled);
    while (start[untouched] == PATTERN)
        untouched++;
    return ROOM / 2 - untouched;
}

static const struct {
    const char *name;
    void (*function)(void);
} ways[] = {{"called", call}, {"SIGBUS is sent", send_bus}, {"SIGILL is sent", send_illegal}};

static void die(unsigned way)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        size_t size = (size_for_signal() + SPARE) & ~(size_t)15;
        end = map_room() + size; /* first, for it must not lie where the plug-in was */
        void *handle = open_plugin("./leftover.so", RTLD_NOW);
        gone = (void (*)(int))symbol(handle, "leave");
        gone(0);
        check(dlclose(handle) == 0);
        call_on(size, ways[way].function);
        _exit(77);
    }
    waitpid(pid, &status, 0);
    say("%s: %s\n", ways[way].name, status_text(status));
}

int main(void)
{
    for (unsigned way = 0; way < sizeof ways / sizeof *ways; way++)
        die(way);
    return observe_status();
}
