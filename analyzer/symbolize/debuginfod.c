// SPDX-License-Identifier: MIT
#include "symbolize/debuginfod.h"

#include "base/regular.h"
#include "symbolize/build_id.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As in elfutils/debuginfod.h, which need not be there: the library is no dependency. */
struct client;
typedef struct client *begin_function(void);
typedef void end_function(struct client *client);
/* A length of 0: build_id is hexadecimal. The path is not asked for. */
typedef int find_function(struct client *client, const unsigned char *build_id, int length,
                          char **path);

static bool is_configured(void)
{
    const char *servers = getenv("DEBUGINFOD_URLS");

    return servers != NULL && servers[strspn(servers, " ")] != '\0';
}

static int ask(void *library, const char *build_id, const char *function)
{
    begin_function *begin = (begin_function *)dlsym(library, "debuginfod_begin");
    end_function *end = (end_function *)dlsym(library, "debuginfod_end");
    find_function *find = (find_function *)dlsym(library, function);
    struct client *client = begin != NULL && end != NULL && find != NULL ? begin() : NULL;
    int descriptor;

    if (client == NULL)
        return -1;
    descriptor = find(client, (const unsigned char *)build_id, 0, NULL);
    end(client);
    return descriptor;
}

int debuginfod_open(const char *build_id, enum debuginfod_wanted wanted, struct stat *status)
{
    static const char *const functions[] = {
        [DEBUGINFOD_DEBUG_FILE] = "debuginfod_find_debuginfo",
        [DEBUGINFOD_MODULE] = "debuginfod_find_executable",
    };
    void *library;
    int descriptor;

    if (build_id[0] == '\0' || !is_configured())
        return -1;
    library = dlopen("libdebuginfod.so.1", RTLD_LAZY | RTLD_LOCAL);
    descriptor = library != NULL ? ask(library, build_id, functions[wanted]) : -1;
    if (descriptor < 0)
        return -1;
    if (fstat(descriptor, status) == 0 && S_ISREG(status->st_mode) &&
        status->st_size <= REGULAR_SIZE_MAX &&
        build_id_compare(descriptor, build_id) == BUILD_ID_SAME)
        return descriptor;
    close(descriptor);
    return -1;
}
