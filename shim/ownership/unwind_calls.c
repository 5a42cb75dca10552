// SPDX-License-Identifier: MIT
#include "ownership/unwind_calls.h"
#include "base/compiler.h"
#include "modules/modules.h"
#include "modules/object_at.h"
#include "ownership/cfi_table.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

struct attempt {
    void *way_out[5];  /* of __builtin_setjmp: no signal mask, no function of the program */
    bool asked;        /* libunwind passed on its address as such, */
    uintptr_t address; /* and this is it */
};

static __thread struct attempt *current __attribute__((tls_model("initial-exec")));

__attribute__((noinline)) bool unwind_protected(void (*function)(void *data), void *data)
{
    struct attempt attempt = {.asked = false}, *volatile outer = current;
    bool finished = false;
    current = &attempt;
    if (__builtin_setjmp(attempt.way_out) == 0) {
        function(data);
        finished = true;
    }
    current = outer;
    return finished;
}

/* libunwind runs nowhere but in unwind_protected, so there is a way out. */
__attribute__((noreturn)) static void give_up(void)
{
    __builtin_longjmp(current->way_out, 1);
}

/* Another thread unloads a module: something else may lie in the module's range by now. */
static bool may_be_stale(const struct module *module)
{
    return atomic_load(&modules_closes) > 0 && !module_is_permanent(module);
}

/* Before glibc 2.35 only our list says which object lies at an address. */
static bool listed_object(uintptr_t address, struct dl_find_object *object)
{
    const struct module *module = modules_find(address);
    if (!module || may_be_stale(module))
        return false;
    *object = (struct dl_find_object){.dlfo_map_start = (void *)module->start,
                                      .dlfo_map_end = (void *)module->end};
    for (unsigned i = 0; i < module->phnum; i++)
        if (module->phdr[i].p_type == PT_GNU_EH_FRAME)
            object->dlfo_eh_frame = (void *)(module->bias + module->phdr[i].p_vaddr);
    return true;
}

static bool find_object_at(uintptr_t address, struct dl_find_object *object)
{
    return object_at_works() ? object_at(address, object) : listed_object(address, object);
}

/*
 * For an address on the calling thread's own stack, whose object therefore stays. Its unwind tables
 * are left out where they have no entry for the address: libunwind would read all entries from
 * first to last then, and past them where the object is linked without the zero after the last
 * (crtend.o).
 */
static bool find_tables(uintptr_t address, struct dl_find_object *object)
{
    struct cfi_entry entry;
    if (!find_object_at(address, object))
        return false;
    if (!cfi_find(&entry, address, NULL))
        object->dlfo_eh_frame = NULL;
    return true;
}

typedef int phdr_callback(struct dl_phdr_info *info, size_t size, void *data);

struct phdr_visit {
    phdr_callback *callback;
    void *data;
};

/*
 * The callback compares the range with the address that it wants, and reads the tables only then.
 * The range may be that of one segment (a program with gaps between its segments), and the tables
 * lie elsewhere; how long they are is not known. The structure ends before its counters, for there
 * are none.
 */
static int offer(const struct phdr_visit *visit, const struct dl_find_object *object)
{
    uintptr_t start = (uintptr_t)object->dlfo_map_start, end = (uintptr_t)object->dlfo_map_end,
              tables = (uintptr_t)object->dlfo_eh_frame;
    ElfW(Phdr) headers[] = {
        {.p_type = PT_LOAD, .p_vaddr = start, .p_memsz = end - start},
        {.p_type = PT_GNU_EH_FRAME, .p_vaddr = tables, .p_memsz = UINTPTR_MAX - tables},
    };
    struct dl_phdr_info info = {
        .dlpi_name = "", .dlpi_phdr = headers, .dlpi_phnum = ARRAY_SIZE(headers)};
    return tables ? visit->callback(&info, offsetof(struct dl_phdr_info, dlpi_adds), visit->data)
                  : 0;
}

struct next_segment {
    uintptr_t after, start; /* start: the least one above `after`, or 0 */
};

static int keep_next(struct module *module, void *data)
{
    struct next_segment *next = data;
    for (unsigned i = 0; i < module->phnum; i++) {
        uintptr_t start = module->bias + module->phdr[i].p_vaddr;
        if (module->phdr[i].p_type == PT_LOAD && start > next->after &&
            (!next->start || start < next->start))
            next->start = start;
    }
    return 0;
}

/* Offers all objects on our list that the loader still has. Not from within a visit of the list:
 * libunwind may give up in the callback, and the visit would never end. */
static int offer_each(const struct phdr_visit *visit)
{
    struct dl_find_object object;
    for (struct next_segment next = {0}; modules_each_mapped(keep_next, &next), next.start;
         next = (struct next_segment){.after = next.start}) {
        int found = find_object_at(next.start, &object) ? offer(visit, &object) : 0;
        if (found)
            return found;
    }
    return 0;
}

/*
 * The third word of the callback's data is the address that libunwind wants (dl_iterate_cb_data in
 * its AddressSpace.hpp, LLVM 10 to 21). Nothing depends on this: the callback itself accepts an
 * object or does not. Once the word has been right, no other objects are offered.
 */
enum { ADDRESS_WORD = 2 };
static _Atomic bool word_is_address;

int libunwind_iterate_phdr(phdr_callback *callback, void *data);
int libunwind_iterate_phdr(phdr_callback *callback, void *data)
{
    struct phdr_visit visit = {callback, data};
    struct dl_find_object object;
    uintptr_t address = current->asked ? current->address : ((uintptr_t *)data)[ADDRESS_WORD];
    bool there = find_tables(address, &object);
    if (there && offer(&visit, &object)) {
        atomic_store_explicit(&word_is_address, true, memory_order_relaxed);
        return 1;
    }
    if (!current->asked && !atomic_load_explicit(&word_is_address, memory_order_relaxed))
        return offer_each(&visit);
    /* libunwind would read the code there next, to see whether it returns from a signal handler. */
    if (!there)
        give_up();
    return 0;
}

