// SPDX-License-Identifier: MIT
/* Parses each line of report files with jansson, and does nothing else: reports.py compares dlpin
 * with it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static void parse(const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t length;

    if (file == NULL)
        exit(EXIT_FAILURE);
    while ((length = getline(&line, &room, file)) > 0) {
        json_t *json = json_loadb(line, (size_t)length, JSON_REJECT_DUPLICATES, NULL);

        if (json == NULL)
            exit(EXIT_FAILURE);
        json_decref(json);
    }
    free(line);
    fclose(file);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        parse(argv[i]);
    return argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
