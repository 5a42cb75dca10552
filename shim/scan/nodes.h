// SPDX-License-Identifier: MIT
/*
 * The blocks that a walk has reached so far, in order, each with the node that it was first reached
 * from. Memory is mapped as it is needed; nodes_close unmaps it.
 */
#ifndef DLPIN_SCAN_NODES_H
#define DLPIN_SCAN_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number of a node; with this bit: of an entry, which is a word of a root. */
enum { NODE_IS_ENTRY = 1u << 31 };

#define NODE_FAILED UINT32_MAX
#define GROUP_NONE UINT32_MAX

struct node {
    uintptr_t start; /* of the block */
    uint32_t site;
    uint32_t parent; /* node or entry */
    uint32_t group;  /* 0: none yet; GROUP_NONE: none at all; else a result's index + 1 */
    uint16_t kind;   /* of the root that it was reached from */
    uint8_t asked;   /* of the block, as of heap_asked */
    bool is_own; /* made by the module whose variable the root is, like all blocks on the path to it
                  */
};

struct entry {
    uint32_t root;
    uintptr_t slot;
};

/* Of a node's block only these words are live. */
struct limit {
    uint32_t node;
    uintptr_t start, end;
};

enum { NODE_CHUNK_SHIFT = 16, NODE_CHUNK = 1 << NODE_CHUNK_SHIFT, NODE_CHUNKS = 1 << 15 };

struct nodes {
    uint32_t count, entries, last_group;
    uint32_t limits, next_limit; /* how many; the next one that nodes_limit_of may return */
    bool failed;                 /* no memory, or too many */
    struct node **node_chunks;
    struct entry **entry_chunks;
    uint32_t **group_chunks;
    struct limit **limit_chunks;
};

bool nodes_open(struct nodes *nodes);
void nodes_close(struct nodes *nodes);

/* Returns its number, or NODE_FAILED. */
uint32_t nodes_add_chunk(struct nodes *nodes, const struct node *node);

static inline uint32_t nodes_add(struct nodes *nodes, const struct node *node)
{
    uint32_t number = nodes->count >> NODE_CHUNK_SHIFT;
    if (number >= NODE_CHUNKS || !nodes->node_chunks[number])
        return nodes_add_chunk(nodes, node);
    if (node->parent == (nodes->entries | NODE_IS_ENTRY))
        nodes->entries++;
    nodes->node_chunks[number][nodes->count & (NODE_CHUNK - 1)] = *node;
    return nodes->count++;
}

/* The entry for a word of a root, or NODE_FAILED. It is kept when a node is added that was reached
 * from it; else the next one takes its place. */
uint32_t nodes_enter(struct nodes *nodes, uint32_t root, uintptr_t slot);

static inline struct node *node_at(const struct nodes *nodes, uint32_t id)
{
    return &nodes->node_chunks[id >> NODE_CHUNK_SHIFT][id & (NODE_CHUNK - 1)];
}

static inline struct entry *entry_at_id(const struct nodes *nodes, uint32_t id)
{
    id &= ~(uint32_t)NODE_IS_ENTRY;
    return &nodes->entry_chunks[id >> NODE_CHUNK_SHIFT][id & (NODE_CHUNK - 1)];
}

/* Limits the last node, or does not where there is no memory. */
bool nodes_limit(struct nodes *nodes, uint32_t id, uintptr_t start, uintptr_t end);

static inline struct limit *nodes_limit_at(const struct nodes *nodes, uint32_t index)
{
    return &nodes->limit_chunks[index >> NODE_CHUNK_SHIFT][index & (NODE_CHUNK - 1)];
}

/* The limit of a node, or NULL. Nodes are asked for in their order, each once. */
static inline const struct limit *nodes_limit_of(struct nodes *nodes, uint32_t id)
{
    while (nodes->next_limit < nodes->limits && nodes_limit_at(nodes, nodes->next_limit)->node < id)
        nodes->next_limit++;
    if (nodes->next_limit == nodes->limits || nodes_limit_at(nodes, nodes->next_limit)->node != id)
        return NULL;
    return nodes_limit_at(nodes, nodes->next_limit++);
}

/* A word for each call site and kind of result, 0 at first. NULL: no memory. */
uint32_t *nodes_group(struct nodes *nodes, unsigned kind, uint32_t site);

#endif
