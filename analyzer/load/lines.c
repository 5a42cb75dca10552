// SPDX-License-Identifier: MIT
#include "load/lines.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_SIZE = 64 << 10 };

struct collector {
    char *text; /* the line so far, over chunks */
    size_t length, room;
    size_t number;
    uint64_t begin, at; /* where the line begins, and what was read ends */
    bool too_long;
    line_visitor *visit;
    void *context;
};

static void append(struct collector *collector, const char *bytes, size_t count)
{
    collector->at += count;
    if (count > LINE_LENGTH_MAX - collector->length) {
        collector->too_long = true;
        return;
    }
    if (collector->length + count > collector->room) {
        collector->room = 2 * (collector->length + count);
        collector->text = memory_resize(collector->text, collector->room);
    }
    if (count > 0)
        memcpy(collector->text + collector->length, bytes, count);
    collector->length += count;
}

static bool finish_line(struct collector *collector, bool complete)
{
    const struct line line = {
        .text = collector->text,
        .length = collector->length,
        .number = ++collector->number,
        .offset = collector->begin,
        .complete = complete,
        .too_long = collector->too_long,
    };

    collector->begin = ++collector->at; /* after the newline */
    collector->length = 0;
    collector->too_long = false;
    if (line.length == 0 && !line.too_long)
        return true;
    return collector->visit(collector->context, &line);
}

static bool take_chunk(struct collector *collector, const char *chunk, size_t size)
{
    const char *end = chunk + size, *newline;

    while ((newline = memchr(chunk, '\n', (size_t)(end - chunk))) != NULL) {
        append(collector, chunk, (size_t)(newline - chunk));
        if (!finish_line(collector, true))
            return false;
        chunk = newline + 1;
    }
    append(collector, chunk, (size_t)(end - chunk));
    return true;
}

int lines_read(int descriptor, uint64_t size, line_visitor *visit, void *context)
{
    struct collector collector = {.visit = visit, .context = context};
    char *chunk = memory_resize(NULL, CHUNK_SIZE);
    bool wanted = true;
    ssize_t got;
    int result = 0;

    while (wanted && size > 0 &&
           (got = read(descriptor, chunk, size < CHUNK_SIZE ? (size_t)size : CHUNK_SIZE)) != 0) {
        if (got > 0) {
            wanted = take_chunk(&collector, chunk, (size_t)got);
            size -= (uint64_t)got;
        } else if (errno != EINTR) {
            result = -errno;
            break;
        }
    }
    if (result == 0 && wanted && (collector.length > 0 || collector.too_long))
        finish_line(&collector, false);
    free(collector.text);
    free(chunk);
    return result;
}
