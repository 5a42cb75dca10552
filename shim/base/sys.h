// SPDX-License-Identifier: MIT
/*
 * System calls made directly, so that nothing of ours passes through functions that the program, or
 * we ourselves, interpose. They return what syscall(2) returns and may change errno: callers that
 * run inside the program's calls are under a guard (base/guard.h), which keeps it.
 */
#ifndef DLPIN_BASE_SYS_H
#define DLPIN_BASE_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

pid_t sys_getpid(void);
pid_t sys_gettid(void);

/* Whether thread `tid` of this process exists. */
bool sys_thread_alive(pid_t tid);

/* Nanoseconds on CLOCK_MONOTONIC. */
uint64_t sys_monotonic_ns(void);

/* Sleeps; unlike nanosleep(2) through libc it is no cancellation point. */
void sys_pause_us(unsigned microseconds);

/* Anonymous private memory, zeroed, not reserved; NULL where there is none. Never backed by huge
 * pages: sparse tables would otherwise cost 2 MB a touch. */
void *sys_map(size_t size);
void sys_unmap(void *p, size_t size);

/*
 * Reads up to `size` bytes of our own memory that might not be mapped. Returns the number of bytes
 * read, or -1. Each page is tried first with a futex(2) call that reads a word and does not wait.
 * That leaves a few nanoseconds in which another thread could unmap it; process_vm_readv(2) would
 * not, but a seccomp filter that the program put in place may kill it for that, and every threaded
 * program may use futexes.
 */
ssize_t sys_read_memory(const void *from, void *to, size_t size);

/* Reads a whole small file (at most `size` - 1 bytes) and ends it with NUL. Returns the length or
 * -1. */
ssize_t sys_read_file(const char *path, char *to, size_t size);

#endif
