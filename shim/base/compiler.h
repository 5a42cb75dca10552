// SPDX-License-Identifier: MIT
/* Shorthands for compiler features that the shim relies on. */
#ifndef DLPIN_BASE_COMPILER_H
#define DLPIN_BASE_COMPILER_H

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* For variables that other files use: -fvisibility=hidden says it of definitions only, and without
 * it a declared variable is reached through the GOT, which costs a load, and is not there before
 * relocation. */
#define HIDDEN __attribute__((visibility("hidden")))

#define EXPORT __attribute__((visibility("default")))
#define COLD __attribute__((noinline, cold))
/* For functions that read memory of others or switch stacks: the sanitizer of the unit tests knows
 * neither. */
#define NO_ADDRESS_SANITIZER __attribute__((no_sanitize("address")))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
