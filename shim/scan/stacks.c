// SPDX-License-Identifier: MIT
#include "scan/stacks.h"
#include "base/clock.h"
#include "base/guard.h"
#include "base/own_stack.h"
#include "base/sys.h"
#include "base/text.h"
#include "ownership/interrupted.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static uintptr_t read_number(const char *at, unsigned base)
{
    uintptr_t number = 0;
    for (at += base == 16 && !strncmp(at, "0x", 2) ? 2 : 0;; at++) {
        unsigned digit = *at >= '0' && *at <= '9'   ? (unsigned)(*at - '0')
                         : *at >= 'a' && *at <= 'f' ? (unsigned)(*at - 'a') + 10
                                                    : base;
        if (digit >= base)
            return number;
        number = number * base + digit;
    }
}

/* The number of the call comes first, and then its arguments. */
static void parse_call(const char *line, struct thread_stack *stack)
{
    bool is_call = *line >= '0' && *line <= '9';
    stack->call = is_call ? (long)read_number(line, 10) : -1;
    for (unsigned i = 0; i < CALL_ARGUMENTS; i++) {
        const char *space = is_call && line ? strchr(line, ' ') : NULL;
        line = space ? space + 1 : NULL;
        stack->arguments[i] = line ? read_number(line, 16) : 0;
    }
}

/* proc(5): "running", or numbers of which the last two are sp and pc. */
bool stack_parse(const char *line, struct thread_stack *stack)
{
    const char *last = strrchr(line, ' '), *before = last;
    if (!last)
        return false;
    while (before > line && before[-1] != ' ')
        before--;
    stack->sp = read_number(before, 16);
    stack->pc = read_number(last + 1, 16);
    parse_call(line, stack);
    return stack->sp != 0;
}

/* False: there is no such thread. If it is `running`, the used part of its stack is not known. */
static bool sample(pid_t tid, struct thread_stack *stack, bool *running)
{
    char line[256];
    struct text path = {0};
    text_printf(&path, "/proc/self/task/%d/syscall", tid);
    bool is_there = sys_read_file(text_string(&path), line, sizeof line) > 0;
    text_free(&path);
    *running = is_there && !stack_parse(line, stack);
    if (is_there && !*running)
        own_stack_to_program(tid, &stack->sp, &stack->pc);
    return is_there;
}

bool stack_sample_once(pid_t tid, struct thread_stack *stack)
{
    bool running;
    return sample(tid, stack, &running) && !running;
}

bool stack_sample(pid_t tid, struct thread_stack *stack)
{
    bool running = true;
    for (unsigned i = 0; i < STACK_SAMPLES && running; i++) {
        if (i)
            clock_pause_us(STACK_PAUSE_US);
        if (!sample(tid, stack, &running))
            return false;
    }
    return !running;
}

bool stack_interrupted(struct thread_stack *stack)
{
    const struct interrupted *interrupted = guard.interrupted;
    if (!interrupted)
        return false;
    const struct cfi_frame frame = interrupted_frame(interrupted->context);
    stack->sp = frame.registers[CFI_SP];
    stack->pc = frame.pc;
    stack->call = interrupted->call;
    interrupted_arguments(interrupted->context, stack->arguments);
    return true;
}

/* proc(5): the name of the program, in parentheses, may have any character in it; the number of
 * threads is the 18th field after it. Not /proc/self/status, where a list of groups of any length
 * comes first. */
unsigned stack_count_in(const char *stat)
{
    enum { THREADS_FIELD = 18 };
    const char *at = strrchr(stat, ')');
    for (unsigned field = 0; at && field < THREADS_FIELD; field++)
        at = strchr(at + 1, ' ');
    return at ? (unsigned)read_number(at + 1, 10) : 0;
}

unsigned stack_thread_count(void)
{
    char stat[1024];
    return sys_read_file("/proc/self/stat", stat, sizeof stat) > 0 ? stack_count_in(stat) : 0;
}

/* unshare(2) refuses to separate a thread that shares this with others, and does nothing for one
 * that does not (kernel/fork.c, check_unshare_flags). 1: it shares; 0: it does not; -1: not known.
 */
static int shares(int what)
{
    if (calls_are_filtered())
        return -1;
    return sys_call(SYS_unshare, what) == 0 ? 0 : errno == EINVAL ? 1 : -1;
}

bool stack_owns_memory(void)
{
    return shares(CLONE_VM) == 0;
}

/* Else proc(5): the links of the folder "task" count one folder for each thread, "." and the entry
 * in its parent. */
bool stack_is_alone(void)
{
    struct stat task;
    int shared = shares(CLONE_SIGHAND);
    if (shared >= 0)
        return shared == 0;
    return sys_call(SYS_newfstatat, AT_FDCWD, "/proc/self/task", &task, 0) != 0 ||
           task.st_nlink <= 3;
}

/* getdents64(2) */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

static size_t take_entries(const char *from, size_t length, pid_t *tids, size_t count, size_t max,
                           bool *complete)
{
    for (size_t at = 0; at < length;) {
        const struct entry *entry = (const struct entry *)(const void *)(from + at);
        at += entry->size;
        if (entry->name[0] == '.')
            continue;
        if (count == max)
            *complete = false;
        else
            tids[count++] = (pid_t)read_number(entry->name, 10);
    }
    return count;
}

size_t stack_threads(pid_t *tids, size_t max, bool *complete)
{
    _Alignas(struct entry) char buffer[2048];
    size_t count = 0;
    long n = -1;
    int fd = (int)sys_call(SYS_openat, AT_FDCWD, "/proc/self/task",
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    *complete = fd >= 0;
    while (fd >= 0 && (n = sys_call(SYS_getdents64, fd, buffer, sizeof buffer)) > 0)
        count = take_entries(buffer, (size_t)n, tids, count, max, complete);
    if (n < 0)
        *complete = false;
    if (fd >= 0)
        sys_call(SYS_close, fd);
    return count;
}
