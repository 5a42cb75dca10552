// SPDX-License-Identifier: MIT
/*
 * Starting other programs. Where the program's environment for a new one lacks the variables that
 * bring the library into it, they are put back (base/variables.h), if the library can come into it
 * and report from there; else the environment stays as it is, and the program is noted as one that
 * is not followed. From an environment that has them, LD_PRELOAD is left out where the loader of
 * the new program would complain of it or die.
 *
 * All of this may be called by a handler on a small stack, and by a child of vfork(2): that one
 * has the memory of its parent, so it maps none, and takes no lock.
 */
#include "base/exec_file.h"
#include "base/options.h"
#include "base/own_stack.h"
#include "base/sys.h"
#include "base/unfollowed.h"
#include "base/variables.h"
#include "interpose/own_process.h"
#include "interpose/real.h"
#include "interpose/shell.h"
#include "lifecycle/ending.h"
#include "lifecycle/start.h"
#include "ownership/common.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <string.h>

enum way {
    EXECVE,
    EXECV,
    EXECVPE,
    EXECVP,
    FEXECVE,
    EXECVEAT,
    SPAWN,
    SPAWNP,
    PIDFD_SPAWN,
    PIDFD_SPAWNP
};

struct spawn {
    int *pid; /* of PIDFD_SPAWN and PIDFD_SPAWNP: a descriptor for the process */
    const posix_spawn_file_actions_t *actions;
    const posix_spawnattr_t *attributes;
};

/* The program's request. Small: it lies on the program's stack. */
struct request {
    const char *path; /* or a name that PATH is searched for */
    char *const *argv, *const *environment;
    const struct spawn *spawn; /* NULL: of exec */
    int folder, flags;         /* as of execveat(2) */
    enum way way;
};

struct plan {
    const struct request *request;
    struct variables given;
    const char *found;        /* the file that a name means */
    char *const *environment; /* for the new program */
    char *path;               /* room for a path that is searched for, */
    size_t path_size;
    void *room; /* and for an environment */
    size_t room_size;
    size_t mapped_size; /* of the plan with both; 0: they lie on the stack */
    bool is_absent;     /* there is no such program: the call fails */
    int note;
};

static bool is_searched(const struct request *request)
{
    bool may_be = request->way == EXECVP || request->way == EXECVPE || request->way == SPAWNP ||
                  request->way == PIDFD_SPAWNP;
    return may_be && !strchr(request->path, '/');
}

/* Puts a folder of PATH in front of the name, as execvp does. */
static bool make_candidate(struct plan *plan, const char *folder, size_t length)
{
    const char *name = plan->request->path;
    size_t name_length = strlen(name);
    if (length + 1 + name_length + 1 > plan->path_size)
        return false;
    memcpy(plan->path, folder, length);
    plan->path[length] = '/';
    memcpy(plan->path + length + (length > 0), name, name_length + 1);
    return true;
}

/* The program that execvp starts for a file of a format that the kernel does not know. */
static const char *shell_for(const struct request *request)
{
    return request->way == EXECVP || request->way == EXECVPE ? "/bin/sh" : NULL;
}

static enum unfollowed inspect(const struct request *request, const char *path)
{
    return exec_file_inspect(
        &(struct exec_file){request->folder, path, request->flags, shell_for(request)});
}

static enum unfollowed search(struct plan *plan)
{
    enum unfollowed found = UNFOLLOWED_ABSENT;
    const char *at = getenv("PATH");
    if (!at)
        at = "/bin:/usr/bin";
    for (size_t length; *plan->request->path && found == UNFOLLOWED_ABSENT; at += length + 1) {
        length = strcspn(at, ":");
        if (make_candidate(plan, at, length))
            found = inspect(plan->request, plan->path);
        if (!at[length])
            break;
    }
    plan->found = plan->path;
    return found;
}

/* A relative path with actions that may change the folder first. */
static bool is_unsure(const struct plan *plan)
{
    const struct spawn *spawn = plan->request->spawn;
    const char *path = plan->found ? plan->found : plan->request->path;
    return spawn && spawn->actions && spawn->actions->__used > 0 && path[0] != '/';
}

