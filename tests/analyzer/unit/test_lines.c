// SPDX-License-Identifier: MIT
#include "load/lines.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct seen {
    size_t count, numbers[8], lengths[8];
    bool complete[8], too_long[8];
    size_t stop_after;
};

static bool note(void *context, const struct line *line)
{
    struct seen *seen = context;

    cr_assert(seen->count < 8);
    seen->numbers[seen->count] = line->number;
    seen->lengths[seen->count] = line->length;
    seen->complete[seen->count] = line->complete;
    seen->too_long[seen->count] = line->too_long;
    seen->count++;
    return seen->count != seen->stop_after;
}

static struct seen read_text(const char *text, size_t length, size_t stop_after)
{
    struct seen seen = {.stop_after = stop_after};
    int descriptor = memfd_create("lines", MFD_CLOEXEC);

    cr_assert_eq(write(descriptor, text, length), (ssize_t)length);
    lseek(descriptor, 0, SEEK_SET);
    cr_assert_eq(lines_read(descriptor, LINES_TO_THE_END, note, &seen), 0);
    close(descriptor);
    return seen;
}

Test(lines, numbers_count_empty_lines_which_are_not_passed_on)
{
    struct seen seen = read_text("a\n\n\nbcd\n", 8, 0);

    cr_assert_eq(seen.count, 2);
    cr_assert_eq(seen.numbers[1], 4);
    cr_assert_eq(seen.lengths[1], 3);
    cr_assert(seen.complete[1]);
}

Test(lines, a_last_line_without_newline_is_incomplete)
{
    struct seen seen = read_text("a\nb", 3, 0);

    cr_assert_eq(seen.count, 2);
    cr_assert(seen.complete[0]);
    cr_assert_not(seen.complete[1]);
}

Test(lines, nul_bytes_are_bytes)
{
    struct seen seen = read_text("a\0b\n", 4, 0);

    cr_assert_eq(seen.lengths[0], 3);
}

Test(lines, the_visitor_can_stop)
{
    struct seen seen = read_text("a\nb\nc\n", 6, 2);

    cr_assert_eq(seen.count, 2);
}

Test(lines, a_line_over_the_bound_is_marked_and_the_next_is_whole)
{
    size_t length = LINE_LENGTH_MAX + 100000;
    char *text = malloc(length);
    struct seen seen;

    memset(text, 'x', length);
    text[length - 5] = text[length - 1] = '\n';
    seen = read_text(text, length, 0);
    cr_assert_eq(seen.count, 2);
    cr_assert(seen.too_long[0]);
    cr_assert_not(seen.too_long[1]);
    cr_assert_eq(seen.lengths[1], 3);
    free(text);
}

Test(lines, no_more_is_read_than_is_asked_for)
{
    struct seen seen = {0};
    int descriptor = memfd_create("lines", MFD_CLOEXEC);

    cr_assert_eq(write(descriptor, "ab\ncd\nef\n", 9), 9);
    lseek(descriptor, 0, SEEK_SET);
    cr_assert_eq(lines_read(descriptor, 5, note, &seen), 0);
    cr_assert_eq(seen.count, 2);
    cr_assert_eq(seen.lengths[1], 2);
    cr_assert_not(seen.complete[1]);
    cr_assert_eq(lseek(descriptor, 0, SEEK_CUR), 5);
    close(descriptor);
}

Test(lines, a_read_error_comes_back)
{
    struct seen seen = {0};
    int descriptor = memfd_create("lines", MFD_CLOEXEC);

    close(descriptor);
    cr_assert_eq(lines_read(descriptor, LINES_TO_THE_END, note, &seen), -EBADF);
    cr_assert_eq(seen.count, 0);
}
