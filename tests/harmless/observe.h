// SPDX-License-Identifier: MIT
/*
 * Common parts of the programs of this folder: they print their observations in a form that depends
 * on no address, and check them on the spot. Output uses write(2) alone, so that it is complete
 * however the program ends. Included by C and C++; no state but the count of failures.
 */
#pragma once

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* An exported function of a plug-in: declared (-Wmissing-prototypes) and defined in one line. */
#ifdef __cplusplus
#define EXPORT(result, name, ...)        \
    extern "C" result name(__VA_ARGS__); \
    extern "C" result name(__VA_ARGS__)
#else
#define EXPORT(result, name, ...) \
    result name(__VA_ARGS__);     \
    result name(__VA_ARGS__)
#endif

static int observe_failures;
static int observe_thread_ends; /* The main thread will end by itself, too. */

__attribute__((format(printf, 1, 2))) static inline void say(const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (length > (int)sizeof text - 1)
        length = (int)sizeof text - 1;
    for (int at = 0; at < length;) {
        ssize_t wrote = write(STDOUT_FILENO, text + at, (size_t)(length - at));
        if (wrote <= 0)
            return;
        at += (int)wrote;
    }
}

#define check(condition)                                               \
    do {                                                               \
        if (!(condition)) {                                            \
            say("FAILED %s:%d: %s\n", __FILE__, __LINE__, #condition); \
            observe_failures++;                                        \
        }                                                              \
    } while (0)

/* The status that main returns. */
static inline int observe_status(void)
{
    return observe_failures ? 1 : 0;
}

static inline const char *error_name(int error)
{
    if (error == 0)
        return "0";
    const char *name = strerrorname_np(error);
    return name ? name : "(unknown)";
}

static inline const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The base name of the module that an address lies in. */
static inline const char *where(const void *address)
{
    Dl_info info;
    if (!address)
        return "(null)";
    if (!dladdr(address, &info) || !info.dli_fname)
        return "(nowhere)";
    return base_name(info.dli_fname);
}

/* Function pointers and dlsym(): one place for the cast. */
static inline void *symbol(void *handle, const char *name)
{
    void *found = dlsym(handle, name);
    if (!found)
        say("no symbol %s: %s\n", name, dlerror());
    return found;
}

static inline void *open_plugin(const char *path, int flags)
{
    void *handle = dlopen(path, flags);
    if (!handle) {
        say("FAILED to open %s: %s\n", path, dlerror());
        exit(99);
    }
    return handle;
}

struct observe_search {
    const char *name;
    int found;
};

static inline int observe_is_named(struct dl_phdr_info *info, size_t size, void *data)
{
    struct observe_search *search = (struct observe_search *)data;
    (void)size;
    if (strcmp(base_name(info->dlpi_name), search->name) == 0)
        search->found = 1;
    return search->found;
}

/* Is a module with this base name in the loader's list? */
static inline int is_mapped(const char *name)
{
    struct observe_search search = {name, 0};
    dl_iterate_phdr(observe_is_named, &search);
    return search.found;
}

/*
 * Opens a plug-in that leaves a key with destructor, a value and a block behind, and closes it. No
 * value in a thread that will end: that would jump into the plug-in, which is unloaded.
 */
static inline void leave_something(void)
{
    void *handle = open_plugin("./leftover.so", RTLD_NOW);
    void (*leave)(int) = (void (*)(int))symbol(handle, "leave");
    leave(gettid() == getpid() && !observe_thread_ends);
    check(dlclose(handle) == 0);
    check(!is_mapped("leftover.so"));
}

static inline int count_entries(const char *folder)
{
    DIR *directory = opendir(folder);
    int count = 0;
    if (!directory)
        return -1;
    for (struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.')
            count++;
    closedir(directory);
    return count;
}

/* The part of a thread's or process's stat file behind its name: "S 1 …"; "" where there is none.
 * The text is valid until the next call. */
static inline const char *read_stat(const char *path)
{
    static char text[1024];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    if (file >= 0)
        close(file);
    text[length > 0 ? length : 0] = '\0';
    const char *behind = strrchr(text, ')');
    return behind ? behind + 2 : "";
}

/* A thread that was joined may still be listed for a moment; the kernel says that it ends. */
static inline int is_ending(const char *thread)
{
    enum { PF_EXITING = 4 };
    char path[300], state;
    unsigned flags = 0;
    snprintf(path, sizeof path, "/proc/self/task/%s/stat", thread);
    return sscanf(read_stat(path), "%c %*d %*d %*d %*d %*d %u", &state, &flags) != 2 ||
           (flags & PF_EXITING);
}

static inline int count_threads(void)
{
    DIR *directory = opendir("/proc/self/task");
    int count = 0;
    if (!directory)
        return -1;
    for (struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.' && !is_ending(entry->d_name))
            count++;
    closedir(directory);
    return count;
}

/* Until each child of the calling thread has ended, also those that are not the program's own. They
 * are not waited for. */
static inline void await_children(void)
{
    char path[64], list[1024] = "", *rest = list;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", gettid());
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0 && read(file, list, sizeof list - 1) > 0)
        for (long pid; (pid = strtol(rest, &rest, 10)) > 0;) {
            snprintf(path, sizeof path, "/proc/%ld/stat", pid);
            while (read_stat(path)[0] && read_stat(path)[0] != 'Z')
                usleep(1000);
        }
    if (file >= 0)
        close(file);
}

/* "exit 3" or "signal 6", with a word on a core. The text is valid until the next call. */
static inline const char *status_text(int status)
{
    static char text[64];
    if (WIFEXITED(status))
        snprintf(text, sizeof text, "exit %d", WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "signal %d%s", WTERMSIG(status),
                 WCOREDUMP(status) ? " (core)" : "");
    else
        snprintf(text, sizeof text, "status %#x", (unsigned)status);
    return text;
}
