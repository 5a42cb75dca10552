// SPDX-License-Identifier: MIT
/*
 * What the report files say, put together: processes, their modules and findings, and the findings
 * of all processes merged by signature.
 *
 * model_sink() gives the sink for load_inputs(); when all is loaded, model_finish() makes the
 * groups and the counts, by places in files; when these have names, model_sign() makes signatures
 * and merges what has the same one. The model owns every record that it was given; model_free()
 * gives everything back. Pointers into it stay valid until then.
 *
 * Rules that live here: a module record with a known id brings its new state; a finding record with
 * a known id replaces the earlier one; a record with the id of another module or finding is a
 * fault that is named (load.h); a resolved finding does not count (unless asked for); a
 * pending finding counts as long as no later record has its id; one that was resolved without
 * having been confirmed never was true, and is left out altogether. Ids are per process image, that
 * is per file and pid.
 */
#ifndef DLPIN_ANALYZER_MODEL_H
#define DLPIN_ANALYZER_MODEL_H

#include "load/load.h"
#include "model/signature.h"

#include <uthash.h>

struct entry;
struct package;
struct search;

struct module {
    int64_t id;
    struct record *record; /* the latest of this id */
    const struct module_record *data;
    int64_t loaded, unloaded; /* times; unloaded: INT64_MAX while it is mapped */
    UT_hash_handle hh;
};

struct finding {
    int64_t key; /* its id; where another one has that, a number that no record can name */
    struct process *process;
    struct record *record; /* the latest of this id */
    const struct finding_record *data;
    struct record *resolved; /* NULL: it still holds */
    struct group *group;     /* NULL: it is in none */
    struct finding *next_in_group;
    UT_hash_handle hh;
};

/* The process died at an address of an unloaded module. */
struct crash {
    struct process *process;
    struct record *record;
    const struct crash_record *data;
    struct crash *next;
};

struct process_key {
    int64_t file; /* index into model.files */
    int64_t pid;
};

/* All that a module leaves in a process takes from the same keys (growth.h). */
struct key_use {
    const char *identity; /* borrowed from the model */
    double rate;          /* keys for each load */
    int64_t live;         /* keys in use when it was last said; RECORD_ABSENT: never */
    UT_hash_handle hh;
};

/* One process image: exec keeps the pid and begins a new file. */
struct process {
    struct process_key key;
    const char *file;
    struct process *host; /* the first process of the file, where that is another one */
    struct record *header, *coverage, *summary; /* each may be NULL */
    const struct crash *crash;                  /* the first one, or NULL */
    struct module *modules;                     /* hash by id */
    struct finding *findings;                   /* hash by key */
    struct key_use *key_uses;                   /* hash by identity */
    size_t key_steps;                           /* findings that were visited for these */
    UT_hash_handle hh;
};

struct variant {
    const struct finding *finding;
};

/*
 * The findings of one signature; `shown` is the one that speaks for all of them. Before
 * model_sign(), those of the same places in the same files.
 */
struct group {
    char *key;
    struct signature signature;
    /* One of the findings for each place in files: several of one function may have been merged. */
    struct variant *variants;
    size_t variant_count;
    struct finding *first, *last; /* list through next_in_group, in the order of the files */
    const struct finding *shown;
    /* What of exceptions (gate/exceptions.h) applies to it, or NULL. */
    const struct entry *suppressed, *known, *expired;
    bool suppressed_by_library;    /* by the library's own option */
    bool hidden;                   /* it does not count, and is not shown */
    bool third_party;              /* its module is not of the user's own code (classify/own.h) */
    const struct package *package; /* that the module of a third party comes from, or NULL */
    const struct crash *crash;     /* the first one that one of them predicted, or NULL */
    enum severity severity;        /* the highest */
    int64_t count;                 /* times, over all findings */
    int64_t bytes, blocks; /* of the last time in each process; RECORD_ABSENT where none has any */
    bool growing;
    bool pending;   /* of at least one nothing later is known: its process ended there */
    int64_t *loads; /* sorted, each once */
    size_t load_count;
    size_t process_count;
    UT_hash_handle hh;
};

/* What a system calls the files that it installs together. */
struct package {
    char *name, *version; /* owned; a version that is not known is "" */
    struct package *next; /* of all that the model has */
};

struct model {
    char **files;
    size_t file_count;
    struct process *host;      /* the first process of the file that is being loaded, or NULL */
    struct process *processes; /* hash, in the order of the files */
    struct group *groups;      /* hash, in the order of model_sort() */
    struct crash *crashes, *last_crash; /* list, in the order of the files */
    size_t crash_count;
    struct package *packages;          /* list, owned; groups point to them */
    struct load_counts loaded;         /* for load_inputs() to fill */
    bool count_resolved;               /* set before model_finish(): resolved findings count too, */
    int64_t only;                      /* and of this process alone, if it is not 0 */
    const struct search *search;       /* set before: where symbolize looks for files, or NULL */
    size_t severities[SEVERITY_COUNT]; /* groups of each that are not hidden */
    size_t resolved;                   /* findings that were resolved */
    size_t unloaded;                   /* modules that were unmapped */
    size_t closed;                     /* modules that were closed and are still mapped */
};

struct record_sink model_sink(struct model *model);
void model_finish(struct model *model);
/* Merges by signature, once the frames of each group.shown have their names. */
void model_sign(struct model *model);
/* Sorts the groups: own code before that of third parties, then the severest first. */
void model_sort(struct model *model);
void model_free(struct model *model);

/* True if what the process found is of interest (model.only). */
bool model_shows(const struct model *model, const struct process *process);

/* Is there one that is not hidden? */
bool model_has_findings(const struct model *model);

/* The module with this id as the process means it, or NULL. */
const struct module *process_module(const struct process *process, int64_t id);
/* The process's program for people: base name of its executable, or "?". */
const char *process_name(const struct process *process);
/* Did it write its summary? Without one it was killed, or it still runs. */
bool process_ended(const struct process *process);
/* Did it end by becoming another program, with exec? */
bool process_became_another(const struct process *process);

/* soname, else the base name of the path; "?" for NULL. */
const char *module_identity(const struct module *module);
/* True if people mean it by this name: its path, the base name of that, or its identity. */
bool module_is_called(const struct module *module, const char *name);
/* The path of the module that a finding is about, or NULL. */
const char *finding_module_path(const struct finding *finding);
const struct module *finding_module(const struct finding *finding);
/* Whose fault it is: for a handle whoever opened it, whatever that was; else the same. */
const struct module *finding_blamed_module(const struct finding *finding);

/* The unloaded module at whose address it crashed, or NULL. */
const struct module *crash_module(const struct crash *crash);
/* The finding that predicted it; NULL where there is none, or it is not in the files. */
const struct finding *crash_finding(const struct crash *crash);

#endif
