// SPDX-License-Identifier: MIT
/*
 * A library that stays, and gives the kernel what the thread's slot has, as the buffer of a read.
 *
 * No defect: while the thread waits, the pointer is in a register of it and nowhere else; then the
 * thread goes on with it.
 */
#include "host.h"
#include "plugin.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *volatile buffer;
static volatile pid_t reader;
static int ends[2];

#if defined(__x86_64__)
/* The system call leaves this register as it is. */
static void read_into_buffer(void)
{
    long result = SYS_read;

    __asm__ volatile("xor %%esi, %%esi\n\t"
                     "xchg %%rsi, %[buffer]\n\t"
                     "syscall\n\t"
                     "xchg %%rsi, %[buffer]"
                     : "+a"(result), [buffer] "+m"(buffer)
                     : "D"(ends[0]), "d"(1)
                     : "rsi", "rcx", "r11", "memory");
}
#else
static void read_into_buffer(void)
{
    (void)!read(ends[0], buffer, 1);
}
#endif

static void *start_reader(void *argument)
{
    reader = (pid_t)syscall(SYS_gettid);
    host_arrive();
    read_into_buffer();
    return argument;
}

ENTRY(take)
{
    pthread_t thread;

    buffer = (void *)host_slot();
    host_set_slot(NULL);
    if (pipe(ends) != 0 || pthread_create(&thread, NULL, start_reader, NULL) != 0)
        return -1;
    host_await();
    host_await_blocked(reader, NULL);
    return 0;
}
