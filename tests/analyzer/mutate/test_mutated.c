// SPDX-License-Identifier: MIT
/*
 * Reads the example report files, and programs, with bytes changed, cut, doubled and moved, from a
 * fixed seed. Whatever comes out, nothing may crash; under the sanitizers that includes leaks and
 * overruns. Bounded by time, so that it is short on any machine; what it covers is bounded below by
 * ROUNDS_MIN.
 */
#include "load/load.h"
#include "model/model.h"
#include "render/report.h"
#include "run/elf_facts.h"
#include "symbolize/build_id.h"
#include "symbolize/image.h"
#include "symbolize/symbolize.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BUILD_ID "00112233445566778899aabbccddeeff00112233"

enum { SIZE_MAX_READ = 64 << 10, CHANGES_MAX = 8, ROUNDS = 200, SEED = 20240501 };

struct bytes {
    unsigned char data[2 * SIZE_MAX_READ];
    size_t size;
};

static uint64_t random_state;

/* xorshift64*: the same numbers everywhere. */
static size_t random_below(size_t bound)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return bound == 0 ? 0 : (size_t)((random_state * 2685821657736338717u) >> 16) % bound;
}

static void change_byte(struct bytes *bytes)
{
    static const unsigned char interesting[] = "\"{}[]:,\\0-9.eE\n\xff\xc3\x00\x7f\x80";

    if (bytes->size > 0)
        bytes->data[random_below(bytes->size)] = random_below(2)
                                                     ? interesting[random_below(sizeof interesting)]
                                                     : (unsigned char)random_below(256);
}

static void cut(struct bytes *bytes)
{
    size_t at = random_below(bytes->size), length = random_below(64);

    if (length > bytes->size - at)
        length = bytes->size - at;
    memmove(bytes->data + at, bytes->data + at + length, bytes->size - at - length);
    bytes->size -= length;
}

static void repeat(struct bytes *bytes)
{
    size_t at = random_below(bytes->size), length = random_below(256);

    if (length > bytes->size - at)
        length = bytes->size - at;
    if (bytes->size + length > sizeof bytes->data)
        return;
    memmove(bytes->data + at + length, bytes->data + at, bytes->size - at);
    bytes->size += length;
}

static void truncate_bytes(struct bytes *bytes)
{
    bytes->size = random_below(bytes->size + 1);
}

/* Replaces a name, a number or an end by a hostile piece. */
static void insert_hostile(struct bytes *bytes)
{
    static const char *const pieces[] = {
        "\\u202e",
        "\xe2\x80\xae",
        "\xe2\x80\xa8",
        "\x1b[2J",
        "\\u0000",
        "99999999999999999999",
        "-1",
        "1e999",
        "[[[[[[[[[[[[",
        "{\"id\":1,\"id\":2}",
        "_Z1f1A1BIS_S_ES0_IS1_S1_E",
        "/dev/zero",
        "../../..",
        "\xff\xff\xff\xff\xff\xff\xff\x7f",
    };
    const char *piece = pieces[random_below(sizeof pieces / sizeof pieces[0])];
    size_t at = random_below(bytes->size), length = strlen(piece);

    if (bytes->size + length > sizeof bytes->data)
        return;
    /* In a binary file the rest must stay where it is. */
    if (random_below(2)) {
        memmove(bytes->data + at + length, bytes->data + at, bytes->size - at);
        bytes->size += length;
    } else if (length > bytes->size - at) {
        length = bytes->size - at;
    }
    memcpy(bytes->data + at, piece, length);
}

static void mutate(struct bytes *bytes)
{
    static void (*const changes[])(struct bytes *) = {
        change_byte, change_byte, change_byte, cut, repeat, truncate_bytes, insert_hostile};

    for (size_t left = 1 + random_below(CHANGES_MAX); left > 0; left--)
        changes[random_below(sizeof changes / sizeof changes[0])](bytes);
}

