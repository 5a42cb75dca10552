// SPDX-License-Identifier: MIT
/*
 * Functions that map memory and unmap it. The end of a mapping is noted before the real call, after
 * which something else may lie there. Allocators call them before anything of ours is ready.
 */

/* mmap would be mmap64. */
#undef _FILE_OFFSET_BITS

#include "registry/mappings.h"
#include "base/calls.h"
#include "base/guard.h"
#include "interpose/kernel.h"
#include "interpose/making.h"
#include "interpose/own_process.h"
#include "interpose/real.h"

#include <stdarg.h>
#include <sys/ipc.h>
#include <sys/syscall.h>

enum { PAGE = 4096 };

/* A common module deals out its mappings in parts, to any caller (the pools of libapr, jemalloc):
 * so they have no owner. A module that was just loaded may not be known yet. */
static inline bool may_be_own(struct making making)
{
    if (likely(!making_counts(making)))
        return false;
    const struct module *caller = modules_find(making.pc - 1);
    return !caller || !caller->common;
}

static COLD void note_made(void *start, size_t size, const char *call, struct making making)
{
    int saved_errno = errno;
    uint32_t site = may_be_own(making) ? making_site(making) : 0;
    if (!may_be_own(making)) /* it is known now */
        site = 0;
    errno = saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    mapping_made((uintptr_t)start, size, call, site);
    guard_leave(saved_errno);
}

static inline void *made(void *start, size_t size, const char *call, struct making making)
{
    if (unlikely(start != MAP_FAILED &&
                 (may_be_own(making) || mappings_may_have((uintptr_t)start, size))))
        note_made(start, size, call, making);
    return start;
}

EXPORT void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset)
{
    if (!REAL_IS_KNOWN(mmap))
        return (void *)early_syscall(SYS_mmap, (long)address, (long)size, protection, flags, file,
                                     offset);
    return made(real_mmap(address, size, protection, flags, file, offset), size, "mmap", MAKER());
}

EXPORT void *mmap64(void *address, size_t size, int protection, int flags, int file, off64_t offset)
{
    if (!REAL_IS_KNOWN(mmap64))
        return (void *)early_syscall(SYS_mmap, (long)address, (long)size, protection, flags, file,
                                     offset);
    return made(real_mmap64(address, size, protection, flags, file, offset), size, "mmap", MAKER());
}

static COLD void note_ended(uintptr_t start, size_t size)
{
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    mapping_ended(start, size);
    guard_leave(saved_errno);
}

EXPORT int munmap(void *address, size_t size)
{
    uintptr_t start = (uintptr_t)address;
    if (!REAL_IS_KNOWN(munmap))
        return (int)early_syscall(SYS_munmap, (long)address, (long)size, 0, 0, 0, 0);
    if (unlikely(mappings_may_have(start, size)) && start % PAGE == 0 && size)
        note_ended(start, size);
    return real_munmap(address, size);
}

static COLD void note_moved(uintptr_t from, size_t old_size, uintptr_t to, size_t size)
{
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    mapping_moved(from, old_size, to, size);
    guard_leave(saved_errno);
}

/* Noted after the call, because it may fail. Until then only a thread that maps something meanwhile
 * can get the old place, and this is noted as another mapping. */
EXPORT void *mremap(void *from, size_t old_size, size_t size, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    void *wanted = flags & MREMAP_FIXED ? va_arg(list, void *) : NULL;
    va_end(list);
    if (!REAL_IS_KNOWN(mremap))
        return (void *)early_syscall(SYS_mremap, (long)from, (long)old_size, (long)size, flags,
                                     (long)wanted, 0);
    bool is_kept = mappings_may_have((uintptr_t)from, old_size ? old_size : 1);
    void *to = real_mremap(from, old_size, size, flags, wanted);
    if (unlikely(to != MAP_FAILED && (is_kept || mappings_may_have((uintptr_t)to, size))))
        note_moved((uintptr_t)from, old_size, (uintptr_t)to, size);
    return to;
}

/* 0: not known. Uses a call that is usual for a program which attaches such memory. */
static size_t segment_size(int segment)
{
    struct shmid_ds status;
    int saved_errno = errno;
    bool is_known = calls_pass(SYS_shmctl, segment, IPC_STAT, (long)&status, 0, 0, 0) == 0;
    errno = saved_errno;
    return is_known ? status.shm_segsz : 0;
}

EXPORT void *shmat(int segment, const void *address, int flags)
{
    real_need(real_shmat);
    void *start = real_shmat(segment, address, flags);
    struct making making = MAKER();
    if (unlikely(start != MAP_FAILED && may_be_own(making) && !calls_are_filtered()))
        made(start, segment_size(segment), "shmat", making);
    return start;
}

EXPORT int shmdt(const void *address)
{
    int saved_errno;
    real_need(real_shmdt);
    if (unlikely(mappings_may_have((uintptr_t)address, 1)) && own_process_enter(&saved_errno)) {
        mapping_detached((uintptr_t)address);
        guard_leave(saved_errno);
    }
    return real_shmdt(address);
}
