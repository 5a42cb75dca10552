// SPDX-License-Identifier: MIT
/*
 * Modules and their loads: what is, and what was, mapped in this process.
 *
 * The truth is the loader's own list (dl_iterate_phdr, and for other namespaces the chain of
 * r_debug). modules_sync compares it with what was there before; nothing is concluded from return
 * values of dlopen and dlclose. Each appearance of an object is a new *load*, a struct module of
 * its own.
 *
 * A struct module lives while it is mapped or anything holds a reference to it (a key, a thread, a
 * call site, a stack, a finding); then it is given back at a later sync.
 *
 * Locks: modules_sync and modules_changed take the loader's list lock for a moment, so they must
 * not be called under any of ours (base/lock.h), and only around calls of the program that take
 * that lock themselves: a callback of dl_iterate_phdr holds it, and may wait for another thread's
 * malloc or pthread_key_create. modules_find and the snapshot take none.
 */
#ifndef DLPIN_MODULES_MODULES_H
#define DLPIN_MODULES_MODULES_H

#include "base/arena.h"
#include "base/compiler.h"
#include "modules/elf_image.h"
#include "report/report_format.h"

#include <stdatomic.h>
#include <stdint.h>
#include <uthash.h>

/* Heap blocks that nothing but the variables of a module leads to. */
struct retained_heap {
    bool known;
    size_t blocks, bytes;
};

/* Why we keep a module mapped for good. */
enum kept { KEPT_NOT, KEPT_NAMED, KEPT_LEFT_CODE, KEPT_PREVENTED };

struct module {
    uint32_t id;   /* in the report; never used again */
    uint32_t load; /* 1 for the first module of this identity */
    uintptr_t bias, start, end;
    ElfW(Phdr) *
        phdr; /* a copy: the image may be unmapped any moment, in a nested dlclose for one */
    unsigned phnum;
    uintptr_t dynamic;    /* address of its dynamic section: what the loader knows it by */
    uint32_t name_hash;   /* of the loader's name for it */
    size_t tls_module;    /* its number in the threads' dtv; 0: none, or not known yet */
    const void *handle;   /* its link map, or NULL where the loader does not show it */
    uint64_t serial;      /* the loader's number of this load (modules/serials.h); 0: not known */
    const char *path;     /* absolute, but for what has no file (linux-vdso.so.1) */
    const char *soname;   /* or NULL */
    const char *identity; /* soname, else the path's last part; or by ownership/aliases.h */
    unsigned char build_id[BUILD_ID_MAX];
    unsigned build_id_length;
    _Atomic(enum module_state) state;
    bool startup;     /* mapped before the program's constructors ran */
    bool is_shim;     /* ourselves */
    bool common;      /* acts for others (ownership/common.h) */
    bool runtime;     /* common and never a subject by itself: libc, the loader, libstdc++, … */
    bool loader;      /* the dynamic loader: what it allocates is its own */
    bool libc;        /* the C library itself */
    bool cxx_library; /* libstdc++, libc++ */
    bool deepbind;    /* opened with RTLD_DEEPBIND, or as a dependency of such a one */
    uintptr_t opener; /* return address of the dlopen call that brought it, or 0 */
    uint32_t opener_module; /* its module's id, or 0 */
    _Atomic uint32_t references;
    /* The thread that ran its __cxa_finalize in a dlclose that is not over yet; FINALIZED when it
     * is over: what lies there now is another load. 0: neither. Loads that have a serial number are
     * told apart by that. */
    _Atomic int32_t finalizing_tid;
    _Atomic(enum kept) kept;
    /* modules/handles.h: handles that the loader counted at the last check; dlclose calls that have
     * not returned; those that have since; and handles that it did not count. */
    _Atomic unsigned handles, closing, closed, uncounted;
    /* Destructors of thread_local objects that threads have yet to run (registry/tls_dtors.h); and
     * one of the threads that had such when it was seen to stay for that. */
    _Atomic unsigned tls_pending;
    _Atomic int32_t tls_thread;
    _Atomic bool reopened;         /* it was closed, stayed mapped, and was opened again */
    _Atomic bool nodelete;         /* opened with RTLD_NODELETE, */
    _Atomic bool global;           /* with RTLD_GLOBAL */
    bool marked_nodelete;          /* DF_1_NODELETE stands in the file */
    _Atomic bool undeletable;      /* the loader never deletes it, as holders_keep_for_good said */
    _Atomic bool relro_is_written; /* or may be (modules/relro.h) */
    struct retained_heap retained; /* when it was closed; under the check lock */
    uint32_t *objects;             /* modules/objects.h: when it was about to go, or NULL; */
    unsigned object_count, object_room;
    struct opens *opens;         /* registry/opens.h, under the registry lock */
    _Atomic bool opens_others;   /* it is in the `opens` of some module as who opened it */
    _Atomic unsigned registered; /* so many times registrations name its code or data */
    bool has_sites;              /* call sites are its (ownership/sites.h); under the sites lock */
    /* Under the report lock (report/loads.h, modules/named.h): */
    uint64_t loaded_at, changed_at; /* when it came and when it changed, as reported */
    enum module_state reported;     /* so it is since then */
    unsigned listed_in;             /* the number of the report file that has its records; */
    unsigned counted_in;            /* of the one in which it is counted, */
    struct file_loads *counted;     /* and with what */
    struct module *next_named;
    bool named;                 /* in a record, and it has none of its own yet */
    uint64_t epoch;             /* modules_epoch when it came, */
    _Atomic uint64_t end_epoch; /* and when it was unloaded: UINT64_MAX while it is mapped */
    /* Under the modules' lock: */
    struct module *next, **link;  /* in the list of all, oldest first; what points to it there */
    struct module *next_unloaded; /* in the list of those that are unloaded */
    UT_hash_handle by_id;
    uint64_t came_alone; /* its number among those that came without a sync, or 0 */
    bool seen;
    bool may_go; /* nothing mentioned it at the last collection */
};

