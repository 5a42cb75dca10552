// SPDX-License-Identifier: MIT
#include "try/trial.h"

#include "base/memory.h"
#include "base/message.h"
#include "base/processors.h"
#include "try/shared_object.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOADS = 5, SECONDS = 60 };

static const char *const mode_names[] = {"main", "thread", "cross"};

const char *try_mode_name(enum try_mode mode)
{
    return mode_names[mode];
}

const char *try_mode_word(size_t number)
{
    return number < TRY_MODE_COUNT ? mode_names[number] : NULL;
}

struct try_plan try_plan_default(void)
{
    return (struct try_plan){
        .loads = LOADS, .jobs = processors_usable(), .seconds = SECONDS, .only = -1};
}

void try_plan_add(struct try_plan *plan, const char *name, const char *list)
{
    char *words = memory_string(list), *rest = words, *word;

    while ((word = strsep(&rest, ",")) != NULL) {
        if (*word != '\0')
            ARRAY_PUSH(plan->words, plan->word_count, memory_format("%s=%s", name, word));
    }
    free(words);
}

static bool is_known(const char *word, const char *(*known)(size_t))
{
    for (size_t i = 0; known(i) != NULL; i++) {
        if (strcmp(word, known(i)) == 0)
            return true;
    }
    return false;
}

bool try_plan_add_words(struct try_plan *plan, const char *list, const char *(*known)(size_t))
{
    char *words = memory_string(list), *rest = words, *word;
    bool good = true;

    while (good && (word = strsep(&rest, ",")) != NULL) {
        good = is_known(word, known);
        if (good)
            ARRAY_PUSH(plan->words, plan->word_count, memory_string(word));
    }
    free(words);
    return good;
}

/* dlopen gets an absolute path, for the process runs elsewhere; the links of it stay, so that the
 * library is found under its name. A name without '/' that is no file here is looked up. */
static char *path_for_dlopen(const char *name)
{
    char *here, *path;

    if (name[0] == '/' || (strchr(name, '/') == NULL && access(name, F_OK) != 0))
        return memory_string(name);
    here = getcwd(NULL, 0);
    path = here != NULL ? memory_format("%s/%s", here, name) : memory_string(name);
    free(here);
    return path;
}

void try_plan_hold(struct try_plan *plan, const char *library)
{
    char *path = path_for_dlopen(library);

    ARRAY_PUSH(plan->words, plan->word_count, memory_format("with=%s", path));
    free(path);
}

void try_plan_clear(struct try_plan *plan)
{
    for (size_t i = 0; i < plan->word_count; i++)
        free(plan->words[i]);
    free(plan->words);
    plan->words = NULL;
    plan->word_count = 0;
}

static bool is_there(const struct trials *trials, const struct trial *trial)
{
    for (size_t i = 0; i < trials->count; i++) {
        const struct trial *other = &trials->items[i];

        if (strcmp(other->path, trial->path) == 0 ||
            (trial->inode != 0 && other->inode == trial->inode && other->device == trial->device))
            return true;
    }
    return false;
}

static void clear_trial(struct trial *trial)
{
    for (int mode = 0; mode < TRY_MODE_COUNT; mode++) {
        reached_clear(&trial->attempts[mode].progress);
        free(trial->attempts[mode].folder);
        free(trial->attempts[mode].printed);
    }
    free(trial->name);
    free(trial->path);
}

static void add_library(struct trials *trials, const char *name)
{
    struct trial trial = {.name = memory_string(name), .path = path_for_dlopen(name)};
    struct stat status;

    if (strchr(trial.path, '/') != NULL && stat(trial.path, &status) == 0) {
        trial.device = status.st_dev;
        trial.inode = status.st_ino;
    }
    if (is_there(trials, &trial))
        clear_trial(&trial);
    else
        ARRAY_PUSH(trials->items, trials->count, trial);
}

/* Of several names of one file the first one comes: libz.so.1 before libz.so.1.2.13. */
static bool add_directory(struct trials *trials, const char *directory)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, NULL, versionsort);

    if (count < 0) {
        message_error("%s: %s", directory, strerror(errno));
        return false;
    }
    for (int i = 0; i < count; i++) {
        char *path = memory_format("%s/%s", directory, entries[i]->d_name);

        if (is_shared_object(path))
            add_library(trials, path);
        free(path);
        free(entries[i]);
    }
    free(entries);
    return true;
}

static bool add_list(struct trials *trials)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    while ((length = getline(&line, &size, stdin)) > 0) {
        line[length - (line[length - 1] == '\n')] = '\0';
        if (line[0] != '\0')
            add_library(trials, line);
    }
    free(line);
    if (!ferror(stdin))
        return true;
    message_error("standard input: %s", strerror(errno));
    return false;
}

bool trials_add(struct trials *trials, const char *argument)
{
    struct stat status;

    if (strcmp(argument, "-") == 0)
        return add_list(trials);
    if (stat(argument, &status) == 0 && S_ISDIR(status.st_mode))
        return add_directory(trials, argument);
    if (strchr(argument, '/') != NULL && stat(argument, &status) != 0) {
        message_error("%s: %s", argument, strerror(errno));
        return false;
    }
    add_library(trials, argument);
    return true;
}

void trials_clear(struct trials *trials)
{
    for (size_t i = 0; i < trials->count; i++)
        clear_trial(&trials->items[i]);
    free(trials->items);
    memset(trials, 0, sizeof *trials);
}
