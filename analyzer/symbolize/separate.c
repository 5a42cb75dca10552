// SPDX-License-Identifier: MIT
#include "symbolize/separate.h"

#include "base/memory.h"
#include "base/regular.h"
#include "symbolize/build_id.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEBUG_FOLDER "/usr/lib/debug"

enum { ID_SIZE_MAX = 64 };

int separate_open_file(const char *path, const char *build_id, struct stat *status)
{
    enum build_id wanted = build_id[0] != '\0' ? BUILD_ID_SAME : BUILD_ID_NONE;
    int descriptor = path[0] == '/' ? regular_open(path, 0, status) : -1;

    if (descriptor >= 0 && build_id_compare(descriptor, build_id) == wanted)
        return descriptor;
    if (descriptor >= 0)
        close(descriptor);
    return -1;
}

/* Takes path over. */
static int open_and_free(char *path, const char *build_id, struct stat *status)
{
    int descriptor = separate_open_file(path, build_id, status);

    free(path);
    return descriptor;
}

int separate_open_by_id(const char *build_id, const char *suffix, struct stat *status)
{
    /* Only hexadecimal digits may become part of a path: "../" is none. */
    if (strlen(build_id) <= 2 || build_id[strspn(build_id, "0123456789abcdefABCDEF")] != '\0')
        return -1;
    return open_and_free(
        memory_format(DEBUG_FOLDER "/.build-id/%.2s/%s%s", build_id, build_id + 2, suffix),
        build_id, status);
}

/* The CRC-32 of the whole file, as .gnu_debuglink has it. */
static bool has_checksum(int descriptor, uint32_t expected)
{
    static unsigned char bytes[64 << 10];
    uint32_t table[256], sum = ~0u;
    ssize_t got;
    off_t offset = 0;

    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320u : 0);
    }
    while ((got = pread(descriptor, bytes, sizeof bytes, offset)) > 0) {
        for (ssize_t i = 0; i < got; i++)
            sum = sum >> 8 ^ table[(sum ^ bytes[i]) & 0xff];
        offset += got;
    }
    return got == 0 && ~sum == expected;
}

int separate_open_link(const char *path, const char *build_id, const char *link, uint32_t checksum,
                       struct stat *status)
{
    static const char *const places[][2] = {{"", ""}, {"", ".debug/"}, {DEBUG_FOLDER, ""}};
    const char *slash = strrchr(path, '/');
    int length = slash != NULL ? (int)(slash - path) : 0, descriptor = -1;

    /* A link is the name of a file. */
    if (slash == NULL || link[0] == '\0' || strchr(link, '/') != NULL)
        return -1;
    for (size_t i = 0; descriptor < 0 && i < sizeof places / sizeof *places; i++) {
        char *candidate =
            memory_format("%s%.*s/%s%s", places[i][0], length, path, places[i][1], link);

        /* A file that links to itself has nothing more to say. */
        if (strcmp(candidate, path) != 0)
            descriptor = separate_open_file(candidate, build_id, status);
        free(candidate);
        if (descriptor >= 0 && build_id[0] == '\0' && !has_checksum(descriptor, checksum)) {
            close(descriptor);
            descriptor = -1;
        }
    }
    return descriptor;
}

char *separate_folder(int descriptor)
{
    char link[sizeof "/proc/self/fd/" + 3 * sizeof(int)], path[PATH_MAX];
    ssize_t length;

    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    length = readlink(link, path, sizeof path);
    while (length > 0 && path[length - 1] != '/')
        length--;
    return memory_format("%.*s", length > 0 ? (int)length : 0, path);
}

int separate_open_alternate(const char *folder, const char *name, const unsigned char *id,
                            size_t size, struct stat *status)
{
    char build_id[2 * ID_SIZE_MAX + 1] = "";
    int descriptor;

    if (size == 0 || size > ID_SIZE_MAX)
        return -1;
    for (size_t i = 0; i < size; i++)
        snprintf(build_id + 2 * i, 3, "%02x", id[i]);
    descriptor = separate_open_by_id(build_id, ".debug", status);
    return descriptor >= 0
               ? descriptor
               : open_and_free(memory_format("%s%s", name[0] == '/' ? "" : folder, name), build_id,
                               status);
}
