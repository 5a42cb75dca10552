// SPDX-License-Identifier: MIT
#include "symbolize/image.h"

#include "base/memory.h"
#include "symbolize/debuginfod.h"
#include "symbolize/demangle.h"
#include "symbolize/limits.h"
#include "symbolize/separate.h"
#include "symbolize/source_path.h"
#include "symbolize/variables.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct image {
    Dwfl *dwfl;
    Dwfl_Module *module;
    const struct image_file *file;
    char *folder; /* of the file with the debug information */
    Dwarf *alternate;
    Elf *alternate_elf;
    int alternate_file;
    struct variables *variables; /* once one is looked up */
};

/* The main file is always handed over as a descriptor, so libdwfl has nothing to search for. */
static int no_elf(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
                  char **file_name, Elf **elf)
{
    return -1;
}

/*
 * libdwfl asks for the separate debug file here, and with a name but without a checksum for the
 * alternate one, which set_alternate() opens. Its own search would open whatever a link names.
 */
static int find_debug_file(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
                           const char *file, const char *link, GElf_Word checksum, char **found)
{
    struct image *image = *userdata;
    const struct image_file *of = image->file;
    struct stat status;
    int descriptor = -1;

    if (link != NULL && checksum == 0)
        return -1;
    limits_unseal();
    descriptor = separate_open_by_id(of->search, of->build_id, ".debug", &status);
    if (descriptor < 0 && link != NULL)
        descriptor =
            separate_open_link(of->search, of->path, of->build_id, link, checksum, &status);
    if (descriptor < 0)
        descriptor = debuginfod_open(of->build_id, DEBUGINFOD_DEBUG_FILE, &status);
    limits_seal();
    if (descriptor >= 0) {
        limits_allow_file(status.st_size);
        free(image->folder);
        image->folder = separate_folder(descriptor);
    }
    return descriptor;
}

static const Dwfl_Callbacks callbacks = {
    .find_elf = no_elf,
    .find_debuginfo = find_debug_file,
    .section_address = dwfl_offline_section_address,
};

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

int image_find(const struct image_file *file, struct stat *status, bool *is_other)
{
    const char *build_id = file->build_id;
    struct separate_file module;
    int descriptor;

    *is_other =
        separate_open_module(file->search, file->path, build_id, &module) == SEPARATE_OTHER_FILE;
    descriptor = module.descriptor;
    *status = module.status;
    if (descriptor >= 0 && build_id[0] == '\0' && !unchanged_since(status, file->started)) {
        close(descriptor);
        descriptor = -1;
        *is_other = true;
    }
    if (descriptor < 0)
        descriptor = separate_open_by_id(file->search, build_id, ".debug", status);
    if (descriptor < 0) /* a link to the file itself, wherever it is now */
        descriptor = separate_open_by_id(file->search, build_id, "", status);
    if (descriptor < 0)
        descriptor = debuginfod_open(build_id, DEBUGINFOD_DEBUG_FILE, status);
    if (descriptor < 0)
        descriptor = debuginfod_open(build_id, DEBUGINFOD_MODULE, status);
    *is_other = *is_other && descriptor < 0;
    return descriptor;
}

/*
 * libdw itself cannot open the alternate file that debug information may refer to (limits.h): it is
 * given the one with the right build ID here, or finds none.
 */
static void set_alternate(struct image *image)
{
    Dwarf_Addr bias;
    Dwarf *debug = dwfl_module_getdwarf(image->module, &bias);
    const char *name;
    const void *id;
    ssize_t size = debug != NULL ? dwelf_dwarf_gnu_debugaltlink(debug, &name, &id) : 0;
    struct stat status;

    if (size <= 0)
        return;
    limits_unseal();
    image->alternate_file = separate_open_alternate(image->file->search, image->folder, name, id,
                                                    (size_t)size, &status);
    limits_seal();
    if (image->alternate_file < 0)
        return;
    limits_allow_file(status.st_size);
    image->alternate_elf = elf_begin(image->alternate_file, ELF_C_READ, NULL);
    if (image->alternate_elf != NULL)
        image->alternate = dwarf_begin_elf(image->alternate_elf, DWARF_C_READ, NULL);
    if (image->alternate != NULL)
        dwarf_setalt(debug, image->alternate);
}

