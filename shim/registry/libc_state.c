// SPDX-License-Identifier: MIT
#include "registry/libc_state.h"
#include "base/compiler.h"
#include "base/sys.h"
#include "registry/async_io.h"
#include "registry/epolls.h"
#include "registry/heap.h"
#include "registry/mappings.h"
#include "registry/signal_stacks.h"
#include "registry/threads.h"

#include <argp.h>
#include <error.h>
#include <linux/magic.h>
#include <obstack.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#ifndef MQUEUE_MAGIC /* linux/ipc/mqueue.c */
#define MQUEUE_MAGIC 0x19800202
#endif

enum { STRINGS_AT_ONCE = 64, STRINGS_MAX = 65536, WORD = sizeof(uintptr_t) };

uintptr_t environment_list(void)
{
    return (uintptr_t)environ;
}

/* The list that the kernel made is there for good, between the first thread's stack and the
 * strings.
 */
static bool is_first_list(uintptr_t list)
{
    return list >= sys_first_stack_end() && list < sys_first_stack_top() && list % WORD == 0;
}

static bool first_list_each(uintptr_t list, environment_visit *visit, void *data)
{
    const uintptr_t *end = (const uintptr_t *)(sys_first_stack_top() & ~(uintptr_t)(WORD - 1));
    for (const uintptr_t *string = (const uintptr_t *)list; string < end && *string; string++)
        if (visit(*string, data))
            return true;
    return false;
}

bool environment_each(environment_visit *visit, void *data)
{
    uintptr_t strings[STRINGS_AT_ONCE];
    uintptr_t at = (uintptr_t)environ;
    if (is_first_list(at))
        return first_list_each(at, visit, data);
    for (size_t seen = 0; at && seen < STRINGS_MAX; seen += STRINGS_AT_ONCE) {
        ssize_t n = sys_copy_memory((const void *)at, strings, sizeof strings);
        for (size_t i = 0; i < STRINGS_AT_ONCE; i++) {
            if (n < (ssize_t)((i + 1) * sizeof *strings) || !strings[i])
                return false;
            if (visit(strings[i], data))
                return true;
        }
        at += sizeof strings;
    }
    return false;
}

static bool is_string(uintptr_t string, void *wanted)
{
    return string == *(uintptr_t *)wanted;
}

bool environment_has(uintptr_t string)
{
    return environment_each(is_string, &string);
}

enum { VALUE_MAX = 512 };

struct lookup {
    const char *name;
    char *value;
    size_t size;
};

static bool take_value(uintptr_t string, void *data)
{
    const struct lookup *lookup = data;
    char text[VALUE_MAX];
    size_t length = strlen(lookup->name);
    ssize_t n = sys_copy_memory((const void *)string, text, sizeof text - 1);
    if (n <= (ssize_t)length || memcmp(text, lookup->name, length) != 0 || text[length] != '=')
        return false;
    text[n] = '\0';
    size_t size = strlen(text + length + 1);
    if (size >= lookup->size)
        size = lookup->size - 1;
    memcpy(lookup->value, text + length + 1, size);
    lookup->value[size] = '\0';
    return true;
}

bool environment_get(const char *name, char *value, size_t size)
{
    struct lookup lookup = {name, value, size};
    return strlen(name) < VALUE_MAX / 2 && environment_each(take_value, &lookup);
}

typedef void handler(void);
typedef handler *get_handler(void);

/* Each of the getters is an atomic load. */
static const struct {
    const char *call, *getter;
} cxx_handlers[] = {
    {"std::set_terminate", "_ZSt13get_terminatev"},
    {"std::set_unexpected", "_ZSt14get_unexpectedv"},
    {"std::set_new_handler", "_ZSt15get_new_handlerv"},
};

enum { CXX_HANDLERS = ARRAY_SIZE(cxx_handlers), CXX_LIBRARIES = 2 };

/* Each of the C++ libraries has handlers of its own. */
static struct cxx_library {
    struct module *module; /* with a reference, or NULL */
    get_handler *get[CXX_HANDLERS];
} cxx_libraries[CXX_LIBRARIES];

