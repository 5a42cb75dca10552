// SPDX-License-Identifier: MIT
/*
 * Functions that open and close descriptors. Many of them are points of cancellation, and may be
 * called in signal handlers: nothing is held across the real call. A close is noted before the real
 * call, after which the number may belong to another file.
 *
 * Allocators open files before anything of ours is ready.
 */
/* open would be open64. */
#undef _FILE_OFFSET_BITS

#include "interpose/descriptors.h"
#include "base/guard.h"
#include "interpose/children.h"
#include "interpose/kernel.h"
#include "interpose/making.h"
#include "interpose/own_process.h"
#include "interpose/real.h"
#include "interpose/shell.h"

#include <stdarg.h>
#include <sys/syscall.h>

static COLD void note_opened(int number, const char *call, struct making making)
{
    int saved_errno = errno;
    uint32_t site = making_counts(making) ? making_site(making) : 0;
    errno = saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    descriptor_opened(number, call, site);
    guard_leave(saved_errno);
}

/* Returns the number. */
static inline int opened(int number, const char *call, struct making making)
{
    if (unlikely(number >= 0 && (making_counts(making) || descriptor_is_kept(number))))
        note_opened(number, call, making);
    return number;
}

static inline void both_opened(const int *numbers, const char *call, struct making making)
{
    opened(numbers[0], call, making);
    opened(numbers[1], call, making);
}

static COLD void note_closed(unsigned first, unsigned last)
{
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    descriptors_closed(first, last);
    guard_leave(saved_errno);
}

static inline void closes(int number)
{
    if (unlikely(descriptor_is_kept(number)))
        note_closed((unsigned)number, (unsigned)number);
}

void descriptors_note_used(int number, uintptr_t pc)
{
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    descriptor_used(number, pc);
    guard_leave(saved_errno);
}

static inline void uses(int number, struct making making)
{
    descriptors_used(number, making.pc);
}

/* As the C library has it: else there is no such argument. */
#define MODE_OF(flags)                                             \
    __extension__({                                                \
        mode_t mode_ = 0;                                          \
        if ((flags)&O_CREAT || ((flags)&O_TMPFILE) == O_TMPFILE) { \
            va_list list_;                                         \
            va_start(list_, flags);                                \
            mode_ = va_arg(list_, mode_t);                         \
            va_end(list_);                                         \
        }                                                          \
        mode_;                                                     \
    })

static COLD int open_early(int folder, const char *path, int flags, mode_t mode)
{
    return (int)early_syscall(SYS_openat, folder, (long)path, flags, mode, 0, 0);
}

EXPORT int open(const char *path, int flags, ...)
{
    mode_t mode = MODE_OF(flags);
    if (!REAL_IS_KNOWN(open))
        return open_early(AT_FDCWD, path, flags, mode);
    return opened(real_open(path, flags, mode), "open", MAKER());
}

EXPORT int open64(const char *path, int flags, ...)
{
    mode_t mode = MODE_OF(flags);
    if (!REAL_IS_KNOWN(open64))
        return open_early(AT_FDCWD, path, flags, mode);
    return opened(real_open64(path, flags, mode), "open", MAKER());
}

EXPORT int openat(int folder, const char *path, int flags, ...)
{
    mode_t mode = MODE_OF(flags);
    if (!REAL_IS_KNOWN(openat))
        return open_early(folder, path, flags, mode);
    return opened(real_openat(folder, path, flags, mode), "openat", MAKER());
}

EXPORT int openat64(int folder, const char *path, int flags, ...)
{
    mode_t mode = MODE_OF(flags);
    if (!REAL_IS_KNOWN(openat64))
        return open_early(folder, path, flags, mode);
    return opened(real_openat64(folder, path, flags, mode), "openat", MAKER());
}

/* With _FORTIFY_SOURCE, where the flags are not known to the compiler. */
EXPORT int __open_2(const char *path, int flags)
{
    real_need(real___open_2);
    return opened(real___open_2(path, flags), "open", MAKER());
}

EXPORT int __open64_2(const char *path, int flags)
{
    real_need(real___open64_2);
    return opened(real___open64_2(path, flags), "open", MAKER());
}

EXPORT int __openat_2(int folder, const char *path, int flags)
{
    real_need(real___openat_2);
    return opened(real___openat_2(folder, path, flags), "openat", MAKER());
}