enum { FINALIZED = -1 };

/* The changes that a sync found. */
struct module_changes {
    unsigned loaded, unloaded;
};

/*
 * Set once, before the first sync. The classifier completes a module before anyone sees it, under
 * the modules' lock. The listener is called once for each change, in the order in which they were
 * seen, under the lock of changes; `more`: another follows at once. A thread that causes a change
 * goes on after this call. Neither may be NULL.
 */
typedef void module_classifier(struct module *module);
typedef void module_listener(struct module *module, enum module_state state, bool more);

void modules_init(module_classifier *classifier, module_listener *listener);

/* True if the loader's counters differ from those of the last sync. Takes the loader's list lock.
 */
bool modules_changed(void);

/*
 * Brings our list up to date. New modules get `opener` (0: nobody that we know) and `deepbind`.
 * Takes the loader's list lock, then ours.
 */
struct module_changes modules_sync(uintptr_t opener, bool deepbind);

/* The mapped module at an address, as of the last sync, or NULL. Lock-free, any phase,
 * async-signal-safe. The result stays valid while the module is mapped; take a reference to keep it
 * longer. */
struct module *modules_find(uintptr_t address);

/*
 * The load that an address belongs to that cannot be unloaded meanwhile: code on the calling
 * thread's own stack, or what the program passes on. Unlike modules_find it is exact while other
 * threads close modules, and knows loads that came since the last sync. Takes our locks below the
 * check lock; inside the guard.
 *
 * The loader is asked without its locks (_dl_find_object, glibc 2.35), so this may be called where
 * the program holds them; the full sync comes later. An older loader is asked for its list, which
 * takes the list lock; while another thread closes a module its answer is NULL where it is in doubt
 * (and counted as a dropped owner).
 */
struct module *modules_find_live(uintptr_t address);

/*
 * Dlclose calls of the program, each from before the real call until our list is up to date.
 * Meanwhile modules_find may name a load whose range belongs to another one by now: between the
 * munmap in one thread and our reading of the list, another thread can load something there.
 */
extern HIDDEN _Atomic unsigned modules_closes;
void modules_close_begins(void);
void modules_close_ends(void); /* when the listener has been told; without any of our locks */

/* A load that came with the program: it is never unloaded. */
static inline bool module_is_permanent(const struct module *module)
{
    return module && module->startup;
}

/* The module whose id this is, mapped or not, or NULL once it was given back. */
struct module *modules_by_id(uint32_t id);

