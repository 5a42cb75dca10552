// SPDX-License-Identifier: MIT
/*
 * Reads the loader's list: which object lies where, copied out of the loader's and the objects'
 * memory.
 *
 * sightings_collect and sightings_counters take the loader's list lock for a moment; so they are
 * not called under any of ours. A sighting owns its strings until a module takes them over (and
 * sets them to NULL).
 */
#ifndef DLPIN_MODULES_SIGHTINGS_H
#define DLPIN_MODULES_SIGHTINGS_H

#include "modules/modules.h"

/* An object in the loader's list. `known` is our module for it; else the rest describes a new one.
 */
struct sighting {
    struct module *known;
    size_t at; /* its place in the loader's list */
    struct elf_image image;
    uint32_t name_hash;
    char *path;
    ElfW(Phdr) * phdr; /* a copy */
    const void *handle;
    uint64_t serial; /* modules/serials.h */
    size_t tls_module;
};

/* The list at some moment. */
struct list_state {
    bool valid;
    unsigned long long adds, subs;
    size_t count; /* objects */
    const struct link_map *last;
    uintptr_t last_address; /* of the last one; 0: it could not be read */
};

/* How the list differs from what it was. */
enum list_kind {
    LIST_ANY,
    LIST_ADDED,   /* there are more at its end: only these were read */
    LIST_REMOVED, /* some are not there any more: none was read */
};

struct sightings {
    struct list_state before; /* set by the caller */
    uint64_t came_alone;      /* likewise: when the list was taken */
    enum list_kind kind;
    bool has_namespaces;
    size_t total;                 /* objects, in the loader's order: */
    size_t passed;                /* the first of them are those of `before`, */
    const struct link_map **maps; /* and these the others, unless some were removed */
    size_t map_count, map_capacity;
    const struct link_map *next; /* that of the object that comes next */
    bool out_of_step;            /* the link maps are not those of the objects */
    struct sighting *items;      /* those that were read */
    size_t count, capacity;
    unsigned long long adds, subs;
    bool failed;
};

/* How many objects were loaded and unloaded so far; for comparison only. */
void sightings_counters(unsigned long long *adds, unsigned long long *subs);

/* Reads the objects that are new since `before`, or the whole list. Sets `failed` where memory does
 * not suffice. */
void sightings_collect(struct sightings *list);

void sightings_free(struct sightings *list);

/* Frees the strings that no module took over. */
void sighting_free_strings(struct sighting *sighting);

/* True if something lies at the address, as far as the loader tells; and whether that has this link
 * map: false where the loader cannot be asked. Neither waits for its locks. */
bool sighting_is_there(uintptr_t address);
bool sighting_has_map(uintptr_t address, const struct link_map *map);

/* True if an object with this serial number (0: not known) at the module's place is the module, not
 * a later load. */
bool sighting_is_load(const struct module *module, uint64_t serial);

/* The object at an address that cannot go meanwhile; false where there is none. */
bool sighting_of_address(struct sighting *sighting, uintptr_t address);

#endif
