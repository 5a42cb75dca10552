// SPDX-License-Identifier: MIT
#include "registry/descriptors.h"
#include "base/arena.h"
#include "base/dropped.h"
#include "base/sys.h"
#include "base/text.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { BUCKETS = 256, NOTICE_BYTES = 2048 };

_Atomic uint64_t descriptor_bits[DESCRIPTORS_MAX / 64];

/* Under the registry lock. */
static struct descriptor *buckets[BUCKETS];
static _Atomic unsigned count;
static uint64_t last_serial;

static struct descriptor **bucket_of(int number)
{
    return &buckets[(unsigned)number % BUCKETS];
}

static void set_bit(int number, bool value)
{
    uint64_t bit = (uint64_t)1 << (unsigned)number % 64;
    if (value)
        atomic_fetch_or(&descriptor_bits[(unsigned)number / 64], bit);
    else
        atomic_fetch_and(&descriptor_bits[(unsigned)number / 64], ~bit);
}

static bool read_status(int number, struct stat *status)
{
    struct text path = {0};
    if (!sys_stands_in())
        return sys_call(SYS_fstat, number, status) == 0;
    text_printf(&path, "%s/fd/%d", sys_own_folder(), number);
    bool is_open = sys_call(SYS_newfstatat, AT_FDCWD, text_string(&path), status, 0) == 0;
    text_free(&path);
    return is_open;
}

static bool is_same(const struct descriptor *descriptor, const struct stat *status)
{
    return status->st_dev == descriptor->device && status->st_ino == descriptor->inode;
}

bool descriptor_is_open(const struct descriptor *descriptor)
{
    struct stat status;
    return read_status(descriptor->number, &status) && is_same(descriptor, &status);
}

/* NULL: it is not kept. */
static struct descriptor *unlink_locked(struct descriptor **link)
{
    struct descriptor *found = *link;
    if (!found)
        return NULL;
    *link = found->next;
    set_bit(found->number, false);
    atomic_fetch_sub(&count, 1);
    return found;
}

static struct descriptor **link_of_locked(int number)
{
    struct descriptor **link = bucket_of(number);
    while (*link && (*link)->number != number)
        link = &(*link)->next;
    return link;
}

static void forget_locked(int number)
{
    struct descriptor *found = unlink_locked(link_of_locked(number));
    arena_free(found, sizeof *found);
}

void descriptor_closed(int number)
{
    if (!descriptor_is_kept(number) || !lock_acquire(&registry_lock))
        return;
    forget_locked(number);
    lock_release(&registry_lock);
}

void descriptors_closed(unsigned first, unsigned last)
{
    for (unsigned i = first; atomic_load(&count) > 0 && i <= last && i < DESCRIPTORS_MAX; i++)
        descriptor_closed((int)i);
}

static void link_locked(struct descriptor *made)
{
    struct descriptor **first = bucket_of(made->number);
    forget_locked(made->number);
    made->serial = ++last_serial;
    made->next = *first;
    *first = made;
    atomic_fetch_add(&count, 1);
    set_bit(made->number, true);
}

void descriptor_opened(int number, const char *call, uint32_t site)
{
    struct stat status;
    descriptor_closed(number);
    if (number <= STDERR_FILENO || number >= DESCRIPTORS_MAX ||
        !site_may_be_unloaded(site_get(site)) || !read_status(number, &status))
        return;
    struct descriptor *made = arena_alloc(sizeof *made);
    if (!made || !lock_acquire(&registry_lock)) {
        drop(DROP_DESCRIPTOR);
        arena_free(made, sizeof *made);
        return;
    }
    *made = (struct descriptor){.number = number,
                                .device = status.st_dev,
                                .inode = status.st_ino,
                                .site = site,
                                .call = call};
    link_locked(made);
    lock_release(&registry_lock);
}

void descriptor_used(int number, uintptr_t pc)
{
    const struct module *user = modules_find(pc - 1);
    if (!user || user->common || !descriptor_is_kept(number) || !lock_acquire(&registry_lock))
        return;
    struct descriptor *found = *link_of_locked(number);
    if (found)
        found->is_shared |= !site_is_of(site_get(found->site), user);
    lock_release(&registry_lock);
}

