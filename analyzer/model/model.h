// SPDX-License-Identifier: MIT
/*
 * The contents of the report files, combined: processes, their modules and findings, and the
 * findings of all processes merged by signature.
 *
 * The files are read once, and findings are grouped as they are read. Of a group only the finding
 * that speaks for it keeps its record; of the others a few numbers stay (struct finding). A file is
 * read again only where the finding that spoke for a group was resolved later, and another one
 * takes its place.
 *
 * model_sink() gives the sink for load_inputs(); when all is loaded, model_finish() makes the
 * groups and the counts, by places in files; when these have names, model_sign() makes signatures
 * and merges groups with the same one. The model takes every record over; model_free() gives
 * everything back. Pointers into it stay valid until then.
 *
 * Rules that live here: a module record with a known id brings its new state; a finding record with
 * a known id replaces the earlier one; a record with the id of another module or finding is a fault
 * that is named (load.h); a resolved finding does not count (unless asked for), and comes back with
 * a new id; a pending finding
 * counts as long as no later record has its id; a finding that was resolved without being confirmed
 * never was true, and is left out. Ids are per process image, that is per file and pid.
 */
#ifndef DLPIN_ANALYZER_MODEL_H
#define DLPIN_ANALYZER_MODEL_H

#include "base/strings.h"
#include "load/load.h"
#include "model/ids.h"
#include "model/signature.h"
#include "model/steps.h"

#include <uthash.h>

struct aliases;
struct entry;
struct finding_chunk;
struct key;
struct package;
struct search;
struct source_root;

struct module {
    int64_t id;
    const struct module_record *data; /* what the latest record of this id says */
    struct module_record said;
    int64_t loaded, unloaded; /* times; unloaded: INT64_MAX while it is mapped */
    int64_t changed;          /* time of its state */
    int64_t reloads; /* further loads of its file, which were unloaded and are not listed */
    bool opened;     /* by somebody, and not with the program */
    UT_hash_handle hh;
};

struct finding {
    int64_t id;
    struct process *process;
    struct place *place;
    struct finding *next; /* of the process, in the order in which they came */
    struct finding *next_in_group;
    /* The latest record of this id. It is there for findings that speak for a group
     * (group.shown, group.variants) or predicted a crash, and for all with model.keep_all; else it
     * may be NULL. */
    const struct finding_record *data;
    const char *resolved; /* NULL: it still holds; else how it was resolved, or "" */
    /* From here on: known of every finding. Strings are borrowed from the model. */
    const char *label, *module_path;
    int64_t module, count, bytes, blocks;
    int64_t offset; /* of the record in the process's file, */
    int64_t time;   /* and its time */
    struct steps steps;
    union {
        int64_t one;
        int64_t *many; /* owned */
    } loads;           /* for finding_loads() */
    uint32_t load_count;
    int32_t keys_live; /* "keys_live" of its subject; RECORD_ABSENT: it does not say */
    uint8_t severity;
    bool growing, pending, suppressed;
    bool counts; /* it is in the group of its place */
};

/* Findings of the same places in the same files, and of one kind: the library's signature. */
struct place {
    const char *key; /* these are borrowed from the model */
    const char *kind;
    const char *signature;    /* the library's, or NULL */
    int kind_number;          /* or negative */
    struct finding *kept;     /* the one whose record was kept while the files were read, or NULL */
    struct finding *resolved; /* the last one that was; it may hold again by now */
    struct group *group;      /* NULL: none of them counts */
    UT_hash_handle hh;
};

