// SPDX-License-Identifier: MIT
/*
 * The entries of epoll instances: each has a file, and data that only the kernel keeps and gives to
 * whoever waits for events. Data that points into a module is noted as a registration when it is
 * set, with the instance and the file as its identity.
 *
 * The kernel shows the entries in /proc/self/fdinfo. So a registration is live as long as its entry
 * is there, however the entry ends: by epoll_ctl, or with the file or the instance. Entries that
 * were set past us are found in the instances that are known.
 */
#ifndef DLPIN_REGISTRY_EPOLLS_H
#define DLPIN_REGISTRY_EPOLLS_H

#include <stdbool.h>
#include <stdint.h>

struct epoll_entry {
    int file;
    uintptr_t data;
};

static inline uintptr_t epoll_identity(int epoll, int file)
{
    return (uintptr_t)(uint32_t)epoll << 32 | (uint32_t)file;
}

/* Some programs keep the number of the file as data; what lies after it in the union is then
 * anything. */
static inline bool epoll_data_is_address(int file, uint64_t data)
{
    return data >> 16 && (uint32_t)data != (uint32_t)file;
}

/* The descriptor is an instance's. Lock-free. */
void epoll_note_known(int epoll);

/* Calls `visit` for each entry of the instance, until it is true, and returns whether it was. Reads
 * no more than `most` bytes, about. */
typedef bool epoll_visitor(const struct epoll_entry *entry, void *data);
bool epoll_each_entry(int epoll, uint64_t most, epoll_visitor *visit, void *data);

/* The same for all instances that are known. */
bool epolls_each_entry(uint64_t most, epoll_visitor *visit, void *data);

/* A line of the file in /proc/self/fdinfo. False: it is none of an entry. */
bool epoll_parse(const char *line, struct epoll_entry *entry);

/* True if the entry with this identity has this data. */
bool epoll_has(uintptr_t identity, uintptr_t data);

#endif
