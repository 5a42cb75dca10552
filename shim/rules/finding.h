// SPDX-License-Identifier: MIT
/*
 * A finding before it is reported: what a rule saw, copied out of the registry so that it can be
 * explained and written without any of the registry's locks.
 *
 * What only one class of objects has (rules/class.h) is in the unions, in a member that has the
 * name of the class. The kind says which member that is.
 */
#ifndef DLPIN_RULES_FINDING_H
#define DLPIN_RULES_FINDING_H

#include "modules/holders.h"
#include "ownership/stack.h"
#include "registry/descriptors.h"
#include "registry/mappings.h"
#include "registry/registrations.h"
#include "report/report_format.h"
#include "rules/registry_rows.h"
#include "scan/walk.h"

#include <string.h>
#include <sys/types.h>

/*
 * Identifies the object of a finding, so that it is not reported twice, and so that its end is
 * noticed. Objects are compared as bytes: object_make makes one without any that were not set.
 */
struct object {
    enum kind kind;
    uint32_t closed; /* 0, or the id of the module that it is about, which was closed and stays */
    union {
        struct {
            uint32_t number, generation;
        } key;
        struct {
            uint32_t key, generation; /* of the key */
            uint64_t thread;          /* its serial number */
            uintptr_t pointer;
        } value;
        struct {
            uint64_t serial;
        } thread;
        struct {
            uint32_t key, serial;
        } deletion;
        struct {
            uint32_t key, serial; /* of the deletion */
            bool is_reached;
        } left_values;
        struct {
            uintptr_t address, word;
            uint32_t site;  /* the call site of the block that it is in, or 0; */
            uint32_t index; /* and so many words after the start of that block */
        } slot;
        struct {
            uintptr_t start; /* of one of the blocks */
            uint32_t site;   /* of all of them */
        } heap;
        struct {
            uintptr_t slot, pc; /* the return address, and where it lies; 0: in the register */
            pid_t tid;
        } frame;
        struct {
            uintptr_t address; /* that the kernel has of it */
            long call;
            pid_t tid;
        } wait;
        struct {
            uintptr_t start, end; /* of the module; */
            uint32_t id;          /* and which one that is */
            pid_t tid;
        } mutex;
        struct {
            enum registration_type type;
            uint32_t unseen; /* without a serial number: which of those that are read */
            uint64_t serial;
            uintptr_t what; /* its data or function */
        } registration;
        struct {
            uint32_t key, generation; /* of the key */
            uint64_t thread, setter;  /* serial numbers of the thread and of the task */
        } task;
        struct {
            uint32_t number, generation;
        } signal;
        struct {
            uint64_t serial;
            bool is_shared;
        } descriptor;
        struct {
            uint64_t serial;
            bool is_held;
        } mapping;
        struct {
            uint32_t id;
            uint64_t opened; /* the dlopen call that it is about, or 0 */
        } module;
    };
};

static inline struct object object_make(enum kind kind)
{
    struct object object;
    memset(&object, 0, sizeof object);
    object.kind = kind;
    return object;
}

/* Where a word leads. */
enum place { PLACE_NONE, PLACE_IMAGE, PLACE_BLOCK };

/* The part of an image that a word points to. */
enum target_class {
    TARGET_CLASS_NONE,
    TARGET_CODE,
    TARGET_VTABLE,
    TARGET_TYPEINFO,
    TARGET_OBJECT, /* with virtual functions of the module */
    TARGET_DATA,
};

/* A node of a retention path. */
struct path_step {
    struct step step;     /* step.root.module holds a reference */
    struct frame maker;   /* of a block: the call that made it */
    struct module *owner; /* of a block: who made it, whose call that was */
    bool leaves;          /* the first block on the path that the finding's module made */
    char thread_name[32];
};

struct path {
    unsigned count;
    unsigned skipped; /* so many are left out in the middle, after the first count / 2 */
    struct path_step steps[];
};

struct finding {
    enum kind kind;
    enum verdict verdict;
    enum severity severity;
    bool pending;
    bool only_if_moved; /* its word is known from elsewhere; else it is no finding */
    bool before_exit;   /* made before exit() began, however late it is reported */
    bool grows;
    struct object object;
    /* Each module and each frame's module holds a reference. */
    struct module *module; /* whom it is about */
    struct module *owner, *requester;
    struct frame function; /* the destructor, the start routine, … */
    struct stack *stack;
    struct path *path;        /* or NULL */
    enum target_class target; /* what is pointed to, in the module, by the word or from the path; */
    uintptr_t pointee;        /* and where that is */
    pid_t tid;                /* the thread that it is about, or 0 */
    char thread_name[32];
    uintptr_t address; /* the value, the argument, the data, … */
    enum place place;  /* where that leads */
    size_t blocks, bytes;
    union {
        struct {
            unsigned live; /* so many keys are */
        } key;
        struct {
            struct frame via; /* the trampoline before the start routine */
            bool detached;    /* nobody can join it */
        } thread;
        struct {
            unsigned live;
            int error; /* what the call returned */
        } deletion;
        struct {
            unsigned live;
            unsigned others; /* further threads that have a value */
            bool is_reached; /* something else leads to each of the blocks */
        } left_values;
        struct {
            uintptr_t address;
            struct known_registry registry; /* of which it is an entry */
        } slot;
        struct {
            size_t hanging_blocks, hanging_bytes;
        } heap;
        struct {
            bool unwound; /* unwinding led there */
        } frame;
        struct {
            const char *call;             /* what registered it: "on_exit" */
            char name[REGISTRATION_NAME]; /* of what was registered, where it has one */
        } registration;
        struct {
            int number;
            const char *call; /* what opened it */
            char name[DESCRIPTOR_NAME];
        } descriptor;
        struct {
            const char *call; /* what mapped it */
        } mapping;
        struct {
            unsigned tasks;               /* that left values here */
            struct task *setter, *reader; /* each holds a reference */
            struct frame read_at;         /* a return address */
        } task;
        struct {
            struct holders *holders;       /* why it is mapped; or NULL */
            struct retained_heap retained; /* of `module` */
            bool unneeded;                 /* nobody had a handle of the module */
            bool reopened, replaced; /* it was opened again; its file on disk is another one now */
        } stay;                      /* of the class of modules */
    };
};

/* Gives back all that the finding holds. */
void finding_release(struct finding *finding);

#endif