static struct cxx_library *find_free(void)
{
    for (unsigned i = 0; i < CXX_LIBRARIES; i++)
        if (!cxx_libraries[i].module)
            return &cxx_libraries[i];
    return NULL;
}

/* A library that may be unloaded at any time is not called. libstdc++ stays for its unique symbols,
 * if it was built with such. */
static bool is_called(const struct module *module)
{
    bool stays = module->startup || !strcmp(module->identity, "libstdc++.so.6");
    return module->cxx_library && stays && !module_is_unloaded(module);
}

static void take_library(struct cxx_library *library, struct module *module)
{
    bool has_any = false;
    for (unsigned i = 0; i < CXX_HANDLERS; i++) {
        library->get[i] = (get_handler *)module_symbol(module, cxx_handlers[i].getter);
        has_any |= library->get[i] != NULL;
    }
    if (has_any)
        library->module = module_ref(module);
}

/* Checks each module once. */
static void find_cxx_locked(void)
{
    static uint32_t seen;
    struct cxx_library *library;
    struct module *module;
    for (unsigned i = 0; i < CXX_LIBRARIES; i++)
        if (cxx_libraries[i].module && module_is_unloaded(cxx_libraries[i].module)) {
            module_unref(cxx_libraries[i].module);
            cxx_libraries[i] = (struct cxx_library){0};
        }
    while ((library = find_free()) != NULL && (module = modules_after(seen)) != NULL) {
        seen = module->id;
        if (is_called(module))
            take_library(library, module);
        module_unref(module);
    }
}

static uintptr_t cxx_handler(unsigned index, const char **call)
{
    get_handler *get = cxx_libraries[index / CXX_HANDLERS].get[index % CXX_HANDLERS];
    *call = cxx_handlers[index % CXX_HANDLERS].call;
    return get ? (uintptr_t)get() : 0;
}

bool libc_handler_locked(unsigned index, const char **call, uintptr_t *function)
{
    const struct {
        const char *call;
        uintptr_t function;
    } variables[] = {
        {"obstack_alloc_failed_handler", (uintptr_t)obstack_alloc_failed_handler},
        {"error_print_progname", (uintptr_t)error_print_progname},
        {"argp_program_version_hook", (uintptr_t)argp_program_version_hook},
    };
    if (index < CXX_LIBRARIES * CXX_HANDLERS) {
        find_cxx_locked();
        *function = cxx_handler(index, call);
        return true;
    }
    index -= CXX_LIBRARIES * CXX_HANDLERS;
    if (index >= ARRAY_SIZE(variables))
        return false;
    *call = variables[index].call;
    *function = variables[index].function;
    return true;
}

static bool stream_has(uintptr_t stream, uintptr_t buffer)
{
    uintptr_t base;
    const FILE *file = (const FILE *)stream;
    return sys_read_memory(&file->_IO_buf_base, &base, sizeof base) == (ssize_t)sizeof base &&
           base == buffer;
}

/* The kernel shows a reader of the queue which process it notifies, and how (linux/ipc/mqueue.c).
 * If this cannot be read, the answer is false. */
static bool queue_notifies(int queue, uintptr_t inode)
{
    struct statfs system;
    struct stat file;
    char status[128] = "", mine[32] = "NOTIFY_PID:";
    if (calls_are_filtered() || sys_call(SYS_fstatfs, queue, &system) != 0 ||
        system.f_type != MQUEUE_MAGIC || fstat(queue, &file) != 0 || file.st_ino != inode)
        return false;
    ssize_t length = sys_call(SYS_pread64, queue, status, sizeof status - 1, (off_t)0);
    if (length <= 0)
        return false;
    const char *pid = strstr(status, mine);
    long number = 0;
    for (pid = pid ? pid + strlen(mine) : ""; *pid >= '0' && *pid <= '9'; pid++)
        number = number * 10 + (*pid - '0');
    /* SIGEV_SIGNAL, SIGEV_THREAD; of others nobody is told. */
    bool tells = strstr(status, "NOTIFY:0") || strstr(status, "NOTIFY:2");
    return tells && number == sys_getpid();
}

/* A type of printf's arguments is known by its number, which a conversion's argument function has
 * to answer: when the module has taken back its conversions, nothing calls the type's function. */