/* More variables may be more than the kernel takes. An exec is then made again without them; not so
 * a spawn, whose actions would be carried out twice. The kernel takes 128 KB at least. */
static bool may_be_too_much(const struct request *request)
{
    enum { SAFE = 96 << 10 };
    return request->spawn &&
           variables_bytes(request->argv, SAFE) + variables_bytes(request->environment, SAFE) >
               SAFE;
}

static enum unfollowed put_back(struct plan *plan)
{
    if (is_unsure(plan))
        return UNFOLLOWED_UNSURE;
    if (variables_room(&plan->given) > plan->room_size || may_be_too_much(plan->request))
        return UNFOLLOWED_NO_ROOM;
    plan->environment = variables_put_back(&plan->given, plan->room);
    return UNFOLLOWED_NOT;
}

static void leave_out(struct plan *plan)
{
    if (variables_room(&plan->given) <= plan->room_size)
        plan->environment = variables_leave_out(&plan->given, plan->room);
}

/* The program's name as the caller gives it, where the file is a descriptor. */
static const char *first_argument(char *const *argv, char *room, size_t size)
{
    const char *first = NULL;
    bool came = sys_copy_memory(argv, &first, sizeof first) == (ssize_t)sizeof first;
    return came && variables_copy_text(first, room, size) >= 0 ? room : "";
}

static void note(struct plan *plan, enum unfollowed why)
{
    const struct request *request = plan->request;
    char first[256];
    const char *name =
        *request->path ? request->path : first_argument(request->argv, first, sizeof first);
    const char *slash = strrchr(name, '/');
    if (!common_in_globs(options.trace_children_skip, slash ? slash + 1 : name))
        plan->note = unfollowed_note(name, why);
}

static bool is_question(const struct plan *plan)
{
    const struct request *request = plan->request;
    return exec_file_is_question(plan->found ? plan->found : request->path, request->argv);
}

static void make_plan(struct plan *plan)
{
    const struct request *request = plan->request;
    unsigned missing = plan->given.missing;
    enum unfollowed why = UNFOLLOWED_NO_LIBRARY;
    if (!plan->given.lists_libraries)
        why = is_searched(request) ? search(plan) : inspect(request, request->path);
    plan->is_absent = why == UNFOLLOWED_ABSENT;
    if (why == UNFOLLOWED_LOADER) /* which may list libraries, and would list ours */
        why = missing ? UNFOLLOWED_STATIC : UNFOLLOWED_NOT;
    if (why == UNFOLLOWED_NOT && missing)
        why = put_back(plan);
    else if ((why == UNFOLLOWED_NO_LIBRARY || why == UNFOLLOWED_FOREIGN) &&
             !(missing & VARIABLE_PRELOAD))
        leave_out(plan);
    if (!plan->environment)
        plan->environment = request->environment;
    if (why == UNFOLLOWED_NOT && plan->given.reports_elsewhere)
        why = UNFOLLOWED_ELSEWHERE;
    if (why < UNFOLLOWED_COUNT && !plan->given.lists_libraries && !is_question(plan))
        note(plan, why);
}

static struct plan plan_for(const struct request *request)
{
    return (struct plan){.request = request, .environment = request->environment, .note = -1};
}

static struct plan *map_plan(const struct request *request, const struct variables *given)
{
    size_t room = variables_room(given), size = sizeof(struct plan) + room + PATH_MAX;
    struct plan *plan = sys_map(size);
    if (!plan)
        return NULL;
    *plan = plan_for(request);
    plan->given = *given;
    plan->mapped_size = size;
    plan->room = plan + 1;
    plan->room_size = room;
    plan->path = (char *)(plan + 1) + room;
    plan->path_size = PATH_MAX;
    return plan;
}

struct work {
    const struct request *request;
    struct plan *plan; /* out; NULL: there is none */
};

static void make_plan_here(void *data)
{
    enum { LIST_ROOM = 4096 };
    struct work *work = data;
    struct variables given;
    char list[LIST_ROOM];
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    if (variables_read(&given, work->request->environment, list, sizeof list))
        work->plan = map_plan(work->request, &given);
    if (work->plan)
        make_plan(work->plan);
    guard_leave(saved_errno);
}

