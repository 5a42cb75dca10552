// SPDX-License-Identifier: MIT
/*
 * Threads that allocate and free, and threads that start and end, while one loads and unloads
 * plug-ins that leave things behind. The memory changes all the time while it is scanned; each
 * block must keep its contents.
 *
 *   churn copy|in-process [SECONDS]
 *
 * "in-process": under a filter for system calls, which lets all through. Then memory is not scanned
 * in a copy of the process but in the process itself.
 */
#include "../../harmless/filters/inline.h"
#include "litter.h"
#include <dlfcn.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 4
#define PLUGINS 4
#define HELD 256
#define SECONDS 4
#define LARGE (300U << 10) /* mapped, and unmapped when it is freed */

static struct board board;
static atomic_bool over;
static char folder[PATH_MAX];

static void die(const char *what, const char *why)
{
    printf("churn: %s: %s\n", what, why);
    fflush(stdout);
    _exit(1);
}

struct held {
    struct held *other; /* one of the same thread's, freed or not */
    size_t size;
    unsigned char mark, rest[];
};

static struct held *hold(unsigned *seed, struct held *other)
{
    size_t size = sizeof(struct held) + rand_r(seed) % 2000;
    struct held *held;

    if (rand_r(seed) % 64 == 0)
        size += LARGE;
    held = rand_r(seed) % 3 ? malloc(size) : aligned_alloc(64, (size + 63) / 64 * 64);
    if (!held)
        die("malloc", "no memory");
    held->other = other;
    held->size = size;
    held->mark = (unsigned char)rand_r(seed);
    memset(held->rest, held->mark, size - sizeof *held);
    return held;
}

static void release(struct held *held)
{
    for (size_t i = 0; held && i < held->size - sizeof *held; i++)
        if (held->rest[i] != held->mark)
            die("a block", "was changed");
    free(held);
}

static void map_a_while(void)
{
    size_t size = 64 << 10;
    char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        die("mmap", "failed");
    memset(p, 1, size);
    munmap(p, size);
}

static void *work(void *argument)
{
    unsigned seed = (unsigned)(size_t)argument;
    struct held *held[HELD] = {NULL};

    while (!over) {
        unsigned i = (unsigned)rand_r(&seed) % HELD;
        release(held[i]);
        held[i] = hold(&seed, held[(unsigned)rand_r(&seed) % HELD]);
        if (i == 0)
            map_a_while();
    }
    for (unsigned i = 0; i < HELD; i++)
        release(held[i]);
    return NULL;
}

static void *live_shortly(void *argument)
{
    void *value = malloc(40);

    if (!value || pthread_setspecific(board.key, value) != 0)
        die("a short thread", "failed");
    pthread_setspecific(board.key, NULL);
    free(value);
    return argument;
}

static void *start_threads(void *unused)
{
    while (!over) {
        pthread_t threads[8];
        for (int i = 0; i < 8; i++)
            if (pthread_create(&threads[i], NULL, live_shortly, strdup("an argument")) != 0)
                die("pthread_create", "failed");
        for (int i = 0; i < 8; i++) {
            void *argument;
            pthread_join(threads[i], &argument);
            free(argument);
        }
    }
    return unused;
}

static void tidy_up(void)
{
    void *value = pthread_getspecific(board.key);

    for (struct board_entry *entry = board.list, *next; entry; entry = next) {
        next = entry->next;
        free(entry->text);
        free(entry);
    }
    board.list = NULL;
    memset(board.places, 0, sizeof board.places);
    pthread_setspecific(board.key, NULL);
    free(value);
}

static void one_load(unsigned round)
{
    char path[PATH_MAX + 32];
    int (*litter_now)(struct board *, unsigned);
    void *plugin;

    snprintf(path, sizeof path, "%s/litter-%u.so", folder, round % PLUGINS);
    plugin = dlopen(path, RTLD_NOW);
    if (!plugin)
        die("dlopen", dlerror());
    *(void **)&litter_now = dlsym(plugin, "litter");
    if (!litter_now || litter_now(&board, round) != 0)
        die("litter", "failed");
    if (dlclose(plugin) != 0)
        die("dlclose", dlerror());
    if (round % 100 == 99)
        tidy_up();
}

static unsigned load_for(time_t seconds)
{
    time_t end = time(NULL) + seconds;
    unsigned round = 0;

    do
        one_load(round++);
    while (time(NULL) < end);
    tidy_up();
    return round;
}

/* Before any library begins, and by no function of the C library: as if it had been started so. */
static void go_in_process(int argc, char **argv, char **environment)
{
    struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog filter = {1, all};

    (void)environment;
    if (argc < 2 || strcmp(argv[1], "in-process") != 0)
        return;
    if (call_inline(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        call_inline(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (long)&filter, 0, 0) != 0)
        die("prctl", "no filter");
}

typedef void beginning(int argc, char **argv, char **environment);
__attribute__((section(".preinit_array"), used)) static beginning *const begin = go_in_process;

static void find_folder(void)
{
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    char *slash;

    folder[length < 0 ? 0 : length] = '\0';
    slash = strrchr(folder, '/');
    if (!slash)
        die("/proc/self/exe", "cannot be read");
    *slash = '\0';
}

int main(int argc, char **argv)
{
    pthread_t threads[WORKERS + 1];
    unsigned rounds;

    mallopt(M_MMAP_THRESHOLD, 128 << 10);
    find_folder();
    if (pthread_key_create(&board.key, NULL) != 0)
        die("pthread_key_create", "failed");
    for (size_t i = 0; i < WORKERS; i++)
        if (pthread_create(&threads[i], NULL, work, (void *)(i + 1)) != 0)
            die("pthread_create", "failed");
    if (pthread_create(&threads[WORKERS], NULL, start_threads, NULL) != 0)
        die("pthread_create", "failed");
    rounds = load_for(argc > 2 ? atoi(argv[2]) : SECONDS);
    over = true;
    for (int i = 0; i <= WORKERS; i++)
        pthread_join(threads[i], NULL);
    if (argc > 3)
        fprintf(stderr, "churn: %u rounds\n", rounds);
    puts("churn: whole");
    return 0;
}
