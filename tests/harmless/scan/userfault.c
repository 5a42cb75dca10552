// SPDX-License-Identifier: MIT
/*
 * Memory that the program brings itself, page by page, when it is used (userfaultfd(2)): a reader
 * of a missing page waits for ever, or has a page brought that nobody needed. Plug-ins are unloaded
 * meanwhile, and leave something, for which memory is scanned.
 *
 *   scan_userfault HOW WHERE [SIZE]
 *
 * HOW:    missing      pages of a block are not there, and nobody brings them
 *         events       the same, and each fork waits until it has been read of, which nobody does
 *         handler      a thread brings pages, and says which
 *         device       as "missing", by way of /dev/userfaultfd
 *         protected    pages are there, and writing to them waits
 *         shared       pages of shared memory are there, but not mapped
 * WHERE:  alone, beside (with another thread), crash (alone, and dies in the end)
 * SIZE:   of the rest of the heap in MB, and the block is a large one
 *
 * A word in the third page of the block, which is there, points into the plug-in: behind one that
 * is not.
 */
#include "../observe.h"
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { PAGE = 4096, FEW = 8, MANY = 64, SKIPPED = 77 };

#define SIZE ((size_t)PAGE * pages)

/* Linux 5.13, 6.1; not in every <linux/userfaultfd.h>. */
#define FEATURE_MINOR_SHARED ((uint64_t)1 << 10)
#define MODE_MINOR ((uint64_t)1 << 2)
#define NEW_DESCRIPTOR _IO(0xAA, 0x00)

static const char *how;
static size_t pages; /* of the block: what is large is read in another way */
static int faults;
static void **block;

static _Noreturn void skip(const char *why)
{
    fprintf(stderr, "%s: %s\n", why, strerror(errno));
    exit(SKIPPED);
}

static int is_how(const char *name)
{
    return strcmp(how, name) == 0;
}

static int open_faults(void)
{
    int device = is_how("device") ? open("/dev/userfaultfd", O_RDWR | O_CLOEXEC) : -1;
    int file = device >= 0 ? ioctl(device, NEW_DESCRIPTOR, O_CLOEXEC)
                           : (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    if (file < 0 || (is_how("device") && device < 0))
        skip("no userfaultfd");
    if (device >= 0)
        close(device);
    return file;
}

/* Only the first, the third and the last page of what is registered are there. */
static void lose_pages(char *start)
{
    check(madvise(start + PAGE, PAGE, MADV_DONTNEED) == 0);
    check(madvise(start + (size_t)3 * PAGE, SIZE - (size_t)4 * PAGE, MADV_DONTNEED) == 0);
}

static void register_block(char *start)
{
    struct uffdio_api api = {.api = UFFD_API};
    struct uffdio_register range = {.range = {(uintptr_t)start, SIZE},
                                    .mode = UFFDIO_REGISTER_MODE_MISSING};
    faults = open_faults();
    if (is_how("events"))
        api.features = UFFD_FEATURE_EVENT_FORK;
    if (is_how("shared"))
        api.features = FEATURE_MINOR_SHARED;
    if (is_how("protected"))
        range.mode = UFFDIO_REGISTER_MODE_WP;
    if (is_how("shared"))
        range.mode = MODE_MINOR;
    if (ioctl(faults, UFFDIO_API, &api) != 0 || ioctl(faults, UFFDIO_REGISTER, &range) != 0)
        skip("such faults are not known");
}

static void protect(char *start)
{
    struct uffdio_writeprotect range = {.range = {(uintptr_t)start, SIZE},
                                        .mode = UFFDIO_WRITEPROTECT_MODE_WP};
    check(ioctl(faults, UFFDIO_WRITEPROTECT, &range) == 0);
}

/* A block of the heap, with pages of its own. */
static void **make_block(void)
{
    void *memory = NULL;
    check(posix_memalign(&memory, PAGE, SIZE) == 0);
    memset(memory, 0, SIZE);
    return memory;
}

/* Shared memory that another mapping has filled. */
static void **make_shared(void)
{
    int file = memfd_create("shared", MFD_CLOEXEC);
    char *filled, *bare;
    check(file >= 0 && ftruncate(file, (off_t)SIZE) == 0);
    filled = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    bare = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    check(filled != MAP_FAILED && bare != MAP_FAILED);
    memset(filled, 1, SIZE);
    close(file);
    return (void **)(void *)bare;
}

static void *bring_pages(void *unused)
{
    struct uffd_msg message;
    while (read(faults, &message, sizeof message) == (ssize_t)sizeof message) {
        struct uffdio_zeropage page = {
            .range = {message.arg.pagefault.address & ~(uint64_t)(PAGE - 1), PAGE}};
        say("FAILED: page %d is used\n",
            (int)(((uintptr_t)message.arg.pagefault.address - (uintptr_t)block) / PAGE));
        ioctl(faults, UFFDIO_ZEROPAGE, &page);
    }
    return unused;
}

static void *wait_for_ever(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static void set_up(int is_beside)
{
    pthread_t thread;
    int is_shared = is_how("shared");
    block = is_shared ? make_shared() : make_block();
    register_block((char *)block);
    if (is_how("protected"))
        protect((char *)block);
    else if (!is_shared)
        lose_pages((char *)block);
    if (is_how("handler"))
        check(pthread_create(&thread, NULL, bring_pages, NULL) == 0);
    if (is_beside)
        check(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);
}

/* With a value, and a word in the block, as far as these are there. */
static void leave_pointers(void)
{
    void *plugin = open_plugin("./leftover.so", RTLD_NOW);
    void (*leave)(int) = (void (*)(int))symbol(plugin, "leave");
    leave(1);
    if (!is_how("protected") && !is_how("shared"))
        block[2 * PAGE / sizeof *block] = (void *)leave;
    check(dlclose(plugin) == 0);
}

/* A value and an argument that lead to where nothing is. */
static void *end_at_once(void *argument)
{
    return argument;
}

static void lead_there(void)
{
    pthread_t thread;
    pthread_key_t key;
    char *missing = (char *)block + (size_t)5 * PAGE;
    check(pthread_key_create(&key, NULL) == 0 && pthread_setspecific(key, missing) == 0);
    check(pthread_create(&thread, NULL, end_at_once, missing) == 0 &&
          pthread_join(thread, NULL) == 0);
}

/* Unloads a plug-in that leaves nothing: only a scan of all memory shows this. */
static void leave_nothing(void)
{
    void *plugin = open_plugin("./quiet.so", RTLD_NOW);
    check(dlclose(plugin) == 0);
}

static void grow(size_t megabytes)
{
    for (size_t i = 0; i < megabytes * 256; i++) {
        char *part = malloc(PAGE);
        memset(part, 3, PAGE);
    }
}

int main(int count, char **arguments)
{
    volatile int *nowhere = NULL;
    if (count < 3)
        return 97;
    how = arguments[1];
    pages = count > 3 ? MANY : FEW;
    grow(count > 3 ? (size_t)atoi(arguments[3]) : 0);
    set_up(strcmp(arguments[2], "beside") == 0);
    lead_there();
    leave_nothing();
    leave_pointers();
    leave_pointers();
    say("alive\n");
    if (strcmp(arguments[2], "crash") == 0)
        *nowhere = 1;
    return observe_status();
}