static void end_image_here(void *unused)
{
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    lifecycle_finish("exec", false);
    guard_leave(saved_errno);
}

/* The image goes if the call works; if not, the program goes on, and so do we. */
static void end_image(void)
{
    own_process_run(end_image_here, NULL);
}

static int call_spawn(const struct request *request, const struct spawn *spawn,
                      char *const *environment)
{
    __typeof__(posix_spawn) *real = request->way == SPAWN         ? real_posix_spawn
                                    : request->way == SPAWNP      ? real_posix_spawnp
                                    : request->way == PIDFD_SPAWN ? real_pidfd_spawn
                                                                  : real_pidfd_spawnp;
    int error = real(spawn->pid, request->path, spawn->actions, spawn->attributes, request->argv,
                     environment);
    return error < 0 ? ENOSYS : error; /* this C library does not have it */
}

static int call(const struct request *request, char *const *environment)
{
    bool is_changed = environment != request->environment;
    if (request->spawn)
        return call_spawn(request, request->spawn, environment);
    switch (request->way) {
    case EXECV:
        if (!is_changed)
            return real_execv(request->path, request->argv);
        break;
    case EXECVP:
        if (!is_changed)
            return real_execvp(request->path, request->argv);
        return real_execvpe(request->path, request->argv, environment);
    case EXECVPE:
        return real_execvpe(request->path, request->argv, environment);
    case FEXECVE:
        return real_fexecve(request->folder, request->argv, environment);
    case EXECVEAT:
        return real_execveat(request->folder, request->path, request->argv, environment,
                             request->flags);
    case EXECVE:
    case SPAWN:
    case SPAWNP:
    case PIDFD_SPAWN:
    case PIDFD_SPAWNP:
        break;
    }
    return real_execve(request->path, request->argv, environment);
}

static int carry_out(struct plan *plan)
{
    const struct request *request = plan->request;
    int result = call(request, plan->environment);
    if (result && !request->spawn && plan->environment != request->environment)
        result = call(request, request->environment); /* our variables may be why it failed */
    if (!result)
        return result;
    int saved_errno = errno;
    unfollowed_forget(plan->note);
    errno = saved_errno;
    return result;
}

static void drop_plan(struct plan *plan)
{
    int saved_errno = errno;
    sys_unmap(plan, plan->mapped_size);
    errno = saved_errno;
}

/* The plan is made on a stack of our own. */
static int run_here(const struct request *request)
{
    struct work work = {request, NULL};
    if (own_process_may_enter())
        own_stack_run(make_plan_here, &work);
    if (!request->spawn && !(work.plan && work.plan->is_absent))
        end_image();
    if (!work.plan)
        return call(request, request->environment);
    int result = carry_out(work.plan);
    drop_plan(work.plan);
    return result;
}

/* The stack may be of 4 KB: other libraries give their children no more. */
static __attribute__((noinline)) int run_in_vfork_child(const struct request *request)
{
    enum { PATH_ROOM = 256, LIST_ROOM = 256, VARIABLES = 128 };
    struct plan plan = plan_for(request);
    char path[PATH_ROOM], list[LIST_ROOM];
    char *room[VARIABLES];
    int saved_errno;
    plan.path = path;
    plan.path_size = sizeof path;
    plan.room = room;
    plan.room_size = sizeof room;
    if (lifecycle_enter(&saved_errno)) {
        uint64_t blocked = sys_block_signals(~(uint64_t)0); /* the parent has the same guard */
        if (variables_read(&plan.given, request->environment, list, sizeof list))
            make_plan(&plan);
        sys_block_signals(blocked);
        guard_leave(saved_errno);
    }
    return carry_out(&plan);
}

static bool is_followed(void)
{
    return process_is_active() && options.trace_children && variables_are_known();
}

static int run(const struct request *request)
{
    real_need(real_execve);
    if (is_followed())
        return lifecycle_is_own_process() ? run_here(request) : run_in_vfork_child(request);
    if (!request->spawn)
        end_image();
    return call(request, request->environment);
}

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
    return run(&(struct request){path, argv, envp, NULL, AT_FDCWD, 0, EXECVE});
}

