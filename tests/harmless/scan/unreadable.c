// SPDX-License-Identifier: MIT
/*
 * Memory that is mapped, and cannot be read: a page in the middle of a block, pages of a mapping
 * that guard or have a protection key, and data of a plug-in whose file has become shorter
 * meanwhile, as when it is built anew. The program knows, and leaves it alone; a scan that reads it
 * without checking dies of SIGSEGV or SIGBUS.
 *
 *   scan_unreadable alone|beside      with another thread
 */
#include "../observe.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { PAGE = 4096, PAGES = 5 };

static void *wait_for_ever(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static char *make_block(void)
{
    void *block = NULL;
    check(posix_memalign(&block, PAGE, (size_t)PAGE * PAGES) == 0);
    memset(block, 1, (size_t)PAGE * PAGES);
    check(mprotect((char *)block + 2 * PAGE, PAGE, PROT_NONE) == 0);
    return block;
}

/* As far as the kernel and the processor know of these. */
static void make_mapping(void)
{
    enum { GUARD_INSTALL = 102 }; /* MADV_…, Linux 6.13; not in every <sys/mman.h> */
    char *mapping = mmap(NULL, (size_t)PAGE * PAGES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(mapping != MAP_FAILED);
    memset(mapping, 1, (size_t)PAGE * PAGES);
    madvise(mapping + PAGE, PAGE, GUARD_INSTALL);
    int key = pkey_alloc(0, PKEY_DISABLE_ACCESS);
    if (key >= 0)
        check(pkey_mprotect(mapping + 3 * PAGE, PAGE, PROT_READ | PROT_WRITE, key) == 0);
}

/* Where in the file the data ends that is mapped. */
struct data {
    uintptr_t address;
    off_t end;
};

static int find_data(struct dl_phdr_info *info, size_t size, void *found)
{
    struct data *data = found;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type == PT_LOAD && data->address - info->dlpi_addr - p->p_vaddr < p->p_filesz)
            data->end = (off_t)(p->p_offset + p->p_filesz);
    }
    return data->end > 0;
}

static struct data open_large(void)
{
    size_t size;
    void *handle = open_plugin("./large.so", RTLD_NOW);
    char *(*large_data)(size_t *) = (char *(*)(size_t *))symbol(handle, "large_data");
    char *bytes = large_data(&size);
    memset(bytes, 2, size);
    struct data data = {.address = (uintptr_t)bytes};
    dl_iterate_phdr(find_data, &data);
    check(data.end > 0);
    return data;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    char *block = make_block(), rest[PAGES * PAGE + 100000];
    struct data data = open_large();
    make_mapping();
    int file = open("large.so", O_RDWR);
    off_t shorter = data.end - (off_t)PAGES * PAGE;
    ssize_t length = pread(file, rest, sizeof rest, shorter);
    check(file >= 0 && length > (ssize_t)PAGE * PAGES);
    if (argc > 1 && strcmp(argv[1], "beside") == 0)
        check(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);

    check(ftruncate(file, shorter) == 0);
    leave_something();
    leave_something();
    check(pwrite(file, rest, (size_t)length, shorter) == length);

    say("block %d\n", block[0]);
    close(file);
    return observe_status();
}
