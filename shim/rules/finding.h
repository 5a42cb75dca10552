// SPDX-License-Identifier: MIT
/*
 * A finding before it is reported: what a rule saw, copied out of the registry so that it can be
 * explained and written without any of the registry's locks.
 */
#ifndef DLPIN_RULES_FINDING_H
#define DLPIN_RULES_FINDING_H

#include "modules/holders.h"
#include "ownership/stack.h"
#include "report/report_format.h"
#include "scan/walk.h"

#include <sys/types.h>

/* What a finding is about, so that the same thing is not reported twice, and is known when it is
 * over. */
enum object_type {
    OBJECT_KEY,
    OBJECT_VALUE,
    OBJECT_THREAD,
    OBJECT_DELETION,
    OBJECT_SLOT,
    OBJECT_HEAP,
    OBJECT_FRAME,
    OBJECT_REGISTRATION,
    OBJECT_TASK,
    OBJECT_SIGNAL,
    OBJECT_MODULE,
    OBJECT_TYPES,
};

struct object {
    enum object_type type;
    uint32_t key;        /* KEY, VALUE, DELETION, TASK: the number; FRAME: the thread's;
                            REGISTRATION: the type; SIGNAL: the signal's; MODULE: its id; SLOT:
                            so many words behind the start of its block */
    uint32_t generation; /* and which creation of it; DELETION: a serial number; SLOT: the call
                            site of the block that it is in, or 0; HEAP: of the blocks;
                            REGISTRATION: which of the handlers that are read */
    uint32_t kind;
    uint32_t closed; /* 0, or the id of the module that it is about, which was closed and stays */
    uint64_t thread; /* THREAD, VALUE, REGISTRATION, TASK: its serial number; SLOT, FRAME: the
                        slot's address */
    uint64_t word;   /* VALUE, SLOT: the value; HEAP: the address of one of the blocks;
                        FRAME: the return address; REGISTRATION: what is registered; TASK: the serial
                        number of the task that set the value */
};

/* Where a word leads. */
enum place { PLACE_NONE, PLACE_IMAGE, PLACE_BLOCK };

/* What in an image a word points to. */
enum target_class {
    TARGET_CLASS_NONE,
    TARGET_CODE,
    TARGET_VTABLE,
    TARGET_TYPEINFO,
    TARGET_OBJECT, /* with virtual functions of the module */
    TARGET_DATA,
};

/* One node on the way from a root to what is retained. */
struct path_step {
    struct step step;     /* step.root.module holds a reference */
    struct frame maker;   /* of a block: the call that made it */
    struct module *owner; /* of a block: who made it, whose call that was */
    bool leaves;          /* the first block on the way that the finding's module made */
    char thread_name[32];
};

struct path {
    unsigned count;
    unsigned skipped; /* so many are left out in the middle, behind the first count / 2 */
    struct path_step steps[];
};

struct finding {
    enum kind kind;
    enum verdict verdict;
    enum severity severity;
    bool pending;
    struct object object;
    /* Each module and each frame's module holds a reference. */
    struct module *module; /* whom it is about */
    struct module *owner, *requester;
    struct frame function; /* the destructor, the start routine */
    struct frame via;      /* the trampoline before it */
    struct stack *stack;
    uint32_t key, keys_live;
    pid_t tid;
    char thread_name[32];
    uintptr_t address; /* the value, the argument */
    enum place place;
    size_t bytes;
    unsigned others;     /* further threads that have a value */
    bool has_destructor; /* key-orphan, key-value: the key has (had) one */
    int signal;          /* signal-handler */
    int error;           /* what the call returned */
    struct path *path;   /* or NULL */
    uintptr_t slot;      /* where the pointer, or the return address, lies */
    bool unwound;        /* thread-stack: unwinding led there */
    enum target_class target;
    uintptr_t pointee; /* what is pointed to, in the module */
    size_t blocks, hanging_blocks, hanging_bytes;
    const char *call;              /* what registered it: "on_exit" */
    char name[40];                 /* of what was registered, where it has one */
    struct task *task, *reader;    /* that set the value, that read it; each holds a reference */
    unsigned tasks;                /* that left values here */
    struct holders *holders;       /* still-mapped, tls-destructor, handle: why; or NULL */
    struct retained_heap retained; /* still-mapped, tls-destructor: of `module` */
    bool unneeded;                 /* nobody had a handle of the module */
    bool reopened, replaced;       /* it was opened again; its file on disk is another one now */
    bool grows;
    bool before_exit; /* made before exit() began, however late it is reported */
};

void finding_release(struct finding *finding);

#endif
