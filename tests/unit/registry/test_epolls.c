// SPDX-License-Identifier: MIT
/* The entries of epoll instances, as the kernel shows them. */
#include "registry/epolls.h"
#include "support.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

Test(epolls, lines)
{
    struct epoll_entry entry;
    cr_assert(epoll_parse("tfd:        7 events:       19 data:     7f00deadbee8  pos:0 ino:61 "
                          "sdev:d",
                          &entry));
    cr_assert_eq(entry.file, 7);
    cr_assert_eq(entry.data, 0x7f00deadbee8);
    cr_assert(epoll_parse("tfd:  1234567 events: 80000019 data: ffffffffffffffff ", &entry));
    cr_assert_eq(entry.file, 1234567);
    cr_assert_eq(entry.data, UINTPTR_MAX);
    static const char *const others[] = {
        "", "pos:\t0", "tfd:", "tfd: 7 events: 19", "inotify wd:1 data: 7f", " tfd: 7 data: 7f"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert_not(epoll_parse(others[i], &entry), "%s", others[i]);
}

static int add(int epoll, uint64_t data)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = data};
    int file = eventfd(0, EFD_CLOEXEC);
    cr_assert_eq(epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event), 0);
    return file;
}

static bool count(const struct epoll_entry *entry, void *data)
{
    ++*(unsigned *)data;
    return false;
}

static unsigned count_in(int epoll, uint64_t most)
{
    unsigned entries = 0;
    cr_assert_not(epoll_each_entry(epoll, most, count, &entries));
    return entries;
}

/* More than what is read at once. */
Test(epolls, entries)
{
    enum { ENTRIES = 200, SOME_BYTES = 4096 };
    support_start();
    int epoll = epoll_create1(EPOLL_CLOEXEC), files[ENTRIES];
    cr_assert_eq(count_in(epoll, UINT64_MAX), 0);
    for (unsigned i = 0; i < ENTRIES; i++)
        files[i] = add(epoll, 0x7f0000000000 + i);
    cr_assert_eq(count_in(epoll, UINT64_MAX), ENTRIES);
    unsigned some = count_in(epoll, SOME_BYTES);
    cr_assert(some > 0 && some < ENTRIES, "%u of them", some);
    for (unsigned i = 0; i < ENTRIES; i++) {
        cr_assert(epoll_has(epoll_identity(epoll, files[i]), 0x7f0000000000 + i));
        cr_assert_not(epoll_has(epoll_identity(epoll, files[i]), 0x7f0000000000 + i + 1));
    }
    close(files[0]);
    cr_assert_not(epoll_has(epoll_identity(epoll, files[0]), 0x7f0000000000));
    close(epoll);
    cr_assert_not(epoll_has(epoll_identity(epoll, files[1]), 0x7f0000000001));
}

Test(epolls, known_ones)
{
    unsigned entries = 0;
    support_start();
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    add(epoll, 1);
    epolls_each_entry(UINT64_MAX, count, &entries);
    cr_assert_eq(entries, 0, "nobody told of it");
    epoll_note_known(epoll);
    epoll_note_known(-1);
    epoll_note_known(1 << 20);
    epolls_each_entry(UINT64_MAX, count, &entries);
    cr_assert_eq(entries, 1);
}

Test(epolls, numbers_are_no_addresses)
{
    cr_assert(epoll_data_is_address(7, 0x7f0000001230));
    cr_assert_not(epoll_data_is_address(7, 0x7f0000000007), "the number, and something behind it");
    cr_assert_not(epoll_data_is_address(7, 7));
    cr_assert_not(epoll_data_is_address(7, 0));
}
