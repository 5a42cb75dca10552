// SPDX-License-Identifier: MIT
#include "symbolize/separate.h"

#include "base/memory.h"
#include "base/regular.h"
#include "symbolize/build_id.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ID_SIZE_MAX = 64 };

static enum separate_match match(int descriptor, const char *build_id)
{
    enum build_id wanted = build_id[0] != '\0' ? BUILD_ID_SAME : BUILD_ID_NONE;

    if (descriptor < 0)
        return SEPARATE_NO_FILE;
    return build_id_compare(descriptor, build_id) == wanted ? SEPARATE_SAME_FILE
                                                            : SEPARATE_OTHER_FILE;
}

/* The descriptor, if it is that of the wanted file; else it is closed. */
static int only_if_same(int descriptor, const char *build_id)
{
    if (match(descriptor, build_id) == SEPARATE_SAME_FILE)
        return descriptor;
    if (descriptor >= 0)
        close(descriptor);
    return -1;
}

/* Takes path over. */
static int open_and_free(char *path, const char *build_id, struct stat *status)
{
    int descriptor = path[0] == '/' ? regular_open(path, 0, status) : -1;

    free(path);
    return only_if_same(descriptor, build_id);
}

/* Absolute links, as of /etc/alternatives, lead to files of the sysroot too. */
static int open_in_sysroot(const char *sysroot, const char *path, struct stat *status)
{
    int root = open(sysroot, O_PATH | O_DIRECTORY | O_CLOEXEC), descriptor;

    if (root < 0)
        return -1;
    descriptor = regular_open_at(root, path, REGULAR_IN_ROOT, status);
    close(root);
    return descriptor;
}

enum separate_match separate_open_module(const struct search *search, const char *path,
                                         const char *build_id, struct separate_file *file)
{
    const char *sysroot = search != NULL ? search->sysroot : NULL;
    enum separate_match best = SEPARATE_NO_FILE, found;

    *file = (struct separate_file){.descriptor = -1};
    for (int in_sysroot = sysroot != NULL; path[0] == '/' && in_sysroot >= 0; in_sysroot--) {
        int descriptor = in_sysroot ? open_in_sysroot(sysroot, path, &file->status)
                                    : regular_open(path, 0, &file->status);

        found = match(descriptor, build_id);
        best = found > best ? found : best;
        if (found == SEPARATE_SAME_FILE) {
            file->descriptor = descriptor;
            file->in_sysroot = in_sysroot;
            return found;
        }
        if (descriptor >= 0)
            close(descriptor);
    }
    return best;
}

int separate_open_by_id(const struct search *search, const char *build_id, const char *suffix,
                        struct stat *status)
{
    int descriptor = -1;
    char *folder;

    /* Only hexadecimal digits may become part of a path: "../" is none. */
    if (strlen(build_id) <= 2 || build_id[strspn(build_id, "0123456789abcdefABCDEF")] != '\0')
        return -1;
    for (size_t i = 0; descriptor < 0 && (folder = search_debug_folder(search, i)) != NULL; i++) {
        descriptor = open_and_free(
            memory_format("%s/.build-id/%.2s/%s%s", folder, build_id, build_id + 2, suffix),
            build_id, status);
        free(folder);
    }
    return descriptor;
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

/* Takes the candidate over. */
static int open_candidate(char *candidate, const char *path, const char *build_id,
                          uint32_t checksum, struct stat *status)
{
    /* A file that links to itself has nothing more to say. */
    bool itself = strcmp(candidate, path) == 0;
    int descriptor = -1;

    if (itself)
        free(candidate);
    else
        descriptor = open_and_free(candidate, build_id, status);
    if (descriptor < 0 || build_id[0] != '\0' || has_checksum(descriptor, checksum))
        return descriptor;
    close(descriptor);
    return -1;
}

/* Beside the file at path, and in the folder there that is made for this. */
static int open_beside(char *path, const char *build_id, const char *link, uint32_t checksum,
                       struct stat *status)
{
    int length = path != NULL ? (int)(strrchr(path, '/') - path) : 0, descriptor = -1;
    static const char *const folders[] = {"", ".debug/"};

    for (size_t i = 0; path != NULL && descriptor < 0 && i < sizeof folders / sizeof *folders; i++)
        descriptor = open_candidate(memory_format("%.*s/%s%s", length, path, folders[i], link),
                                    path, build_id, checksum, status);
    free(path);
    return descriptor;
}

int separate_open_link(const struct search *search, const char *path, const char *build_id,
                       const char *link, uint32_t checksum, struct stat *status)
{
    const char *slash = path[0] == '/' ? strrchr(path, '/') : NULL;
    int length = slash != NULL ? (int)(slash - path) : 0, descriptor;
    char *folder;

    /* A link is the name of a file. */
    if (slash == NULL || link[0] == '\0' || strchr(link, '/') != NULL)
        return -1;
    descriptor = open_beside(search_in_sysroot(search, path), build_id, link, checksum, status);
    if (descriptor < 0)
        descriptor = open_beside(memory_string(path), build_id, link, checksum, status);
    for (size_t i = 0; descriptor < 0 && (folder = search_debug_folder(search, i)) != NULL; i++) {
        descriptor = open_candidate(memory_format("%s%.*s/%s", folder, length, path, link), path,
                                    build_id, checksum, status);
        if (descriptor < 0)
            descriptor = open_candidate(memory_format("%s/%s", folder, link), path, build_id,
                                        checksum, status);
        free(folder);
    }
    return descriptor;
}

char *separate_path(int descriptor)
{
    char link[sizeof "/proc/self/fd/" + 3 * sizeof(int)], path[PATH_MAX];
    ssize_t length;

    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    length = readlink(link, path, sizeof path);
    return memory_format("%.*s", length > 0 ? (int)length : 0, path);
}

char *separate_folder(int descriptor)
{
    char *path = separate_path(descriptor), *slash = strrchr(path, '/');

    if (slash != NULL)
        slash[1] = '\0';
    return path;
}

int separate_open_alternate(const struct search *search, const char *folder, const char *name,
                            const unsigned char *id, size_t size, struct stat *status)
{
    char build_id[2 * ID_SIZE_MAX + 1] = "";
    int descriptor;

    if (size == 0 || size > ID_SIZE_MAX)
        return -1;
    for (size_t i = 0; i < size; i++)
        snprintf(build_id + 2 * i, 3, "%02x", id[i]);
    descriptor = separate_open_by_id(search, build_id, ".debug", status);
    return descriptor >= 0
               ? descriptor
               : open_and_free(memory_format("%s%s", name[0] == '/' ? "" : folder, name), build_id,
                               status);
}
