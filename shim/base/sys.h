// SPDX-License-Identifier: MIT
/*
 * The process and its memory, by system calls of our own (base/calls.h). They may change errno:
 * callers that run inside the program's calls are under a guard (base/guard.h), which keeps it.
 */
#ifndef DLPIN_BASE_SYS_H
#define DLPIN_BASE_SYS_H

#include "base/calls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

pid_t sys_getpid(void);

/* In a copy of the process, which has a number and descriptors of its own: sys_getpid returns this
 * number from now on, and sys_own_folder leads to this process. */
void sys_stand_in_for(pid_t process);
bool sys_stands_in(void);

/* "/proc/self": where the kernel describes the process, its descriptors among it. */
const char *sys_own_folder(void);

pid_t sys_gettid(void);

/* The calling thread's thread pointer (the TCB's address in the ABI for ELF TLS). */
static inline uintptr_t sys_thread_pointer(void)
{
    uintptr_t pointer;
#if defined(__x86_64__)
    __asm__("mov %%fs:0, %0" : "=r"(pointer));
#elif defined(__aarch64__)
    __asm__("mrs %0, tpidr_el0" : "=r"(pointer));
#else
#error "unknown architecture"
#endif
    return pointer;
}

/* True if thread `tid` of this process exists. */
bool sys_thread_alive(pid_t tid);

/* The calling thread's blocked signals, signal 1 as bit 0; also those that the C library keeps to
 * itself. Returns what was blocked before. */
uint64_t sys_block_signals(uint64_t mask);
uint64_t sys_blocked_signals(void);

/* Where the stack of the first thread began when the program was started: above lie its arguments
 * and environment, up to the name of the program. */
uintptr_t sys_first_stack_end(void);
uintptr_t sys_first_stack_top(void);

/*
 * Anonymous private memory, zeroed, not reserved; NULL where there is none. Never backed by huge
 * pages: sparse tables would otherwise cost 2 MB a touch.
 *
 * As long as there is room, our memory lies far from where the loader puts modules: none of it
 * takes the place of an unloaded module, whose addresses would then mean something else, and the
 * program's own mappings lie as they would without us.
 */
void *sys_map(size_t size);
void sys_unmap(void *p, size_t size);

/* The same for memory that will be written to from one end to the other: huge pages are welcome. */
void *sys_map_dense(size_t size);

/* The same, shared with copies of the process. sys_own_map does not report it; munmap(2) gives it
 * back. */
void *sys_map_shared(size_t size);

/* A mapping from sys_map that is still in use: our own memory, which a scan must leave out. `index`
 * is below SYS_MAPS_MAX; false: there is no mapping at this index. */
enum { SYS_MAPS_MAX = 1024 };
bool sys_own_map(unsigned index, uintptr_t *start, uintptr_t *end);

/*
 * Reads up to `size` bytes of our own memory that might not be mapped. Returns the number of bytes
 * read, or -1. Each page is tried first with a futex(2) call that reads a word and does not wait.
 * That leaves a few nanoseconds in which another thread could unmap it; process_vm_readv(2) would
 * not, but a seccomp filter that the program was started under may kill it for that, and every
 * threaded program may use futexes. So this is for memory that is never unmapped once it is there.
 * Where the program may have to supply a page (base/userfaults.h), the next function is used.
 */
ssize_t sys_read_memory(const void *from, void *to, size_t size);

/*
 * The same for memory that other threads may unmap at any time: by process_vm_readv(2), which
 * cannot fault. That call waits for pages that the program has to supply, and a seccomp filter may
 * kill the process for it. Where either is possible, we read /proc/self/mem, by calls that the
 * loader needs, too. The kernel does not wait there: such a page cannot be read, like one that is
 * not mapped. Without /proc, as above, or, where that could wait, not at all.
 */
ssize_t sys_copy_memory(const void *from, void *to, size_t size);

/* Several pieces, one after the other: as much as came before the first that cannot be read. */
struct sys_span {
    uintptr_t start;
    size_t size;
};

size_t sys_copy_spans(const struct sys_span *spans, unsigned count, char *to);

/* The calling thread will read much: keeps /proc/self/mem open where reads use that. False: they do
 * not, or it cannot be opened. */
bool sys_hold_memory(void);
void sys_release_memory(void);

/* Reads a whole small file (at most `size` - 1 bytes) and ends it with NUL. Returns the length or
 * -1. */
ssize_t sys_read_file(const char *path, char *to, size_t size);

#endif