static void report_file(struct image *image, int descriptor)
{
    void **userdata;

    /* Base 0: addresses are then the file's own. It takes the descriptor over if it succeeds. */
    image->module =
        dwfl_report_elf(image->dwfl, image->file->path, image->file->path, descriptor, 0, true);
    dwfl_report_end(image->dwfl, NULL, NULL);
    if (image->module == NULL)
        return;
    dwfl_module_info(image->module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
    *userdata = image;
    set_alternate(image);
}

struct image *image_of(int descriptor, const struct stat *status, const struct image_file *file)
{
    struct image *image = memory_zeroed(sizeof *image);

    image->file = file;
    image->folder = separate_folder(descriptor);
    image->alternate_file = -1;
    limits_allow_file(status->st_size);
    limits_seal();
    elf_version(EV_CURRENT);
    image->dwfl = dwfl_begin(&callbacks);
    if (image->dwfl != NULL)
        report_file(image, descriptor);
    limits_unseal();
    if (image->module != NULL)
        return image;
    close(descriptor);
    image_close(image);
    return NULL;
}

struct image *image_open(const struct image_file *file)
{
    struct stat status;
    bool is_other;
    int descriptor = image_find(file, &status, &is_other);

    return descriptor >= 0 ? image_of(descriptor, &status, file) : NULL;
}

void image_close(struct image *image)
{
    if (image == NULL)
        return;
    variables_free(image->variables);
    if (image->dwfl != NULL)
        dwfl_end(image->dwfl);
    if (image->alternate != NULL)
        dwarf_end(image->alternate);
    if (image->alternate_elf != NULL)
        elf_end(image->alternate_elf);
    if (image->alternate_file >= 0)
        close(image->alternate_file);
    free(image->folder);
    free(image);
}

static const char *unit_directory(Dwarf_Die *unit)
{
    Dwarf_Attribute attribute;

    return dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
}

static void look_up_line(struct image *image, uint64_t address, char **source, int *line)
{
    Dwfl_Line *found = dwfl_module_getsrc(image->module, address);
    const char *path = found != NULL ? dwfl_lineinfo(found, NULL, line, NULL, NULL, NULL) : NULL;

    if (path != NULL)
        *source = source_path(path, dwfl_line_comp_dir(found));
}

/* Where an inlined function is called, as the compilation unit numbers its files. */
static void look_up_call(Dwarf_Die *unit, Dwarf_Die *call, char **source, int *line)
{
    Dwarf_Attribute attribute;
    Dwarf_Word file, number;
    Dwarf_Files *files;
    const char *path = NULL;
    size_t count;

    if (dwarf_formudata(dwarf_attr(call, DW_AT_call_file, &attribute), &file) == 0 &&
        dwarf_getsrcfiles(unit, &files, &count) == 0 && file < count)
        path = dwarf_filesrc(files, file, NULL, NULL);
    if (path == NULL ||
        dwarf_formudata(dwarf_attr(call, DW_AT_call_line, &attribute), &number) != 0)
        return;
    *source = source_path(path, unit_directory(unit));
    *line = (int)number;
}

static char *name_of(Dwarf_Die *function)
{
    static const unsigned names[] = {DW_AT_linkage_name, DW_AT_MIPS_linkage_name, DW_AT_name};
    Dwarf_Attribute attribute;
    const char *name = NULL;

    for (size_t i = 0; name == NULL && i < sizeof names / sizeof *names; i++)
        name = dwarf_formstring(dwarf_attr_integrate(function, names[i], &attribute));
    return name != NULL ? demangle(name) : NULL;
}

/*
 * The blocks and inlined functions around an address, the innermost first, as they are nested in
 * the code: dwarf_getscopes() continues from an inlined function with what is around its text. 0 if
 * nothing is inlined there. The array is to be freed.
 */
static int scopes_around(Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die **scopes)
{
    Dwarf_Die *by_text = NULL;
    int by_text_count = dwarf_getscopes(unit, address, &by_text), count = 0;
    bool is_inlined = false;

    for (int i = 0; i < by_text_count; i++)
        is_inlined |= dwarf_tag(&by_text[i]) == DW_TAG_inlined_subroutine;
    *scopes = NULL;
    if (is_inlined) /* only then, for it walks through the whole unit */
        count = dwarf_getscopes_die(&by_text[0], scopes);
    free(by_text);
    return count;
}

/*
 * The line table speaks of the innermost function, which may have been inlined into the one that
 * has the symbol. A function and a line that do not belong together would mislead: so each function
 * has the line at which it calls the next one.
 */
static void look_up_places(struct image *image, uint64_t address, struct frame *frame)
{
    Dwarf_Addr bias = 0;
    Dwarf_Die *unit = dwfl_module_addrdie(image->module, address, &bias), *scopes = NULL;
    int count = unit != NULL ? scopes_around(unit, address - bias, &scopes) : 0;

    look_up_line(image, address, &frame->source, &frame->line);
    for (int i = 0; i < count && dwarf_tag(&scopes[i]) != DW_TAG_subprogram; i++) {
        if (dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine)
            continue;
        if (frame->inlined_count < INLINED_MAX)
            ARRAY_PUSH(frame->inlined, frame->inlined_count,
                       (struct inlined){.function = name_of(&scopes[i]),
                                        .source = frame->source,
                                        .line = frame->line});
        else
            free(frame->source);
        frame->source = NULL;
        frame->line = 0;
        look_up_call(unit, &scopes[i], &frame->source, &frame->line);
    }
    free(scopes);
}

/* At a function's first instruction the line table may speak of the function's end already, or of
 * what is inlined there: the function is where it is declared. What the compiler made is nowhere.
 */
static void look_up_function(struct image *image, uint64_t address, struct frame *frame)
{
    Dwarf_Addr bias = 0;
    Dwarf_Die *unit = dwfl_module_addrdie(image->module, address, &bias), *scopes = NULL;
    int count = unit != NULL ? dwarf_getscopes(unit, address - bias, &scopes) : 0, line = 0;
    const char *path = NULL;

    for (int i = 0; i < count && path == NULL; i++) {
        if (dwarf_tag(&scopes[i]) == DW_TAG_subprogram && dwarf_decl_line(&scopes[i], &line) == 0)
            path = dwarf_decl_file(&scopes[i]);
    }
    if (path != NULL) {
        free(frame->source);
        frame->source = source_path(path, unit_directory(unit));
        frame->line = line;
    }
    free(scopes);
}

static void look_up_code(struct image *image, uint64_t address, struct frame *frame)
{
    GElf_Off distance;
    GElf_Sym symbol;
    const char *name =
        dwfl_module_addrinfo(image->module, address, &distance, &symbol, NULL, NULL, NULL);

    if (name != NULL)
        frame->function = demangle(name);
    look_up_places(image, address, frame);
    if (name != NULL && distance == 0 && !frame->returns)
        look_up_function(image, address, frame);
}

/* Offsets in the TLS segment have no bias. */
static void look_up_part(struct image *image, uint64_t address, struct frame *frame)
{
    Dwarf_Addr bias = 0;
    Dwarf *debug = dwfl_module_getdwarf(image->module, &bias);
    bool is_tls = frame->of == FRAME_OF_TLS;

    if (image->variables == NULL && debug != NULL)
        image->variables = variables_read(debug);
    if (image->variables != NULL)
        frame->part = variables_part(image->variables, is_tls ? address : address - bias, is_tls);
}

void image_lookup(struct image *image, uint64_t address, struct frame *frame)
{
    if (image == NULL)
        return;
    limits_seal();
    if (frame->of == FRAME_OF_CODE)
        look_up_code(image, address, frame);
    else
        look_up_part(image, address, frame);
    limits_unseal();
}

static bool is_below(const struct source_root *root, Dwarf_Die *unit)
{
    const char *name = dwarf_diename(unit);
    char *source = name != NULL ? source_path(name, unit_directory(unit)) : NULL;
    bool below = source != NULL && source_root_below(root, source) != NULL;

    free(source);
    return below;
}

bool image_is_built_from(struct image *image, const struct source_root *root)
{
    Dwarf_Die *unit = NULL;
    Dwarf_Addr bias;
    bool found = false;

    limits_seal();
    while (!found && (unit = dwfl_module_nextcu(image->module, unit, &bias)) != NULL)
        found = is_below(root, unit);
    limits_unseal();
    return found;
}
