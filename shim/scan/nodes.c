// SPDX-License-Identifier: MIT
#include "scan/nodes.h"
#include "base/compiler.h"
#include "base/sys.h"

enum { GROUP_KINDS = 4, FEW_CHUNKS = 2 };

bool nodes_open(struct nodes *nodes)
{
    size_t size = NODE_CHUNKS * sizeof(void *);
    *nodes = (struct nodes){.node_chunks = sys_map(size),
                            .entry_chunks = sys_map(size),
                            .group_chunks = sys_map(size),
                            .limit_chunks = sys_map(size)};
    return nodes->node_chunks && nodes->entry_chunks && nodes->group_chunks && nodes->limit_chunks;
}

/* Unmaps the chunks for indices up to `last`: the tables are large, and most of them were never
 * touched. */
static void close_chunks(void **chunks, uint32_t last, size_t size)
{
    for (uint32_t i = 0; chunks && i < NODE_CHUNKS && i <= last >> NODE_CHUNK_SHIFT; i++)
        if (chunks[i])
            sys_unmap(chunks[i], size);
    if (chunks)
        sys_unmap(chunks, NODE_CHUNKS * sizeof(void *));
}

void nodes_close(struct nodes *nodes)
{
    close_chunks((void **)nodes->node_chunks, nodes->count, NODE_CHUNK * sizeof(struct node));
    close_chunks((void **)nodes->entry_chunks, nodes->entries, NODE_CHUNK * sizeof(struct entry));
    close_chunks((void **)nodes->group_chunks, nodes->last_group, NODE_CHUNK * sizeof(uint32_t));
    close_chunks((void **)nodes->limit_chunks, nodes->limits, NODE_CHUNK * sizeof(struct limit));
    *nodes = (struct nodes){0};
}

/* The chunk for an index, made now if it is not there. */
static void *chunk_for(struct nodes *nodes, void **chunks, uint32_t index, size_t size)
{
    uint32_t number = index >> NODE_CHUNK_SHIFT;
    if (number < NODE_CHUNKS && !chunks[number])
        chunks[number] =
            number < FEW_CHUNKS ? sys_map(NODE_CHUNK * size) : sys_map_dense(NODE_CHUNK * size);
    if (number < NODE_CHUNKS && chunks[number])
        return chunks[number];
    nodes->failed = true;
    return NULL;
}

uint32_t nodes_add_chunk(struct nodes *nodes, const struct node *node)
{
    if (!chunk_for(nodes, (void **)nodes->node_chunks, nodes->count, sizeof(struct node)))
        return NODE_FAILED;
    return nodes_add(nodes, node);
}

uint32_t nodes_enter(struct nodes *nodes, uint32_t root, uintptr_t slot)
{
    struct entry *chunk =
        chunk_for(nodes, (void **)nodes->entry_chunks, nodes->entries, sizeof(struct entry));
    if (!chunk)
        return NODE_FAILED;
    chunk[nodes->entries & (NODE_CHUNK - 1)] = (struct entry){root, slot};
    return nodes->entries | NODE_IS_ENTRY;
}

bool nodes_limit(struct nodes *nodes, uint32_t id, uintptr_t start, uintptr_t end)
{
    if (nodes->failed)
        return false;
    struct limit *chunk =
        chunk_for(nodes, (void **)nodes->limit_chunks, nodes->limits, sizeof(struct limit));
    if (!chunk)
        return false;
    chunk[nodes->limits++ & (NODE_CHUNK - 1)] = (struct limit){id, start, end};
    return true;
}

uint32_t *nodes_group(struct nodes *nodes, unsigned kind, uint32_t site)
{
    uint32_t index = site * GROUP_KINDS + kind;
    if (index > nodes->last_group)
        nodes->last_group = index;
    uint32_t *chunk = chunk_for(nodes, (void **)nodes->group_chunks, index, sizeof(uint32_t));
    return chunk ? &chunk[index & (NODE_CHUNK - 1)] : NULL;
}
