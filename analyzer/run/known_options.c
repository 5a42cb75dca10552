// SPDX-License-Identifier: MIT
#include "run/known_options.h"

#include "base/memory.h"
#include "base/message.h"
#include "base/regular.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTION ".dlpin_options"

/* Names, each with a zero behind it. */
struct names {
    char *text;
    size_t size;
};

static void take_section(struct names *names, Elf_Scn *section)
{
    Elf_Data *data = elf_getdata(section, NULL);

    if (data == NULL || data->d_buf == NULL || data->d_size == 0)
        return;
    names->size = data->d_size;
    names->text = memory_block(names->size);
    memcpy(names->text, data->d_buf, names->size);
    names->text[names->size - 1] = '\0';
}

static void read_names(struct names *names, Elf *elf)
{
    Elf_Scn *section = NULL;
    size_t strings;

    if (elf == NULL || elf_getshdrstrndx(elf, &strings) != 0)
        return;
    while (names->text == NULL && (section = elf_nextscn(elf, section)) != NULL) {
        GElf_Shdr header;
        const char *name = gelf_getshdr(section, &header) != NULL
                               ? elf_strptr(elf, strings, header.sh_name)
                               : NULL;

        if (name != NULL && strcmp(name, SECTION) == 0)
            take_section(names, section);
    }
}

static struct names names_of(const char *library)
{
    struct names names = {0};
    struct stat status;
    int descriptor = regular_open(library, 0, &status);
    Elf *elf;

    if (descriptor < 0)
        return names;
    elf_version(EV_CURRENT);
    elf = elf_begin(descriptor, ELF_C_READ, NULL);
    read_names(&names, elf);
    if (elf != NULL)
        elf_end(elf);
    close(descriptor);
    return names;
}

static bool is_known(const struct names *names, const char *name, size_t length)
{
    for (const char *at = names->text; at < names->text + names->size; at += strlen(at) + 1) {
        if (strlen(at) == length && memcmp(at, name, length) == 0)
            return true;
    }
    return false;
}

/* Behind a piece up to one of `ends`, in quotes or not, as the library reads it. */
static const char *skip_piece(const char *at, const char *ends)
{
    const char *close = *at == '\'' || *at == '"' ? strchr(at + 1, *at) : NULL;

    return close != NULL ? close + 1 : at + strcspn(at, ends);
}

static bool check(const struct names *names, const char *list)
{
    while (*list != '\0') {
        const char *name = list, *end = skip_piece(list, "=:");
        int length = (int)(end - name);

        if (*list == ':') {
            list++;
            continue;
        }
        if (!is_known(names, name, (size_t)length)) {
            message_usage("--options: \"%.*s\" is no option of libdlpin.so; libdlpin(7) lists them",
                          length, name);
            return false;
        }
        if (*end != '=') {
            message_usage("--options: \"%.*s\" has no value", length, name);
            return false;
        }
        list = skip_piece(end + 1, ":");
    }
    return true;
}

bool known_options_check(const char *library, const char *list)
{
    struct names names = list != NULL ? names_of(library) : (struct names){0};
    bool good = names.text == NULL || check(&names, list);

    free(names.text);
    return good;
}