/* The process died at an address of an unloaded module. */
struct crash {
    struct process *process;
    struct record *record;
    const struct crash_record *data;
    struct finding *predicted; /* for crash_finding() */
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

/* A process image: exec keeps the pid and begins a new file. */
struct process {
    struct process_key key;
    const char *file;
    struct process *host; /* the first process of the file, where that is another one */
    struct record *header, *coverage, *summary; /* each may be NULL */
    const struct crash *crash;                  /* the first one, or NULL */
    struct module *modules;                     /* hash by id */
    struct finding *findings, *last_finding;    /* list through next */
    struct ids by_id;                           /* the findings */
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
    struct signature signature;
    /* A finding for each place in files: several places of one function may have been merged. */
    struct variant *variants;
    size_t variant_count;
    struct group *merged;         /* in model_sign(): the one of its signature */
    struct finding *first, *last; /* list through next_in_group, in the order of the files */
    struct finding *shown;
    const char *identity; /* of the module that it is about */
    /* The exceptions (gate/exceptions.h) that apply to the group, or NULL. */
    const struct entry *suppressed, *known, *expired;
    const struct package *package; /* that the module of a third party comes from, or NULL */
    struct group *next_of_cause;
    const struct crash *crash; /* the first one that one of them predicted, or NULL */
    int64_t count;             /* times, over all findings */
    int64_t bytes, blocks; /* of the last time in each process; RECORD_ABSENT where none has any */
    int64_t *loads;        /* sorted, each once */
    size_t load_count;
    size_t loads_sorted; /* so many were left when they were sorted for the last time */
    size_t process_count;
    /* Passes over all groups read from here on. */
    int kind, verdict;      /* of the one that is shown; negative: not known to this version */
    enum severity severity; /* the highest */
    bool growing;
    bool pending;               /* of at least one nothing later is known: its process ended then */
    bool suppressed_by_library; /* by the library's own option */
    bool hidden;                /* it does not count, and is not shown */
    bool third_party;           /* its module is not of the user's own code (classify/own.h) */
    /* The group that speaks for this one, as they have one cause (causes.h); NULL: it speaks for
     * itself, and for those that follow. */
    const struct group *cause;
    UT_hash_handle hh;
};

/* A package: files that a system installs together. */
struct package {
    char *name, *version; /* owned; a version that is not known is "" */
    struct package *next; /* of all that the model has */
};

struct model {
    char **files;
    size_t file_count;
    struct process *host;      /* the first process of the file that is being loaded, or NULL */
    struct process *processes; /* hash, in the order of the files */
    struct place *places;      /* hash */
    struct group *groups;      /* hash, in the order of model_sort() */
    struct finding_chunk *findings;
    struct strings strings;
    struct store store;                 /* of places and their keys */
    struct key *new_key;                /* of a place, while it is made */
    struct crash *crashes, *last_crash; /* list, in the order of the files */
    size_t crash_count;
    struct package *packages;       /* list, owned; groups point to them */
    struct load_counts loaded;      /* for load_inputs() to fill */
    bool keep_all;                  /* set before loading: every finding keeps its data */
    bool count_resolved;            /* set before model_finish(): resolved findings count too, */
    int64_t only;                   /* and of this process alone, if it is not 0 */
    const struct aliases *aliases;  /* set before loading: --alias, or NULL */
    const struct search *search;    /* set before: where symbolize searches for files, or NULL */
    const struct source_root *root; /* set before: the folder of the sources, or NULL */
    bool nothing_is_own;            /* all findings are of third parties, and so are all modules */
    size_t severities[SEVERITY_COUNT]; /* groups of each that are neither hidden nor another's */
    size_t resolved;                   /* findings that were resolved */
    size_t unloaded;                   /* modules that were unmapped */
    size_t closed;                     /* modules that were closed and are still mapped */
};

struct record_sink model_sink(struct model *model);
void model_finish(struct model *model);
/* Merges by signature, once the frames of each group.shown have their names. */
void model_sign(struct model *model);
/* Counts anew what is not hidden: model_sign() did so, and group.hidden has changed. */
void model_count(struct model *model);
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
/* When it started (RFC 3339), or "". */
const char *process_started(const struct process *process);
/* Did it write its summary? Without one it was killed, or it still runs. */
bool process_ended(const struct process *process);
/* Did it end by becoming another program, with exec? */
bool process_became_another(const struct process *process);

/* The module itself and its reloads; and how many of these were unloaded. */
size_t module_loads(const struct module *module);
size_t module_unloads(const struct module *module);
/* soname, else the base name of the path; "?" for NULL. */
const char *module_identity(const struct module *module);
/* True if people mean it by this name: its path, the base name of that, or its identity. */
bool module_is_called(const struct module *module, const char *name);
/* The numbers of the loads of its module that left something. */
const int64_t *finding_loads(const struct finding *finding, size_t *count);
/* NULL: it does not count. */
struct group *finding_group(const struct finding *finding);
/* The path of the module that a finding is about, or NULL. */
const char *finding_module_path(const struct finding *finding);
const struct module *finding_module(const struct finding *finding);
/* Whose fault it is: for a handle whoever opened it, whatever that was; else the same. */
const struct module *finding_blamed_module(const struct finding *finding);

/* The unloaded module at whose address it crashed, or NULL. */
const struct module *crash_module(const struct crash *crash);
/* The finding that predicted it; NULL where there is none, or it is not in the files. Its data is
 * there once the model is finished. */
const struct finding *crash_finding(const struct crash *crash);

#endif
