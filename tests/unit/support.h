// SPDX-License-Identifier: MIT
/*
 * Common parts of the shim's unit tests. Criterion runs each test in a process of its own, so each
 * begins with a shim that knows nothing. The test program takes the place of libdlpin.so: frames in
 * it are the shim's.
 */
#ifndef DLPIN_UNIT_SUPPORT_H
#define DLPIN_UNIT_SUPPORT_H

#include "modules/modules.h"

#include <criterion/criterion.h>
#include <jansson.h>

/* The functions of fixtures/plugin.c. */
typedef void callback(void *data);
struct plugin {
    void *handle;
    struct module *module; /* referenced */
    void (*call)(callback *function, void *data);
    void (*call_deeper)(callback *function, void *data);
    void (*call_aligned)(callback *function, void *data);
    void (*call_by)(void (*by)(callback *, void *), callback *function, void *data);
    void *(*routine)(void *argument);
    void (*destructor)(void *value);
    intptr_t *data;
    uint32_t *key;
};

/* The list of modules, as lifecycle_start makes it. */
void support_start(void);

/* DLPIN_OPTIONS, without any complaint. */
void support_options(const char *text);

/* Path of a library of tests/unit, "plugin" for example. */
const char *support_library(const char *name);

/* dlopen and dlclose of it, each with the sync that the shim would make. */
struct plugin support_open(const char *name);
void support_close(struct plugin *plugin);

/* A module that is not mapped anywhere: [0x10000 * number, + 0x10000), with one code segment. */
struct module *support_module(const char *identity, uint32_t number, enum module_state state);

/* A stack of frames, each in the module given; NULL-terminated. The frames hold references. */
struct stack *support_stack(struct module *const *modules);

/* A block as glibc's malloc would give it, noted as made at `site`. */
void *support_block(size_t size, uint32_t site);

/* A new directory, to be left behind by none: it is removed with its files when the test ends. */
const char *support_directory(void);

/* The records of a report file, as a JSON array; each line must be one object. */
json_t *support_records(const char *path);

/* The records of one type. */
json_t *support_of_type(json_t *records, const char *type);

/* Time stands still from now on, for the shim: only what is passed here, and its own waits, which
 * end at once, make it later. */
void support_stop_clock(void);
void support_pass_ns(uint64_t nanoseconds);
void support_pass_processor_ns(uint64_t nanoseconds);

/* How often the shim has waited since, and how long in all. */
unsigned long support_waits(void);
uint64_t support_waited_ns(void);

/* Catches the text that is written to standard error between the two calls. */
void support_catch_stderr(void);
const char *support_caught(void);

#endif