EXPORT int __openat64_2(int folder, const char *path, int flags)
{
    real_need(real___openat64_2);
    return opened(real___openat64_2(folder, path, flags), "openat", MAKER());
}

EXPORT int creat(const char *path, mode_t mode)
{
    real_need(real_creat);
    return opened(real_creat(path, mode), "creat", MAKER());
}

EXPORT int creat64(const char *path, mode_t mode)
{
    real_need(real_creat64);
    return opened(real_creat64(path, mode), "creat", MAKER());
}

EXPORT int mkstemp(char *path)
{
    real_need(real_mkstemp);
    return opened(real_mkstemp(path), "mkstemp", MAKER());
}

EXPORT int mkstemp64(char *path)
{
    real_need(real_mkstemp64);
    return opened(real_mkstemp64(path), "mkstemp", MAKER());
}

EXPORT int mkostemp(char *path, int flags)
{
    real_need(real_mkostemp);
    return opened(real_mkostemp(path, flags), "mkostemp", MAKER());
}

EXPORT int memfd_create(const char *name, unsigned flags)
{
    real_need(real_memfd_create);
    return opened(real_memfd_create(name, flags), "memfd_create", MAKER());
}

EXPORT int shm_open(const char *name, int flags, mode_t mode)
{
    REAL_LATE(shm_open);
    return opened(real_shm_open(name, flags, mode), "shm_open", MAKER());
}

EXPORT int socket(int domain, int type, int protocol)
{
    real_need(real_socket);
    return opened(real_socket(domain, type, protocol), "socket", MAKER());
}

EXPORT int socketpair(int domain, int type, int protocol, int numbers[2])
{
    real_need(real_socketpair);
    int error = real_socketpair(domain, type, protocol, numbers);
    if (!error)
        both_opened(numbers, "socketpair", MAKER());
    return error;
}

EXPORT int accept(int socket, __SOCKADDR_ARG address, socklen_t *size)
{
    real_need(real_accept);
    return opened(real_accept(socket, address, size), "accept", MAKER());
}

EXPORT int accept4(int socket, __SOCKADDR_ARG address, socklen_t *size, int flags)
{
    real_need(real_accept4);
    return opened(real_accept4(socket, address, size, flags), "accept4", MAKER());
}

EXPORT int pipe(int numbers[2])
{
    real_need(real_pipe);
    int error = real_pipe(numbers);
    if (!error)
        both_opened(numbers, "pipe", MAKER());
    return error;
}

EXPORT int pipe2(int numbers[2], int flags)
{
    real_need(real_pipe2);
    int error = real_pipe2(numbers, flags);
    if (!error)
        both_opened(numbers, "pipe2", MAKER());
    return error;
}

EXPORT int dup(int number)
{
    real_need(real_dup);
    uses(number, MAKER());
    return opened(real_dup(number), "dup", MAKER());
}

EXPORT int dup2(int number, int to)
{
    real_need(real_dup2);
    if (number == to)
        return real_dup2(number, to);
    uses(number, MAKER());
    return opened(real_dup2(number, to), "dup2", MAKER());
}

EXPORT int dup3(int number, int to, int flags)
{
    real_need(real_dup3);
    uses(number, MAKER());
    return opened(real_dup3(number, to, flags), "dup3", MAKER());
}

/* Every command's argument comes in one register. */
#define ARGUMENT_OF(command)                     \
    __extension__({                              \
        va_list list_;                           \
        va_start(list_, command);                \
        void *argument_ = va_arg(list_, void *); \
        va_end(list_);                           \
        argument_;                               \
    })

static inline int controlled(int result, int command, struct making making)
{
    bool is_copy = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
    return is_copy ? opened(result, "fcntl", making) : result;
}

EXPORT int fcntl(int number, int command, ...)
{
    void *argument = ARGUMENT_OF(command);
    if (!REAL_IS_KNOWN(fcntl))
        return (int)early_syscall(SYS_fcntl, number, command, (long)argument, 0, 0, 0);
    uses(number, MAKER());
    return controlled(real_fcntl(number, command, argument), command, MAKER());
}