/* The first module with a greater id, with a reference for the caller; NULL: none came later. */
struct module *modules_after(uint32_t id);

static inline struct module *module_ref(struct module *module)
{
    if (module)
        atomic_fetch_add_explicit(&module->references, 1, memory_order_relaxed);
    return module;
}

static inline void module_unref(struct module *module)
{
    if (module)
        atomic_fetch_sub_explicit(&module->references, 1, memory_order_release);
}

static inline bool module_overlaps(const struct module *a, const struct module *b)
{
    return a->start < b->end && b->start < a->end;
}

static inline bool module_is_closed(const struct module *module)
{
    return module && atomic_load_explicit(&module->state, memory_order_acquire) == MODULE_CLOSED;
}

static inline bool module_is_unloaded(const struct module *module)
{
    return module && atomic_load_explicit(&module->state, memory_order_acquire) == MODULE_UNLOADED;
}

/* Somebody asked for it to stay mapped: the program, or who built it. */
static inline bool module_is_to_stay(const struct module *module)
{
    return module->marked_nodelete || atomic_load(&module->nodelete);
}

/* As far as is known already, the loader never deletes it (modules/holders.h). */
static inline bool module_is_undeletable(const struct module *module)
{
    return atomic_load(&module->kept) != KEPT_NOT || module_is_to_stay(module) ||
           atomic_load(&module->undeletable);
}

/* The program is done with it: whatever of it is left behind is of no use. */
static inline bool module_is_left(const struct module *module)
{
    return module_is_closed(module) || module_is_unloaded(module);
}

/* The mapped module that a dlopen handle stands for, or NULL. The handle is not read. */
struct module *modules_by_handle(const void *handle);

/* The program gave back its last handle of a module that is still mapped, or opened it again. The
 * listener is told. Nothing happens where that is known, or the module is unloaded by now. */
void modules_set_closed(struct module *module, bool closed);

/* The module with this address ran its __cxa_finalize in this thread. */
void modules_finalized(uintptr_t dso_handle, int32_t tid);

/* The dlclose of this thread is over: each module that it finalized is unloaded by now, or its
 * place has another load. */
void modules_close_done(int32_t tid);

/* From now on modules that finalize do not go: the process does. */
void modules_exiting(void);

/* A function or variable that a mapped module defines, or NULL. Lock-free. */
void *module_symbol(const struct module *module, const char *name);

/* The segment at an address of the module is executable. Only while it is mapped. */
bool module_is_code(const struct module *module, uintptr_t address);

/*
 * Rises whenever the list changes. An address that was stored at an epoch outside [epoch,
 * end_epoch) of a module does not point into that module, whatever its value: addresses are used
 * again.
 */
extern _Atomic uint64_t modules_epoch;

/* The unloaded module, if it is still remembered, that an address stored at `epoch` points into.
 * The caller gets a reference. */
struct module *modules_find_unloaded(uintptr_t address, uint64_t epoch);

/* The last one that had this address and is unloaded, if it is still remembered, whenever the
 * address was stored. The caller gets a reference. */
struct module *modules_find_last(uintptr_t address);

/* The last one that had this address and was unloaded before `module` came. The caller gets a
 * reference. */
struct module *modules_find_before(uintptr_t address, const struct module *module);

/* In a copy of the process: as if the module had just been unloaded. Takes the modules' lock. */
void modules_suppose_unloaded(struct module *module);

/* Every unload that was seen so far. */
extern _Atomic uint64_t modules_unloads;

/* Any module has come since the first sync. */
extern _Atomic bool modules_came;

/* Calls `visit` for each mapped module, in an arbitrary order, until it returns nonzero; lock-free.
 */
int modules_each_mapped(int (*visit)(struct module *module, void *data), void *data);

/* True if any of [start, end) lies in a mapped module; likewise. */
bool modules_any_in(uintptr_t start, uintptr_t end);

/* Calls for each that is remembered, unloaded ones included, in the order in which they came.
 * Under the modules' lock: `visit` may take only the arena's. */
int modules_each_known(int (*visit)(struct module *module, void *data), void *data);

/* In a fork child: no reader is left, and no dlclose of another thread goes on. */
void modules_fork_child(void);

extern struct lock modules_lock, changes_lock;

#endif