/* A file of these bytes, as a path under /proc. */
static int make_file(const struct bytes *bytes, char *path, size_t path_size)
{
    int descriptor = memfd_create("mutated", MFD_CLOEXEC);

    if (descriptor < 0 || write(descriptor, bytes->data, bytes->size) != (ssize_t)bytes->size) {
        perror("memfd");
        exit(EXIT_FAILURE);
    }
    snprintf(path, path_size, "/proc/self/fd/%d", descriptor);
    return descriptor;
}

static void read_as_report(const char *path, FILE *nowhere)
{
    struct model model = {0};
    const struct record_sink sink = model_sink(&model);
    const struct report report = {.model = &model};

    load_file(path, &sink, &model.loaded);
    model_finish(&model);
    symbolize_model(&model);
    model_sign(&model);
    render_text(nowhere, &report, true);
    render_json(nowhere, &report, false);
    model_free(&model);
}

static void look_up_variables(struct image *image, enum frame_of of, uint64_t end)
{
    for (uint64_t address = 0; address < end; address += 8) {
        struct frame frame = {.of = of};

        image_lookup(image, address, &frame);
        frame_clear(&frame);
    }
}

static void read_as_elf(int descriptor, const char *path)
{
    struct elf_facts facts;
    struct image *image;
    struct frame frame = {0};

    elf_facts_read(&facts, path);
    free(facts.sanitizer_library);
    build_id_compare(descriptor, BUILD_ID);
    image = image_open(&(struct image_file){NULL, path, BUILD_ID, ""});
    image_lookup(image, 0x1110, &frame);
    frame_clear(&frame);
    look_up_variables(image, FRAME_OF_DATA, 0x8000);
    look_up_variables(image, FRAME_OF_TLS, 0x100);
    image_close(image);
}

static void read_original(struct bytes *bytes, const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = descriptor >= 0 ? read(descriptor, bytes->data, SIZE_MAX_READ) : -1;

    if (size < 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    bytes->size = (size_t)size;
    close(descriptor);
}

static void rounds_on(const char *path, FILE *nowhere)
{
    static struct bytes original, mutated;
    bool is_elf;

    random_state = SEED; /* the same for each file, in whatever order they come */
    read_original(&original, path);
    is_elf = original.size > 4 && memcmp(original.data, "\177ELF", 4) == 0;
    for (int round = 0; round < ROUNDS; round++) {
        char name[64];
        int descriptor;

        mutated = original;
        mutate(&mutated);
        descriptor = make_file(&mutated, name, sizeof name);
        if (is_elf)
            read_as_elf(descriptor, name);
        else
            read_as_report(name, nowhere);
        close(descriptor);
    }
}

int main(void)
{
    const char *data = getenv("DLPIN_TEST_DATA"), *plain = getenv("DLPIN_TEST_PLAIN");
    const char *places = getenv("DLPIN_TEST_PLACES");
    FILE *nowhere = fopen("/dev/null", "we");
    DIR *directory = data != NULL ? opendir(data) : NULL;
    const struct dirent *entry;

    if (directory == NULL || plain == NULL || nowhere == NULL) {
        fputs("DLPIN_TEST_DATA or DLPIN_TEST_PLAIN is not set\n", stderr);
        return EXIT_FAILURE;
    }
    /* Thousands of lines about damaged records are of no use here. */
    if (freopen("/dev/null", "we", stderr) == NULL)
        return EXIT_FAILURE;
    while ((entry = readdir(directory)) != NULL) {
        char path[4096];

        snprintf(path, sizeof path, "%s/%s", data, entry->d_name);
        if (strstr(entry->d_name, ".jsonl") != NULL)
            rounds_on(path, nowhere);
    }
    closedir(directory);
    rounds_on(plain, nowhere);
    if (places != NULL)
        rounds_on(places, nowhere);
    fclose(nowhere);
    return EXIT_SUCCESS;
}
