// SPDX-License-Identifier: MIT
#include "modules/entries.h"
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct plugin plugin;
static uintptr_t routine;

static void load(void)
{
    support_start();
    plugin = support_open("plugin");
    routine = (uintptr_t)plugin.routine;
}

TestSuite(entries, .init = load);

Test(entries, where_a_function_begins)
{
    cr_assert_eq(entry_at(plugin.module, routine), ENTRY_YES);
    cr_assert_eq(entry_at(plugin.module, routine + 1), ENTRY_NO);
    cr_assert_eq(entry_at(plugin.module, routine - 1), ENTRY_NO);
    cr_assert_eq(entry_at(plugin.module, plugin.module->start), ENTRY_NO);
    cr_assert_eq(entry_at(plugin.module, plugin.module->end), ENTRY_NO);
}

Test(entries, of_a_module_without_a_file_or_a_table_nothing_is_known)
{
    struct module other = *plugin.module;
    other.path = "/nowhere";
    cr_assert_eq(entry_at(&other, routine), ENTRY_UNKNOWN);
    other = *plugin.module;
    other.phnum = 0;
    cr_assert_eq(entry_at(&other, routine), ENTRY_UNKNOWN);
    other = *plugin.module;
    other.build_id[0] ^= 1;
    cr_assert_eq(entry_at(&other, routine), ENTRY_UNKNOWN);
}

/* A copy of the file in which one byte of the table's head, or of the table, is another. */
Test(entries, a_damaged_table_is_survived)
{
    char path[4200];
    struct stat st;
    struct module other = *plugin.module;
    const ElfW(Phdr) *table = NULL;
    for (unsigned i = 0; i < other.phnum; i++)
        if (other.phdr[i].p_type == PT_GNU_EH_FRAME)
            table = &other.phdr[i];
    cr_assert_not_null(table);
    snprintf(path, sizeof path, "%s/file", support_directory());
    int from = open(other.path, O_RDONLY), to = open(path, O_CREAT | O_RDWR, 0600);
    cr_assert(from >= 0 && to >= 0 && fstat(from, &st) == 0);
    unsigned char *content = malloc((size_t)st.st_size);
    cr_assert_eq(read(from, content, (size_t)st.st_size), st.st_size);
    cr_assert_eq(write(to, content, (size_t)st.st_size), st.st_size);
    other.path = path;
    cr_assert_eq(entry_at(&other, routine), ENTRY_YES, "the copy is as good");
    for (size_t at = table->p_offset; at < table->p_offset + table->p_filesz; at++) {
        unsigned char changed = content[at] ^ 0xa5;
        cr_assert_eq(pwrite(to, &changed, 1, (off_t)at), 1);
        enum entry_answer answer = entry_at(&other, routine);
        if (at == table->p_offset || at == table->p_offset + 2 || at == table->p_offset + 3)
            cr_assert_eq(answer, ENTRY_UNKNOWN, "byte %zu", at - table->p_offset);
        cr_assert_eq(pwrite(to, &content[at], 1, (off_t)at), 1);
    }
    cr_assert_eq(ftruncate(to, (off_t)table->p_offset + 13), 0);
    cr_assert_eq(entry_at(&other, routine), ENTRY_UNKNOWN);
    free(content);
}
