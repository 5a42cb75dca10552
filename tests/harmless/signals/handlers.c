// SPDX-License-Identifier: MIT
/*
 * Handlers of the program get what they get without the shim: code, address, alternate stack; a
 * jump out of them works; SA_RESETHAND and chains to the handler before keep their meaning.
 */
#include "../observe.h"
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>

static sigjmp_buf back;
static volatile char *volatile target;
static volatile int seen_code;
static volatile int seen_address;
static volatile int on_stack;
static struct sigaction before;
static volatile int chained;

static void jump_out(int number, siginfo_t *info, void *context)
{
    (void)context;
    stack_t stack;
    sigaltstack(NULL, &stack);
    seen_code = info->si_code;
    seen_address = (char *)info->si_addr == (char *)target;
    on_stack = stack.ss_flags == SS_ONSTACK;
    siglongjmp(back, number);
}

static void fault(const char *name, int flags)
{
    struct sigaction action = {.sa_sigaction = jump_out, .sa_flags = SA_SIGINFO | flags};
    check(sigaction(SIGSEGV, &action, NULL) == 0);
    int number = sigsetjmp(back, 1);
    if (number == 0)
        *target = 1;
    struct sigaction now;
    sigaction(SIGSEGV, NULL, &now);
    say("%s: signal %d, code %d, address %s, %s stack, then %s\n", name, number, seen_code,
        seen_address ? "right" : "wrong", on_stack ? "alternate" : "same",
        now.sa_handler == SIG_DFL ? "default" : "the handler");
}

static void chain(int number)
{
    chained++;
    if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
        before.sa_handler(number);
    else
        say("the handler before is %s\n", before.sa_handler == SIG_DFL ? "default" : "ignored");
}

static int overflow(volatile char *above, int depth)
{
    volatile char area[4096];
    area[0] = *above;
    if (depth < 0)
        return area[0];
    return overflow(area, depth + 1) + area[0];
}

int main(void)
{
    static char area[65536];
    stack_t stack = {.ss_sp = area, .ss_size = sizeof area};
    char first = 0;
    target = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fault("plain", 0);
    leave_something();
    fault("after a plug-in", 0);
    check(sigaltstack(&stack, NULL) == 0);
    fault("on its own stack", SA_ONSTACK);
    fault("once", (int)SA_RESETHAND);
    fault("not deferred", SA_NODEFER);

    struct rlimit small = {256 << 10, 256 << 10};
    struct sigaction action = {.sa_sigaction = jump_out, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    setrlimit(RLIMIT_STACK, &small);
    sigaction(SIGSEGV, &action, NULL);
    if (sigsetjmp(back, 1) == 0)
        overflow(&first, 0);
    say("stack overflow: %s stack\n", on_stack ? "alternate" : "same");

    struct sigaction chaining = {.sa_handler = chain};
    check(sigaction(SIGBUS, &chaining, &before) == 0);
    raise(SIGBUS);
    signal(SIGABRT, SIG_IGN);
    check(sigaction(SIGABRT, &chaining, &before) == 0);
    raise(SIGABRT);
    say("chained %d\n", chained);
    return observe_status();
}