/* LLVM 16 and newer ask dlsym for _dl_find_object, and ask nothing else where it answers. */
int libunwind_find_object(void *address, struct dl_find_object *object);
int libunwind_find_object(void *address, struct dl_find_object *object)
{
    current->asked = true;
    current->address = (uintptr_t)address;
    return find_tables((uintptr_t)address, object) ? 0 : -1;
}

void *libunwind_dlsym(void *handle, const char *name);
void *libunwind_dlsym(void *handle, const char *name)
{
    return strcmp(name, "_dl_find_object") == 0 ? (void *)&libunwind_find_object : NULL;
}

/*
 * On aarch64, a system call says whether code may be read (process_vm_readv, LLVM 15 to 18;
 * rt_sigprocmask with an `how` that it refuses, 19 and newer). Code of an object on the stack may
 * be read; libunwind asks about no other code.
 */
long libunwind_syscall(long number, ...);
long libunwind_syscall(long number, ...)
{
    long result = -1;
    va_list arguments;
    va_start(arguments, number);
    if (number == SYS_process_vm_readv) {
        (void)va_arg(arguments, int);
        const struct iovec *to = va_arg(arguments, const struct iovec *);
        (void)va_arg(arguments, unsigned long);
        const struct iovec *from = va_arg(arguments, const struct iovec *);
        memcpy(to->iov_base, from->iov_base, from->iov_len);
        result = (long)from->iov_len;
    }
    va_end(arguments);
    errno = EINVAL;
    return result;
}

int libunwind_getpid(void);
int libunwind_getpid(void)
{
    return 0;
}

void libunwind_abort(void) __attribute__((noreturn));
void libunwind_abort(void)
{
    give_up();
}

void libunwind_assert_fail(const char *assertion, const char *file, unsigned line,
                           const char *function) __attribute__((noreturn));
void libunwind_assert_fail(const char *assertion, const char *file, unsigned line,
                           const char *function)
{
    give_up();
}

void libunwind_stack_chk_fail(void) __attribute__((noreturn));
void libunwind_stack_chk_fail(void)
{
    give_up();
}

/* Its cache of entries is for objects without .eh_frame_hdr, which are never offered: it stays
 * empty, so that reading it needs no lock. */
int libunwind_wrlock(void *lock);
int libunwind_wrlock(void *lock)
{
    give_up();
}

int libunwind_rdlock(void *lock);
int libunwind_rdlock(void *lock)
{
    return 0;
}

int libunwind_unlock(void *lock);
int libunwind_unlock(void *lock)
{
    return 0;
}

void *libunwind_malloc(size_t size);
void *libunwind_malloc(size_t size)
{
    give_up();
}

void libunwind_free(void *block);
void libunwind_free(void *block)
{
}

char *libunwind_getenv(const char *name);
char *libunwind_getenv(const char *name)
{
    return NULL;
}

/* The name of a function is for messages alone. */
int libunwind_dladdr(const void *address, Dl_info *info);
int libunwind_dladdr(const void *address, Dl_info *info)
{
    return 0;
}

extern FILE *libunwind_stderr;
FILE *libunwind_stderr;

int libunwind_fprintf(FILE *stream, const char *format, ...);
int libunwind_fprintf(FILE *stream, const char *format, ...)
{
    return 0;
}

int libunwind_fprintf_chk(FILE *stream, int flag, const char *format, ...);
int libunwind_fprintf_chk(FILE *stream, int flag, const char *format, ...)
{
    return 0;
}

int libunwind_vfprintf(FILE *stream, const char *format, va_list arguments);
int libunwind_vfprintf(FILE *stream, const char *format, va_list arguments)
{
    return 0;
}

int libunwind_vfprintf_chk(FILE *stream, int flag, const char *format, va_list arguments);
int libunwind_vfprintf_chk(FILE *stream, int flag, const char *format, va_list arguments)
{
    return 0;
}

static int no_text(char *text, size_t size)
{
    if (size)
        *text = '\0';
    return 0;
}

int libunwind_snprintf(char *text, size_t size, const char *format, ...);
int libunwind_snprintf(char *text, size_t size, const char *format, ...)
{
    return no_text(text, size);
}

int libunwind_snprintf_chk(char *text, size_t size, int flag, size_t room, const char *format, ...);
int libunwind_snprintf_chk(char *text, size_t size, int flag, size_t room, const char *format, ...)
{
    return no_text(text, size);
}

int libunwind_vsnprintf(char *text, size_t size, const char *format, va_list arguments);
int libunwind_vsnprintf(char *text, size_t size, const char *format, va_list arguments)
{
    return no_text(text, size);
}

int libunwind_vsnprintf_chk(char *text, size_t size, int flag, size_t room, const char *format,
                            va_list arguments);
int libunwind_vsnprintf_chk(char *text, size_t size, int flag, size_t room, const char *format,
                            va_list arguments)
{
    return no_text(text, size);
}

size_t libunwind_fwrite(const void *bytes, size_t size, size_t count, FILE *stream);
size_t libunwind_fwrite(const void *bytes, size_t size, size_t count, FILE *stream)
{
    return count;
}

int libunwind_fputs(const char *text, FILE *stream);
int libunwind_fputs(const char *text, FILE *stream)
{
    return 0;
}

int libunwind_fputc(int character, FILE *stream);
int libunwind_fputc(int character, FILE *stream)
{
    return character;
}

int libunwind_fflush(FILE *stream);
int libunwind_fflush(FILE *stream)
{
    return 0;
}