EXPORT int execv(const char *path, char *const argv[])
{
    return run(&(struct request){path, argv, environ, NULL, AT_FDCWD, 0, EXECV});
}

EXPORT int execvp(const char *name, char *const argv[])
{
    return run(&(struct request){name, argv, environ, NULL, AT_FDCWD, 0, EXECVP});
}

EXPORT int execvpe(const char *name, char *const argv[], char *const envp[])
{
    return run(&(struct request){name, argv, envp, NULL, AT_FDCWD, 0, EXECVPE});
}

EXPORT int fexecve(int file, char *const argv[], char *const envp[])
{
    real_need(real_fexecve);
    if (!envp) /* for the C library an error */
        return real_fexecve(file, argv, envp);
    return run(&(struct request){"", argv, envp, NULL, file, AT_EMPTY_PATH, FEXECVE});
}

EXPORT int execveat(int folder, const char *path, char *const argv[], char *const envp[], int flags)
{
    real_need(real_execveat);
    if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) /* AT_EXECVE_CHECK starts nothing */
        return real_execveat(folder, path, argv, envp, flags);
    return run(&(struct request){path, argv, envp, NULL, folder, flags, EXECVEAT});
}

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    const struct spawn spawn = {pid, actions, attributes};
    return run(&(struct request){path, argv, envp, &spawn, AT_FDCWD, 0, SPAWN});
}

EXPORT int posix_spawnp(pid_t *pid, const char *name, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    const struct spawn spawn = {pid, actions, attributes};
    return run(&(struct request){name, argv, envp, &spawn, AT_FDCWD, 0, SPAWNP});
}

EXPORT int pidfd_spawn(int *pidfd, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    const struct spawn spawn = {pidfd, actions, attributes};
    return run(&(struct request){path, argv, envp, &spawn, AT_FDCWD, 0, PIDFD_SPAWN});
}

EXPORT int pidfd_spawnp(int *pidfd, const char *name, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    const struct spawn spawn = {pidfd, actions, attributes};
    return run(&(struct request){name, argv, envp, &spawn, AT_FDCWD, 0, PIDFD_SPAWNP});
}

/* Their number, without the first. Uses the list up. */
static size_t count_arguments(const char *first, va_list list)
{
    size_t n = 0;
    while (first && va_arg(list, const char *))
        n++;
    return n;
}

static void take_arguments(char **argv, const char *first, size_t n, va_list list)
{
    argv[0] = (char *)(uintptr_t)first;
    for (size_t i = 1; first && i <= n + 1; i++)
        argv[i] = va_arg(list, char *);
}

/* The C library puts them on the stack, too. */
#define ARGUMENTS(argv, list, first)                                     \
    va_list list;                                                        \
    va_start(list, first);                                               \
    size_t list##_count = count_arguments(first, list);                  \
    va_end(list);                                                        \
    char **argv = __builtin_alloca((list##_count + 2) * sizeof(char *)); \
    va_start(list, first);                                               \
    take_arguments(argv, first, list##_count, list)

EXPORT int execl(const char *path, const char *first, ...)
{
    ARGUMENTS(argv, list, first);
    va_end(list);
    return execv(path, argv);
}

EXPORT int execlp(const char *name, const char *first, ...)
{
    ARGUMENTS(argv, list, first);
    va_end(list);
    return execvp(name, argv);
}

EXPORT int execle(const char *path, const char *first, ...)
{
    ARGUMENTS(argv, list, first);
    char *const *envp = va_arg(list, char *const *);
    va_end(list);
    return execve(path, argv, envp);
}

void shell_note(const char *command)
{
    char list[1024];
    struct variables given;
    if (!command || !is_followed() || !variables_read(&given, environ, list, sizeof list))
        return;
    if (given.missing || given.reports_elsewhere)
        unfollowed_note("/bin/sh", given.missing ? UNFOLLOWED_SHELL : UNFOLLOWED_ELSEWHERE);
}