static bool has_conversion(const struct module *module)
{
    const struct registration *each = registrations[REGISTERED_CONVERSION];
    while (each && each->functions[0].module != module && each->functions[1].module != module)
        each = each->next;
    return each;
}

/* As long as memory that was allocated is there, it does no harm. What remains of a mapping in two
 * parts is the lower part. */
static bool memory_is_there(const struct registration *registration)
{
    if (registration->block)
        return heap_is_block(registration->block, registration->site);
    const struct mapped *mapped =
        registration->mapping ? mapping_find_locked(registration->data) : NULL;
    return mapped && mapped->serial == registration->mapping && mapping_is_there(mapped);
}

bool registration_is_live(const struct registration *registration)
{
    if (registration->muted)
        return false;
    if (memory_is_there(registration))
        return false;
    if (registration->type == REGISTERED_ATFORK || registration->type == REGISTERED_QUICK_EXIT ||
        registration->type == REGISTERED_FRAMES)
        return !module_is_unloaded(registration->keeper);
    if (registration->type == REGISTERED_QUEUE)
        return sys_stands_in()
                   ? !registration->over
                   : queue_notifies((int)registration->argument, registration->identity);
    if (registration->type == REGISTERED_SIGNAL_STACK)
        return signal_stack_is_set(registration->identity, registration->data);
    if (registration->type == REGISTERED_LOCALE) {
        const struct thread *thread = thread_by_serial_locked(registration->identity);
        return thread && thread_is_live(thread) &&
               atomic_load(&thread->locale) == registration->data;
    }
    if (registration->type == REGISTERED_ASYNC_IO)
        return async_io_is_in_flight(registration);
    if (registration->type == REGISTERED_EPOLL)
        return epoll_has(registration->identity, registration->data);
    if (registration->type == REGISTERED_BUFFER)
        return stream_has(registration->identity, registration->data);
    if (registration->type == REGISTERED_ARGUMENT_TYPE)
        return has_conversion(registration->functions[0].module);
    return true;
}

typedef int get_time(timer_t timer, struct itimerspec *value);

static int find_timers(struct module *module, void *found)
{
    /* Before glibc 2.34 in librt. */
    if (!strcmp(module->identity, "libc.so.6") || !strcmp(module->identity, "librt.so.1"))
        *(void **)found = module_symbol(module, "timer_gettime");
    return *(void **)found != NULL;
}

bool registration_is_armed(const struct registration *registration)
{
    struct itimerspec value = {0};
    void *found = NULL;
    if (registration->type != REGISTERED_TIMER)
        return true;
    if (sys_stands_in())
        return !registration->idle;
    modules_each_mapped(find_timers, &found);
    get_time *get = (get_time *)found;
    return !get || get((timer_t)registration->identity, &value) != 0 || value.it_value.tv_sec ||
           value.it_value.tv_nsec;
}

void registrations_note_kernel(void)
{
    if (!lock_acquire(&registry_lock))
        return;
    for (struct registration *each = registrations[REGISTERED_TIMER]; each; each = each->next)
        each->idle = !registration_is_armed(each);
    for (struct registration *each = registrations[REGISTERED_QUEUE]; each; each = each->next)
        each->over = !registration_is_live(each);
    lock_release(&registry_lock);
}

static bool is_handler_locked(uintptr_t word)
{
    const char *call;
    uintptr_t function;
    for (unsigned i = 0; libc_handler_locked(i, &call, &function); i++)
        if (function == word)
            return true;
    return false;
}

bool libc_works_with(uintptr_t slot)
{
    if (!registrations_any(REGISTERED_ASYNC_IO) || !lock_acquire(&registry_lock))
        return false;
    bool works = async_io_has_slot_locked(slot);
    lock_release(&registry_lock);
    return works;
}

bool libc_was_given(uintptr_t word, uintptr_t slot)
{
    if (environment_list() == word || environment_has(word))
        return true;
    if (!lock_acquire(&registry_lock))
        return true;
    bool was = is_handler_locked(word) || registrations_have_locked(word, slot);
    lock_release(&registry_lock);
    return was;
}
