// SPDX-License-Identifier: MIT
/* The lists that a scan makes: ranges of modules, mappings, the kernel's records of threads. */
#include "base/arena.h"
#include "scan/filter.h"
#include "scan/maps.h"
#include "scan/ranges.h"
#include "scan/stacks.h"
#include "base/sys.h"
#include "mutate.h"
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static struct ranges ranges;

static struct module *module_at(uintptr_t start, uintptr_t end)
{
    struct module *module = support_module("gone.so", 1, MODULE_UNLOADED);
    module->start = module->bias = start;
    module->end = end;
    return module;
}

static void add_range(uintptr_t start, uintptr_t end)
{
    ranges_add(&ranges, module_at(start, end));
}

static bool has(uintptr_t word)
{
    const struct range *range = ranges_find(&ranges, word);
    cr_assert(!range || (word >= range->start && word < range->end));
    return range;
}

Test(ranges, borders)
{
    cr_assert_not(has(0) || has(UINTPTR_MAX));
    ranges_ready(&ranges);
    cr_assert_not(has(0) || has(UINTPTR_MAX), "of none");
    add_range(0x7000, 0x9000);
    add_range(0x3000, 0x4000);
    add_range(0x4000, 0x5000);
    for (unsigned ready = 0; ready < 2; ready++) {
        cr_assert(has(0x3000) && has(0x3fff) && has(0x4000) && has(0x4fff));
        cr_assert(has(0x7000) && has(0x8fff));
        cr_assert_not(has(0x2fff) || has(0x5000) || has(0x6fff) || has(0x9000));
        cr_assert_not(has(0) || has(UINTPTR_MAX));
        cr_assert_neq(ranges_find(&ranges, 0x3fff), ranges_find(&ranges, 0x4000));
        ranges_ready(&ranges);
    }
}

Test(ranges, the_later_one_counts)
{
    struct module *first = module_at(0x3000, 0x6000), *second = module_at(0x5000, 0x8000);
    ranges_add(&ranges, first);
    ranges_add(&ranges, second);
    cr_assert_not(has(0x3000));
    cr_assert_eq(ranges_find(&ranges, 0x5800)->module, second);
    cr_assert(ranges_have(&ranges, second) && !ranges_have(&ranges, first));
    add_range(0x1000, 0x100000);
    cr_assert_eq(ranges.count, 1);
}

Test(ranges, those_that_one_does_not_meet_stay)
{
    for (uintptr_t start = 0x1000; start < 0x9000; start += 0x2000)
        add_range(start, start + 0x1000);
    cr_assert_not(ranges_overlap(&ranges, 0x4000, 0x5000));
    cr_assert(ranges_overlap(&ranges, 0x3fff, 0x5001));
    cr_assert_not(ranges_overlap(&ranges, 0, 0x1000) || ranges_overlap(&ranges, 0x8000, 0x9000));
    add_range(0x3800, 0x5001); /* of the four it meets the second and the third */
    cr_assert_eq(ranges.count, 3);
    cr_assert(has(0x1000) && has(0x1fff) && has(0x7000) && has(0x7fff));
    cr_assert(has(0x3800) && has(0x5000));
    cr_assert_not(has(0x3000) || has(0x5001) || has(0x5fff));
    cr_assert_eq(ranges.span, 0x7000);
}

Test(ranges, of_no_size)
{
    add_range(0x5000, 0x5000);
    add_range(0x6000, 0x5000);
    ranges_ready(&ranges);
    cr_assert_not(has(0x5000));
    cr_assert_eq(ranges.count, 0);
}

Test(ranges, the_whole_address_space)
{
    add_range(0x1000, 0x2000);
    add_range(0x7ffffffff000, 0x7fffffffffff);
    ranges_ready(&ranges);
    cr_assert(has(0x1000) && has(0x7ffffffff000) && has(0x7ffffffffffe));
    cr_assert_not(has(0x2000) || has(0x7fffffffffff) || has(0x400000000000));
}

Test(ranges, more_than_there_is_room_for)
{
    for (uintptr_t i = 0; i < RANGES_MAX + 10; i++)
        add_range((i * 7919 % 4096 + 1) << 16, ((i * 7919 % 4096 + 1) << 16) + 0x8000);
    cr_assert_eq(ranges.count, RANGES_MAX);
    ranges_ready(&ranges);
    for (unsigned i = 0; i < ranges.count; i++) {
        cr_assert(i == 0 || ranges.list[i - 1].end <= ranges.list[i].start);
        cr_assert(has(ranges.list[i].start) && has(ranges.list[i].end - 1));
        cr_assert_not(has(ranges.list[i].end));
    }
    add_range(ranges.list[7].start, ranges.list[7].end);
    cr_assert_eq(ranges.count, RANGES_MAX, "one more takes another's place");
}

