// SPDX-License-Identifier: MIT
#include "registry/epolls.h"
#include "base/sys.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>

enum { KNOWN_MAX = 4096, BITS = 64 };

/* Known instances, by their descriptors' numbers; greater numbers are not kept. */
static _Atomic uint64_t known[KNOWN_MAX / BITS];

void epoll_note_known(int epoll)
{
    uint64_t bit = (uint64_t)1 << (unsigned)epoll % BITS;
    if ((unsigned)epoll >= KNOWN_MAX)
        return;
    _Atomic uint64_t *word = &known[(unsigned)epoll / BITS];
    if (!(atomic_load_explicit(word, memory_order_relaxed) & bit))
        atomic_fetch_or(word, bit);
}

static uint64_t read_number(const char **at, unsigned base)
{
    uint64_t number = 0;
    while (**at == ' ')
        ++*at;
    for (;; ++*at) {
        char c = **at;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                                : base;
        if (digit >= base)
            return number;
        number = number * base + digit;
    }
}

/* fs/eventpoll.c, ep_show_fdinfo: "tfd:  7 events:  19 data:  7f… …", the data in hexadecimal. */
bool epoll_parse(const char *line, struct epoll_entry *entry)
{
    static const char file[] = "tfd:", data[] = " data:";
    const char *at = line, *data_at = strstr(line, data);
    if (strncmp(line, file, sizeof file - 1) != 0 || !data_at)
        return false;
    at += sizeof file - 1;
    entry->file = (int)read_number(&at, 10);
    data_at += sizeof data - 1;
    entry->data = (uintptr_t)read_number(&data_at, 16);
    return true;
}

/* The complete lines of a text. Returns where the rest begins. */
static size_t visit_lines(char *text, epoll_visitor *visit, void *data, bool *found)
{
    char *line = text, *end;
    struct epoll_entry entry;
    while (!*found && (end = strchr(line, '\n')) != NULL) {
        *end = '\0';
        *found = epoll_parse(line, &entry) && visit(&entry, data);
        line = end + 1;
    }
    return (size_t)(line - text);
}

static bool each_entry(int info, uint64_t most, epoll_visitor *visit, void *data)
{
    char text[2048];
    size_t kept = 0;
    uint64_t total = 0;
    bool found = false;
    long length;
    while (!found && total < most &&
           (length = sys_call(SYS_read, info, text + kept, sizeof text - 1 - kept)) > 0) {
        total += (uint64_t)length;
        kept += (size_t)length;
        text[kept] = '\0';
        size_t done = visit_lines(text, visit, data, &found);
        kept -= done;
        memmove(text, text + done, kept);
        if (kept == sizeof text - 1)
            kept = 0; /* no line of an entry is that long */
    }
    return found;
}

bool epoll_each_entry(int epoll, uint64_t most, epoll_visitor *visit, void *data)
{
    struct text path = {0};
    text_printf(&path, "%s/fdinfo/%d", sys_own_folder(), epoll);
    int info = (int)sys_call(SYS_openat, AT_FDCWD, text_string(&path), O_RDONLY | O_CLOEXEC, 0);
    text_free(&path);
    if (info < 0)
        return false;
    bool found = each_entry(info, most, visit, data);
    sys_call(SYS_close, info);
    return found;
}

bool epolls_each_entry(uint64_t most, epoll_visitor *visit, void *data)
{
    for (unsigned i = 0; i < KNOWN_MAX / BITS; i++)
        for (uint64_t left = atomic_load(&known[i]); left; left &= left - 1)
            if (epoll_each_entry((int)(i * BITS) + __builtin_ctzll(left), most, visit, data))
                return true;
    return false;
}

static bool is_same(const struct epoll_entry *entry, void *data)
{
    const struct epoll_entry *wanted = data;
    return entry->file == wanted->file && entry->data == wanted->data;
}

bool epoll_has(uintptr_t identity, uintptr_t data)
{
    struct epoll_entry wanted = {(int)(uint32_t)identity, data};
    return epoll_each_entry((int)(identity >> 32), UINT64_MAX, is_same, &wanted);
}