/* A timer's remaining time passes by itself, and watched files change. */
static bool changes_by_itself(const char *notice)
{
    return strstr(notice, "clockid:") || strstr(notice, "inotify ");
}

/* 0: there is nothing to compare. */
static uint64_t notice_of(int number)
{
    char notice[NOTICE_BYTES];
    struct text path = {0};
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    text_printf(&path, "%s/fdinfo/%d", sys_own_folder(), number);
    ssize_t length = sys_read_file(text_string(&path), notice, sizeof notice);
    text_free(&path);
    if (length <= 0 || changes_by_itself(notice))
        return 0;
    for (const char *c = notice; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    return hash;
}

/* A pipe's times are those of its reads and writes, to the tick. Other files have theirs from other
 * users, too. */
static struct descriptor_use use_of(const struct descriptor *descriptor, const struct stat *status)
{
    struct descriptor_use use = {.waiting = -1, .notice = notice_of(descriptor->number)};
    if (S_ISFIFO(status->st_mode)) {
        use.read = status->st_atim;
        use.written = status->st_mtim;
    }
    if ((S_ISSOCK(status->st_mode) || S_ISFIFO(status->st_mode)) && !calls_are_filtered())
        sys_call(SYS_ioctl, descriptor->number, FIONREAD, &use.waiting);
    return use;
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* A sender to a socket has the other end: only received bytes count as use. Values that could not
 * be read prove nothing. */
static bool was_used(const struct descriptor_use *before, const struct descriptor_use *now)
{
    return !is_same_time(&before->read, &now->read) ||
           !is_same_time(&before->written, &now->written) ||
           (now->waiting >= 0 && now->waiting < before->waiting) ||
           (now->notice && before->notice && now->notice != before->notice);
}

/* False: it is over. */
static bool compare(struct descriptor *descriptor, bool is_patient)
{
    struct stat status;
    if (!site_is_left(site_get(descriptor->site)) || (descriptor->is_compared && !is_patient))
        return true;
    if (!read_status(descriptor->number, &status) || !is_same(descriptor, &status))
        return calls_are_over();
    struct descriptor_use now = use_of(descriptor, &status);
    if (descriptor->is_compared)
        descriptor->is_shared |= was_used(&descriptor->use, &now);
    else
        descriptor->use = now;
    descriptor->is_compared = true;
    return true;
}

void descriptors_compare(bool is_patient)
{
    if (atomic_load(&count) == 0 || !lock_acquire(&registry_lock))
        return;
    for (unsigned i = 0; i < BUCKETS; i++)
        for (struct descriptor **link = &buckets[i]; *link;) {
            struct descriptor *each = *link;
            if (compare(each, is_patient))
                link = &each->next;
            else
                arena_free(unlink_locked(link), sizeof *each);
        }
    lock_release(&registry_lock);
}

bool descriptor_name(const struct descriptor *descriptor, char *name)
{
    struct text path = {0};
    text_printf(&path, "%s/fd/%d", sys_own_folder(), descriptor->number);
    long length = sys_call(SYS_readlinkat, AT_FDCWD, text_string(&path), name, DESCRIPTOR_NAME - 1);
    text_free(&path);
    name[length > 0 ? length : 0] = '\0';
    return descriptor_is_open(descriptor);
}

void descriptors_each_locked(descriptor_visitor *visit, void *data)
{
    for (unsigned i = 0; i < BUCKETS && atomic_load(&count) > 0; i++)
        for (struct descriptor *each = buckets[i]; each; each = each->next)
            visit(each, data);
}

const struct descriptor *descriptor_by_serial_locked(uint64_t serial)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        for (const struct descriptor *each = buckets[i]; each; each = each->next)
            if (each->serial == serial)
                return each;
    return NULL;
}

static void mark_site(struct descriptor *descriptor, void *bitmap)
{
    site_mark(bitmap, descriptor->site);
}

void descriptors_mark_sites_locked(struct site_bitmap *bitmap)
{
    descriptors_each_locked(mark_site, bitmap);
}