static struct maps maps;

static bool parse(const char *text)
{
    maps_free(&maps);
    return maps_parse(&maps, text);
}

Test(maps, lines)
{
    cr_assert(parse("5500-5600 r--p 00000000 08:01 42                         /usr/bin/program\n"
                    "5600-5700 rw-p 00001000 08:01 42                         /usr/bin/program\n"
                    "5700-5800 rw-p 00000000 00:00 0 \n"
                    "5800-5900 rw-p 00000000 00:00 0                          [heap]\n"
                    "7000-7100 rw-s 00000000 00:01 9                          /dev/zero (deleted)\n"
                    "7100-7200 ---p 00000000 00:00 0 \n"
                    "7200-7300 rw-p 00000000 00:00 0                          [anon:name of it]\n"
                    "7300-7400 rw-p 00000000 00:00 0                          [stack]\n"
                    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]\n"));
    cr_assert_eq(maps.count, 9);
    static const bool readable[] = {1, 1, 1, 1, 1, 0, 1, 1, 0};
    static const bool writable[] = {0, 1, 1, 1, 1, 0, 1, 1, 0};
    static const bool anonymous[] = {0, 0, 1, 0, 0, 1, 1, 0, 0};
    for (size_t i = 0; i < maps.count; i++) {
        cr_assert_eq(maps.list[i].readable, readable[i], "%zu", i);
        cr_assert_eq(maps.list[i].writable, writable[i], "%zu", i);
        cr_assert_eq(maps.list[i].anonymous, anonymous[i], "%zu", i);
        cr_assert_eq(maps.list[i].heap, i == 3, "%zu", i);
    }
    cr_assert_eq(maps.list[8].end, 0xffffffffff601000);
    cr_assert_null(maps_find(&maps, 0x54ff));
    cr_assert_eq(maps_find(&maps, 0x5500), &maps.list[0]);
    cr_assert_eq(maps_find(&maps, 0x55ff), &maps.list[0]);
    cr_assert_eq(maps_find(&maps, 0x5600), &maps.list[1]);
    cr_assert_null(maps_find(&maps, 0x5900));
    cr_assert(maps_overlap(&maps, 0x5000, 0x5501) && maps_overlap(&maps, 0x58ff, 0x6000));
    cr_assert_not(maps_overlap(&maps, 0x5900, 0x7000) || maps_overlap(&maps, 0, 0x5500));
    cr_assert(maps_overlap(&maps, 0, UINTPTR_MAX));
}

/* A name may have anything in it; the kernel writes a newline as \012. */
Test(maps, names)
{
    cr_assert(parse("1000-2000 rw-p 00000000 08:01 42    /tmp/a name\\012with [heap]  and spaces\n"
                    "2000-3000 rw-p 00000000 08:01 43    /tmp/x (deleted)\n"
                    "3000-4000 rw-p 00000000 08:01 44    /[heap]\n"
                    "4000-5000 rw-p 00000000 08:01 45    /tmp/\xff\xfe\x01\n"
                    "5000-6000 rw-p 00000000 00:00 0     [stack:123]\n"
                    "6000-7000 rw-p 00000000 00:05 7     anon_inode:[perf_event]"));
    cr_assert_eq(maps.count, 6);
    for (size_t i = 0; i < maps.count; i++)
        cr_assert_not(maps.list[i].heap || maps.list[i].anonymous, "%zu", i);
    char *text = malloc(100000);
    memset(text, 'n', 100000);
    int head = sprintf(text, "1000-2000 rw-p 00000000 08:01 42 /");
    text[head] = 'n';
    memcpy(text + 90000, "\n2000-3000 rw-p 0 0:0 0\n", 25);
    cr_assert(parse(text));
    cr_assert_eq(maps.count, 2);
    cr_assert(maps.list[1].anonymous);
    free(text);
}

Test(maps, what_is_cut_off)
{
    static const char line[] = "1000-2000 rw-p 00000000 08:01 42 /x";
    char text[sizeof line];
    for (size_t length = 0; length < sizeof line; length++) {
        memcpy(text, line, length);
        text[length] = '\0';
        bool fields = length >= strlen("1000-2000 rw-p");
        cr_assert_eq(parse(text), fields || length == 0, "%s", text);
        cr_assert_eq(maps.count, fields, "%s", text);
    }
}

Test(maps, what_is_no_list_of_mappings)
{
    static const char *const texts[] = {
        "\n",
        "x",
        "-",
        " ",
        "1000",
        "1000-",
        "1000-2000",
        "1000-2000\n",
        "1000 2000 rw-p\n",
        "-2000 rw-p 0 0:0 0\n",
        "1000- rw-p 0 0:0 0\n",
        "2000-1000 rw-p 0 0:0 0\n",
        "1000-1000 rw-p 0 0:0 0\n",
        "1000-2000 rw\n",
        "1000-2000 wr-p 0 0:0 0\n",
        "1000-2000  rw-p 0 0:0 0\n",
        "1000-2000 rw-P 0 0:0 0\n",
        "0x1000-0x2000 rw-p 0 0:0 0\n",
        "11111222223333344-22222333334444455 rw-p 0 0:0 0\n",
        "1000-2000 rw-p 0 0:0 0\n\n",
        "1000-2000 rw-p 0 0:0 0\n1fff-3000 rw-p 0 0:0 0\n",
        "3000-4000 rw-p 0 0:0 0\n1000-2000 rw-p 0 0:0 0\n",
        "1000-2000 rw-p 0 0:0 0\ngarbage",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_assert_not(parse(texts[i]), "%s", texts[i]);
    cr_assert(parse("1000-2000 rw-p\n") && parse("1000-2000 rw-p \n2000-3000 ---s x\n"));
}

Test(maps, many)
{
    enum { LINES = 50000, LINE = 64 };
    char *text = malloc((size_t)LINES * LINE), *at = text;
    for (unsigned i = 0; i < LINES; i++)
        at += sprintf(at, "%x-%x rw-p 00000000 00:00 0 \n", 0x1000 * (2 * i + 1),
                      0x1000 * (2 * i + 2));
    cr_assert(parse(text));
    cr_assert_eq(maps.count, LINES);
    for (uintptr_t i = 0; i < LINES; i++) {
        cr_assert_eq(maps_find(&maps, 0x1000 * (2 * i + 1) + 0xfff), &maps.list[i]);
        cr_assert_null(maps_find(&maps, 0x1000 * (2 * i + 2)));
    }
    free(text);
}

Test(maps, of_this_process)
{
    char *page = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    static int variable;
    struct maps own;
    cr_assert_eq(mprotect(page + 4096, 4096, PROT_READ), 0);
    cr_assert_eq(munmap(page + 2L * 4096, 4096), 0);
    cr_assert(maps_read(&own));
    const struct mapping *mapping = maps_find(&own, (uintptr_t)page);
    cr_assert(mapping && mapping->readable && mapping->writable && mapping->anonymous);
    mapping = maps_find(&own, (uintptr_t)page + 4096);
    cr_assert(mapping && mapping->readable && !mapping->writable);
    mapping = maps_find(&own, (uintptr_t)&variable);
    cr_assert(mapping && mapping->writable);
    mapping = maps_find(&own, (uintptr_t)maps_read);
    cr_assert(mapping && mapping->readable && !mapping->writable && !mapping->anonymous);
    cr_assert(maps_overlap(&own, (uintptr_t)page, (uintptr_t)page + 1));
    maps_free(&own);

    uintptr_t from = (uintptr_t)page + 1, to = (uintptr_t)page + 4097;
    cr_assert(maps_read_in(&own, from, to));
    cr_assert(maps_find(&own, from) && maps_find(&own, to - 1));
    cr_assert(maps_overlap(&own, from, to));
    maps_free(&own);
}

Test(stacks, what_the_kernel_says_of_a_thread)
{
    struct thread_stack stack;
    cr_assert(stack_parse("202 0x7f00 0x80 0x0 0x0 0x0 0x0 0x7ffd10 0x7f1234\n", &stack));
    cr_assert(stack.sp == 0x7ffd10 && stack.pc == 0x7f1234);
    cr_assert(stack_parse("-1 0x7ffd10 0x7f1234\n", &stack), "blocked, but not in a call");
    cr_assert(stack.sp == 0x7ffd10 && stack.pc == 0x7f1234);
    cr_assert(stack_parse("-1 0xffffffffffffffff 0xffffffffffffffff", &stack));
    cr_assert(stack.sp == UINTPTR_MAX && stack.pc == UINTPTR_MAX);
    static const char *const nothing[] = {"running\n",    "",  "\n", "0",   "running",
                                          "-1 0x0 0x0\n", " ", "  ", "x y", "- 0x0 1"};
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        cr_assert_not(stack_parse(nothing[i], &stack), "%s", nothing[i]);
    char text[4096];
    memset(text, 'f', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    text[100] = text[2000] = ' ';
    cr_assert(stack_parse(text, &stack), "more digits than there can be");
}

Test(stacks, how_many_threads)
{
    static const char rest[] = "S 1 2 3 4 -1 4194560 88 0 0 0 0 0 0 0 20 0 17 0 9999 1 2 3\n";
    char text[256];
    static const char *const names[] = {"program", "a b c", ") S 1 2", "(((",
                                        ")))",     "x\ny",  "",        "\xff"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(text, sizeof text, "123 (%s) %s", names[i], rest);
        cr_assert_eq(stack_count_in(text), 17, "%s", names[i]);
    }
    cr_assert_eq(stack_count_in(""), 0);
    cr_assert_eq(stack_count_in("123 program S 1"), 0);
    cr_assert_eq(stack_count_in("123 (program"), 0);
    snprintf(text, sizeof text, "123 (p) %s", rest);
    size_t seventeen = (size_t)(strstr(text, "17 0 9999") - text);
    for (size_t length = 0; length <= seventeen; length++) {
        char cut[sizeof text];
        memcpy(cut, text, length);
        cut[length] = '\0';
        cr_assert_eq(stack_count_in(cut), 0, "%s", cut);
    }
}

static pthread_barrier_t barrier;

static void *wait_twice(void *unused)
{
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return unused;
}

Test(stacks, how_many_threads_there_are)
{
    enum { THREADS = 5 };
    pthread_t threads[THREADS];
    unsigned before = stack_thread_count();
    cr_assert_geq(before, 1);
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (unsigned i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, wait_twice, NULL), 0);
    pthread_barrier_wait(&barrier);
    cr_assert_eq(stack_thread_count(), before + THREADS);
    pthread_barrier_wait(&barrier);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void check_mappings(const char *text)
{
    bool is_list = parse(text);
    for (size_t i = 0; i < maps.count; i++) {
        const struct mapping *mapping = &maps.list[i];
        cr_assert(mapping->start < mapping->end && (mapping->readable || !mapping->writable));
        cr_assert(i == 0 || mapping[-1].end <= mapping->start);
        cr_assert_eq(maps_find(&maps, mapping->end - 1), mapping);
    }
    cr_assert(is_list || *text);
}

Test(damaged, texts_of_the_kernel)
{
    enum { ROUNDS = 10000, SIZE = 16384 };
    static char own[SIZE], stat[1024];
    struct thread_stack stack;
    unsigned lists = 0, counts = 0, stacks = 0;
    cr_assert_gt(sys_read_file("/proc/self/maps", own, sizeof own), 0);
    cr_assert_gt(sys_read_file("/proc/self/stat", stat, sizeof stat), 0);
    memcpy(own + 1000, "\n", sizeof "\n"); /* a few lines of it */
    for (unsigned round = 0; round < ROUNDS; round++) {
        char *texts[] = {mutate_text(own), mutate_text(stat),
                         mutate_text("202 0x7f00 0x80 0x0 0x0 0x0 0x0 0x7ffd10 0x7f1234\n")};
        check_mappings(texts[0]);
        lists += maps.count > 2;
        counts += stack_count_in(texts[1]) > 0;
        stacks += stack_parse(texts[2], &stack);
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            free(texts[i]);
    }
    cr_assert(lists > ROUNDS / 10 && counts > ROUNDS / 10 && stacks > ROUNDS / 10);
}

Test(filter, that_does_not_run_takes_no_memory)
{
    static const struct ranges none;
    static const struct hits harmless;
    static struct hits hits;
    cr_assert_eq(filter_run(&none, 0, &harmless, &hits), FILTER_TOO_MUCH);
    size_t before = arena_mapped();
    for (unsigned i = 0; i < 1000; i++)
        filter_run(&none, 0, &harmless, &hits);
    cr_assert_eq(arena_mapped(), before);
}