EXPORT int fcntl64(int number, int command, ...)
{
    void *argument = ARGUMENT_OF(command);
    if (!REAL_IS_KNOWN(fcntl64))
        return (int)early_syscall(SYS_fcntl, number, command, (long)argument, 0, 0, 0);
    uses(number, MAKER());
    return controlled(real_fcntl64(number, command, argument), command, MAKER());
}

EXPORT int epoll_create(int size)
{
    real_need(real_epoll_create);
    return opened(real_epoll_create(size), "epoll_create", MAKER());
}

EXPORT int epoll_create1(int flags)
{
    real_need(real_epoll_create1);
    return opened(real_epoll_create1(flags), "epoll_create1", MAKER());
}

EXPORT int eventfd(unsigned value, int flags)
{
    real_need(real_eventfd);
    return opened(real_eventfd(value, flags), "eventfd", MAKER());
}

EXPORT int timerfd_create(clockid_t clock, int flags)
{
    real_need(real_timerfd_create);
    return opened(real_timerfd_create(clock, flags), "timerfd_create", MAKER());
}

EXPORT int signalfd(int number, const sigset_t *signals, int flags)
{
    real_need(real_signalfd);
    int result = real_signalfd(number, signals, flags);
    return number == -1 ? opened(result, "signalfd", MAKER()) : result;
}

EXPORT int inotify_init(void)
{
    real_need(real_inotify_init);
    return opened(real_inotify_init(), "inotify_init", MAKER());
}

EXPORT int inotify_init1(int flags)
{
    real_need(real_inotify_init1);
    return opened(real_inotify_init1(flags), "inotify_init1", MAKER());
}

static inline FILE *stream_opened(FILE *stream, const char *call, struct making making)
{
    if (stream)
        opened(stream->_fileno, call, making);
    return stream;
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
    real_need(real_fopen);
    return stream_opened(real_fopen(path, mode), "fopen", MAKER());
}

EXPORT FILE *fopen64(const char *path, const char *mode)
{
    real_need(real_fopen64);
    return stream_opened(real_fopen64(path, mode), "fopen", MAKER());
}

EXPORT FILE *fdopen(int number, const char *mode)
{
    real_need(real_fdopen);
    uses(number, MAKER());
    return real_fdopen(number, mode);
}

EXPORT FILE *tmpfile(void)
{
    real_need(real_tmpfile);
    return stream_opened(real_tmpfile(), "tmpfile", MAKER());
}

EXPORT FILE *popen(const char *command, const char *mode)
{
    real_need(real_popen);
    FILE *stream = stream_opened(real_popen(command, mode), "popen", MAKER());
    shell_note(stream ? command : NULL);
    return stream;
}

void descriptors_stream_closes(const FILE *stream)
{
    if (stream)
        closes(stream->_fileno);
}

EXPORT int pclose(FILE *stream)
{
    real_need(real_pclose);
    descriptors_stream_closes(stream);
    int status = real_pclose(stream);
    if (status != -1)
        children_ended(status);
    return status;
}

/* glibc's begins with its descriptor; dirfd() would ask the same. */
static inline int number_of(const DIR *folder)
{
    return *(const int *)(const void *)folder;
}

EXPORT DIR *opendir(const char *path)
{
    real_need(real_opendir);
    DIR *folder = real_opendir(path);
    if (folder)
        opened(number_of(folder), "opendir", MAKER());
    return folder;
}

EXPORT int closedir(DIR *folder)
{
    const DIR *volatile given = folder; /* the header says that it is never NULL */
    real_need(real_closedir);
    if (given)
        closes(number_of(folder));
    return real_closedir(folder);
}

EXPORT int close(int number)
{
    if (!REAL_IS_KNOWN(close))
        return (int)early_syscall(SYS_close, number, 0, 0, 0, 0, 0);
    closes(number);
    return real_close(number);
}

EXPORT int close_range(unsigned first, unsigned last, int flags)
{
    enum { ONLY_AT_EXEC = 1 << 2 }; /* CLOSE_RANGE_CLOEXEC of Linux 5.11 */
    real_need(real_close_range);
    if (!(flags & ONLY_AT_EXEC))
        note_closed(first, last);
    return real_close_range(first, last, flags);
}

EXPORT void closefrom(int first)
{
    real_need(real_closefrom);
    note_closed(first > 0 ? (unsigned)first : 0, UINT32_MAX);
    real_closefrom(first);
}
