// SPDX-License-Identifier: MIT
/* Parses each line of a report file with jansson, and does nothing else: reports.py compares dlpin
 * with it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "re") : NULL;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;

    if (file == NULL)
        return EXIT_FAILURE;
    while ((length = getline(&line, &room, file)) > 0) {
        json_t *json = json_loadb(line, (size_t)length, JSON_REJECT_DUPLICATES, NULL);

        if (json == NULL)
            return EXIT_FAILURE;
        json_decref(json);
    }
    free(line);
    fclose(file);
    return EXIT_SUCCESS;
}
