// SPDX-License-Identifier: MIT
#include "run/known_options.h"

#include "base/memory.h"
#include "base/message.h"
#include "base/regular.h"
#include "model/aliases.h"

#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTION ".dlpin_options"

/* Names with the form of their values, as "scan_limit_mb=0-64", each with a zero after it. */
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

/* The form of the option's value; NULL: there is no such option. */
static const char *form_of(const struct names *names, const char *name, size_t length)
{
    for (const char *at = names->text; at < names->text + names->size; at += strlen(at) + 1) {
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return at + length + 1;
    }
    return NULL;
}

/* A number from the first to the second of "1-32". */
static bool is_number(const char *form, const char *value, size_t length)
{
    unsigned long number = 0, lowest = strtoul(form, NULL, 10);
    const char *dash = strchr(form, '-');

    if (dash == NULL || length == 0 || length > 9 || strspn(value, "0123456789") < length)
        return false;
    for (size_t i = 0; i < length; i++)
        number = number * 10 + (unsigned long)(value[i] - '0');
    return number >= lowest && number <= strtoul(dash + 1, NULL, 10);
}

/* Is value one of the words up to the colon? The last may have "=GLOB" after it. */
static bool is_choice(const char *form, const char *value, size_t length, bool may_have_glob)
{
    size_t size;

    for (; (size = strcspn(form, " :")) > 0; form += size + (form[size] == ' ')) {
        bool is_last = form[size] != ' ';

        if (length >= size && memcmp(form, value, size) == 0 &&
            (length == size || (is_last && may_have_glob && value[size] == '=')))
            return true;
    }
    return false;
}

static bool has_glob(const struct names *names, const char *name, size_t length)
{
    char *glob = memory_format("%.*s_glob", (int)length, name);
    bool found = form_of(names, glob, strlen(glob)) != NULL;

    free(glob);
    return found;
}

/* A piece of the list, without its quotes. */
struct piece {
    const char *start;
    size_t length;
};

/* Where the options come from, as messages name it, and what the library knows. */
struct checking {
    const char *source;
    struct names names;
};

static bool is_called(struct piece name, const char *text)
{
    return strlen(text) == name.length && memcmp(name.start, text, name.length) == 0;
}

static bool check_file(const struct checking *checking, struct piece name, struct piece value)
{
    char *path = memory_format("%.*s", (int)value.length, value.start);
    bool good = access(path, R_OK) == 0;

    if (!good)
        message_usage("%s: %.*s=%s: %s", checking->source, (int)name.length, name.start, path,
                      strerror(errno));
    free(path);
    return good;
}

static bool check_aliases(const struct checking *checking, struct piece value)
{
    while (value.length > 0) {
        size_t length = strcspn(value.start, ",");

        length = length < value.length ? length : value.length;
        if (!alias_is_good(value.start, length)) {
            message_usage("%s: alias=%.*s: it must be GLOB=NAME, without '/' in NAME",
                          checking->source, (int)length, value.start);
            return false;
        }
        length += length < value.length;
        value = (struct piece){value.start + length, value.length - length};
    }
    return true;
}

static bool check_value(const struct checking *checking, struct piece name, const char *form,
                        struct piece value)
{
    bool is_range = form[0] >= '0' && form[0] <= '9';

    if (is_called(name, "registries") || is_called(name, "suppressions"))
        return check_file(checking, name, value);
    if (is_called(name, "alias"))
        return check_aliases(checking, value);
    if (form[0] == '\0' || (is_range && is_number(form, value.start, value.length)) ||
        (!is_range && is_choice(form, value.start, value.length,
                                has_glob(&checking->names, name.start, name.length))))
        return true;
    message_usage("%s: %.*s=%.*s: %s%.*s", checking->source, (int)name.length, name.start,
                  (int)value.length, value.start,
                  is_range ? "it must be a number in the range " : "it must be one of: ",
                  (int)strcspn(form, ":"), form);
    return false;
}

/* The piece up to one of `ends`, in quotes or not, as the library reads it; *at moves after it. */
static struct piece take_piece(const char **at, const char *ends)
{
    const char *start = *at;
    const char *close = *start == '\'' || *start == '"' ? strchr(start + 1, *start) : NULL;
    size_t length = strcspn(start, ends);

    *at = close != NULL ? close + 1 : start + length;
    return close != NULL ? (struct piece){start + 1, (size_t)(close - start - 1)}
                         : (struct piece){start, length};
}

static bool check(const struct checking *checking, const char *list)
{
    while (*list != '\0') {
        struct piece name;
        const char *form;

        if (*list == ':') {
            list++;
            continue;
        }
        name = take_piece(&list, "=:");
        form = form_of(&checking->names, name.start, name.length);
        if (form == NULL) {
            message_usage("%s: \"%.*s\" is no option of libdlpin.so; libdlpin(7) lists them",
                          checking->source, (int)name.length, name.start);
            return false;
        }
        if (*list != '=') {
            message_usage("%s: \"%.*s\" has no value", checking->source, (int)name.length,
                          name.start);
            return false;
        }
        list++;
        if (!check_value(checking, name, form, take_piece(&list, ":")))
            return false;
    }
    return true;
}

bool known_options_check(const char *library, const char *list)
{
    const char *inherited = getenv("DLPIN_OPTIONS");
    struct checking checking = {"DLPIN_OPTIONS", {0}};
    bool good;

    if (list == NULL && inherited == NULL)
        return true;
    checking.names = names_of(library);
    good = checking.names.text == NULL || inherited == NULL || check(&checking, inherited);
    checking.source = "--options";
    good = good && (checking.names.text == NULL || list == NULL || check(&checking, list));
    free(checking.names.text);
    return good;
}
