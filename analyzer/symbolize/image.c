// SPDX-License-Identifier: MIT
#include "symbolize/image.h"

#include "base/memory.h"
#include "symbolize/demangle.h"
#include "symbolize/source_path.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DEBUG_DIRECTORY "/usr/lib/debug/.build-id"

struct image {
    Dwfl *dwfl;
    Dwfl_Module *module;
};

/* The main file is always handed over as a descriptor, so libdwfl has nothing to search for. */
static int no_elf(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
                  char **file_name, Elf **elf)
{
    return -1;
}

static const Dwfl_Callbacks callbacks = {
    .find_elf = no_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
};

static bool has_build_id(Dwfl_Module *module, const char *expected)
{
    const unsigned char *bits;
    GElf_Addr address;
    int length = dwfl_module_build_id(module, &bits, &address);

    if (length <= 0 || strlen(expected) != 2 * (size_t)length)
        return false;
    for (int i = 0; i < length; i++) {
        char digits[3];

        snprintf(digits, sizeof digits, "%02x", bits[i]);
        if (strncasecmp(digits, expected + 2 * (size_t)i, 2) != 0)
            return false;
    }
    return true;
}

/*
 * Without a build ID only time can tell whether the file is still the same one. The change time,
 * which unlike the modification time cp and install cannot set, must lie before the start of the
 * process.
 */
static bool unchanged_since(const struct stat *status, const char *started)
{
    struct tm when = {0};
    const char *rest = strptime(started, "%Y-%m-%dT%H:%M:%S", &when);
    int hours = 0, minutes = 0;
    char sign = '+';
    time_t start;

    if (rest == NULL)
        return false;
    rest += strspn(rest, ".0123456789");
    if (sscanf(rest, "%c%2d:%2d", &sign, &hours, &minutes) != 3)
        hours = minutes = 0;
    start = timegm(&when) - (sign == '-' ? -1 : 1) * (hours * 3600L + minutes * 60L);
    return status->st_ctime < start;
}

static bool is_the_one(Dwfl_Module *module, const struct stat *status, const char *build_id,
                       const char *started)
{
    const unsigned char *bits;
    GElf_Addr address;

    if (build_id[0] != '\0')
        return has_build_id(module, build_id);
    return dwfl_module_build_id(module, &bits, &address) <= 0 && unchanged_since(status, started);
}

static int open_regular(const char *path, struct stat *status)
{
    /* O_NONBLOCK: a path out of a report file may be a FIFO by now. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (descriptor >= 0 && fstat(descriptor, status) == 0 && S_ISREG(status->st_mode))
        return descriptor;
    if (descriptor >= 0)
        close(descriptor);
    return -1;
}

static struct image *open_file(const char *path, const char *build_id, const char *started)
{
    struct stat status;
    int descriptor = path[0] == '/' ? open_regular(path, &status) : -1;
    struct image *image;

    if (descriptor < 0)
        return NULL;
    image = memory_zeroed(sizeof *image);
    image->dwfl = dwfl_begin(&callbacks);
    if (image->dwfl != NULL) {
        /* Base 0: addresses are then the file's own. It takes the descriptor over if it succeeds.
         */
        image->module = dwfl_report_elf(image->dwfl, path, path, descriptor, 0, true);
        dwfl_report_end(image->dwfl, NULL, NULL);
    }
    if (image->module == NULL) {
        close(descriptor);
        image_close(image);
        return NULL;
    }
    if (is_the_one(image->module, &status, build_id, started))
        return image;
    image_close(image);
    return NULL;
}

static struct image *open_debug_file(const char *build_id, const char *suffix)
{
    char *path;
    struct image *image;

    /* What is put into a path must be hexadecimal: "../" is not. */
    if (strlen(build_id) <= 2 || build_id[strspn(build_id, "0123456789abcdefABCDEF")] != '\0')
        return NULL;
    path = memory_format(DEBUG_DIRECTORY "/%.2s/%s%s", build_id, build_id + 2, suffix);
    image = open_file(path, build_id, "");
    free(path);
    return image;
}

struct image *image_open(const char *path, const char *build_id, const char *started)
{
    struct image *image;

    /* libdwfl asks debuginfod servers whenever this is set; a look-up must stay on this machine. */
    unsetenv("DEBUGINFOD_URLS");
    image = open_file(path, build_id, started);
    if (image == NULL)
        image = open_debug_file(build_id, ".debug");
    if (image == NULL)
        image = open_debug_file(build_id, ""); /* a link to the file itself, wherever it is now */
    return image;
}

void image_close(struct image *image)
{
    if (image == NULL)
        return;
    if (image->dwfl != NULL)
        dwfl_end(image->dwfl);
    free(image);
}

/* The file of a call, as the compilation unit numbers it. */
static const char *call_file(Dwarf_Die *unit, Dwarf_Die *inlined)
{
    Dwarf_Attribute attribute;
    Dwarf_Files *files;
    Dwarf_Word number;
    size_t count;

    if (dwarf_attr(inlined, DW_AT_call_file, &attribute) == NULL ||
        dwarf_formudata(&attribute, &number) != 0 || dwarf_getsrcfiles(unit, &files, &count) != 0 ||
        number >= count)
        return NULL;
    return dwarf_filesrc(files, number, NULL, NULL);
}

static const char *unit_directory(Dwarf_Die *unit)
{
    Dwarf_Attribute attribute;

    return dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
}

/*
 * The line table speaks of the innermost function, which may have been inlined into the one that
 * has the symbol. A function and a line that do not belong together would mislead: then the line is
 * that of the outermost inlined call, which is in the function itself. False where nothing is
 * inlined.
 */
static bool look_up_call(struct image *image, uint64_t address, const struct image_place *place)
{
    Dwarf_Addr bias = 0;
    Dwarf_Die *unit = dwfl_module_addrdie(image->module, address, &bias);
    Dwarf_Die *scopes = NULL, *call = NULL;
    int count = unit != NULL ? dwarf_getscopes(unit, address - bias, &scopes) : 0;
    Dwarf_Attribute attribute;
    Dwarf_Word line = 0;
    const char *source;

    for (int i = 0; i < count && dwarf_tag(&scopes[i]) != DW_TAG_subprogram; i++) {
        if (dwarf_tag(&scopes[i]) == DW_TAG_inlined_subroutine)
            call = &scopes[i];
    }
    source = call != NULL ? call_file(unit, call) : NULL;
    if (source != NULL && dwarf_attr(call, DW_AT_call_line, &attribute) != NULL &&
        dwarf_formudata(&attribute, &line) == 0) {
        *place->source = source_path(source, unit_directory(unit));
        *place->line = (int)line;
    }
    free(scopes);
    return *place->source != NULL;
}

static void look_up_line(struct image *image, uint64_t address, const struct image_place *place)
{
    Dwfl_Line *line = dwfl_module_getsrc(image->module, address);
    const char *source =
        line != NULL ? dwfl_lineinfo(line, NULL, place->line, NULL, NULL, NULL) : NULL;

    if (source != NULL)
        *place->source = source_path(source, dwfl_line_comp_dir(line));
}

void image_lookup(struct image *image, uint64_t address, const struct image_place *place)
{
    const char *name;
    GElf_Off distance;
    GElf_Sym symbol;

    if (image == NULL)
        return;
    name = dwfl_module_addrinfo(image->module, address, &distance, &symbol, NULL, NULL, NULL);
    if (name != NULL)
        *place->function = demangle(name);
    if (!look_up_call(image, address, place))
        look_up_line(image, address, place);
}
