// SPDX-License-Identifier: MIT
/* Mangled names of Rust, as rustc has made them since 2018 (legacy) and makes them now (v0). */
#ifndef DLPIN_RULES_RUST_NAMES_H
#define DLPIN_RULES_RUST_NAMES_H

#include <stdbool.h>

bool rust_is_name(const char *symbol);

/* True for a name of Rust in the standard library, which is compiled into each module. */
bool rust_is_of_library(const char *symbol);

#endif
