// SPDX-License-Identifier: MIT
#include "classify/package.h"

#include "base/memory.h"
#include "classify/installed.h"
#include "symbolize/notes.h"
#include "symbolize/separate.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A module of a third party, whichever process had it. */
struct subject {
    char *key;
    const struct module *module;
    struct package *package;
    UT_hash_handle hh;
};

struct question {
    struct subject *subject;
};

/* The files to search for in one system. */
struct questions {
    struct installed *files;
    struct question *items; /* whose files these are, in their order */
    size_t file_count, count;
};

struct package *package_new(char *name, char *version)
{
    struct package *package = memory_zeroed(sizeof *package);

    package->name = name;
    package->version = version;
    return package;
}

enum { NOTE_TYPE = 0xcafe1a7e };
static const char note_name[] = "FDO";

/* A JSON object, with NULs after it. */
static void take_note(void *context, const struct note *note)
{
    struct package **package = context;
    const char *text = (const char *)note->data, *name, *version;
    json_t *object;

    if (*package != NULL || note->type != NOTE_TYPE || note->name_size != sizeof note_name ||
        memcmp(note->name, note_name, sizeof note_name) != 0)
        return;
    object = json_loadb(text, strnlen(text, note->size), 0, NULL);
    name = json_string_value(json_object_get(object, "name"));
    version = json_string_value(json_object_get(object, "version"));
    if (name != NULL && name[0] != '\0')
        *package = package_new(memory_string(name), memory_string(version != NULL ? version : ""));
    json_decref(object);
}

struct package *package_of_note(int descriptor)
{
    struct package *package = NULL;

    notes_read(descriptor, take_note, &package);
    return package;
}

/* The path in the system of the open file; a new string. */
static char *path_in_system(int descriptor, const char *sysroot)
{
    char *path = separate_path(descriptor);
    size_t length = sysroot != NULL ? strlen(sysroot) : 0;

    if (length > 1 && strncmp(path, sysroot, length) == 0 && path[length] == '/')
        memmove(path, path + length, strlen(path + length) + 1);
    return path;
}

/* By its note; else it becomes a question to the system in which its file lies. */
static void examine(const struct search *search, struct subject *subject,
                    struct questions questions[2])
{
    const struct module_record *module = subject->module->data;
    const char *sysroot = search != NULL ? search->sysroot : NULL;
    struct separate_file file;
    struct questions *of;

    separate_open_module(search, module->path, module->build_id != NULL ? module->build_id : "",
                         &file);
    if (file.descriptor < 0)
        return;
    subject->package = package_of_note(file.descriptor);
    if (subject->package == NULL) {
        of = &questions[file.in_sysroot];
        ARRAY_PUSH(of->files, of->file_count,
                   (struct installed){
                       module->path,
                       path_in_system(file.descriptor, file.in_sysroot ? sysroot : NULL), NULL});
        ARRAY_PUSH(of->items, of->count, (struct question){subject});
    }
    close(file.descriptor);
}

static void ask(const char *root, struct questions *questions)
{
    if (questions->count > 0) {
        dpkg_find(root, questions->files, questions->count);
        rpm_find(root, questions->files, questions->count);
    }
    for (size_t i = 0; i < questions->count; i++) {
        questions->items[i].subject->package = questions->files[i].package;
        free(questions->files[i].real);
    }
    free(questions->files);
    free(questions->items);
}

static struct subject *need_subject(struct subject **subjects, const struct module *module)
{
    const char *build_id = module->data->build_id;
    char *key = memory_format("%s\n%s", build_id != NULL ? build_id : "", module->data->path);
    struct subject *subject;

    HASH_FIND_STR(*subjects, key, subject);
    if (subject != NULL) {
        free(key);
        return subject;
    }
    subject = memory_zeroed(sizeof *subject);
    subject->key = key;
    subject->module = module;
    HASH_ADD_KEYPTR(hh, *subjects, subject->key, strlen(subject->key), subject);
    return subject;
}

static void hand_over(struct model *model, struct subject *subjects)
{
    struct subject *subject;

    for (struct group *group = model->groups; group != NULL; group = group->hh.next) {
        if (group->third_party) {
            subject = need_subject(&subjects, finding_blamed_module(group->shown));
            group->package = subject->package;
        }
    }
    for (subject = subjects; subject != NULL; subject = subject->hh.next) {
        if (subject->package == NULL)
            continue;
        subject->package->next = model->packages;
        model->packages = subject->package;
    }
}

static void forget(struct subject *subjects)
{
    struct subject *subject = subjects, *next;

    HASH_CLEAR(hh, subjects); /* the table only; the items keep their order */
    for (; subject != NULL; subject = next) {
        next = subject->hh.next;
        free(subject->key);
        free(subject);
    }
}

void package_find(struct model *model)
{
    const char *sysroot = model->search != NULL ? model->search->sysroot : NULL;
    struct questions questions[2] = {0};
    struct subject *subjects = NULL;

    for (const struct group *group = model->groups; group != NULL; group = group->hh.next) {
        if (group->third_party)
            need_subject(&subjects, finding_blamed_module(group->shown));
    }
    for (struct subject *subject = subjects; subject != NULL; subject = subject->hh.next)
        examine(model->search, subject, questions);
    ask("", &questions[false]);
    ask(sysroot != NULL ? sysroot : "", &questions[true]);
    hand_over(model, subjects);
    forget(subjects);
}
