// SPDX-License-Identifier: MIT
/*
 * The build ID of an ELF file, read from its notes before any library sees the file. Every read is
 * bounded; the file may hold anything.
 */
#ifndef DLPIN_ANALYZER_BUILD_ID_H
#define DLPIN_ANALYZER_BUILD_ID_H

enum build_id {
    BUILD_ID_NO_ELF, /* or it cannot be read */
    BUILD_ID_NONE,
    BUILD_ID_OTHER,
    BUILD_ID_SAME,
};

/* How the file's build ID compares with the expected one, which is hexadecimal. */
enum build_id build_id_compare(int descriptor, const char *expected);

#endif
