// SPDX-License-Identifier: MIT
/*
 * Defect: descriptors that this plug-in opened, and did not close.
 *
 * Consequence: nobody knows their numbers any more. Each load of the plug-in leaves one more, until
 * the process may open no more files; and the peer at the other end waits for ever.
 *
 * Report: descriptor, lost, warning; with the file or peer, and the stack of the call that opened
 * it. Where somebody else uses it (given.c): held, note.
 *
 * Fix: tidy.c.
 */
#include "plugin.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int ok(int number)
{
    return number >= 0 ? 0 : -1;
}

ENTRY(start)
{
    return ok(open("/dev/null", O_RDONLY));
}

ENTRY(start_socket)
{
    return ok(socket(AF_UNIX, SOCK_STREAM, 0));
}

ENTRY(start_pipe)
{
    int numbers[2];

    return ok(pipe(numbers));
}

ENTRY(start_stream)
{
    return fopen("/dev/null", "r") ? 0 : -1;
}

ENTRY(start_folder)
{
    return opendir("/") ? 0 : -1;
}

ENTRY(start_folder_half_closed)
{
    DIR *folder = opendir("/");

    return folder && close(dirfd(folder)) == 0 ? 0 : -1;
}

/* Two of one call: a finding that counts them. */
ENTRY(start_two)
{
    int result = 0;

    for (volatile unsigned i = 0; i < 2; i++)
        result |= ok(eventfd(0, 0));
    return result;
}

/* The original is closed: what is left is the copy. */
ENTRY(start_copy)
{
    int number = open("/dev/null", O_RDONLY);
    int copy = fcntl(number, F_DUPFD_CLOEXEC, 0);

    close(number);
    return ok(copy);
}

/* Nothing is left: each descriptor is closed by another call. */
ENTRY(open_and_close)
{
    int numbers[2], number = open("/dev/null", O_RDONLY);
    FILE *stream = fopen("/dev/null", "r"), *command = popen("true", "r");
    DIR *folder = opendir("/");

    if (number < 0 || !stream || !command || !folder || pipe(numbers) != 0)
        return -1;
    close(number);
    fclose(stream);
    closedir(folder);
    pclose(command);
    close(numbers[0]);
    close(numbers[1]);
    stream = fdopen(open("/dev/null", O_RDONLY), "r");
    return stream && fclose(stream) == 0 ? 0 : -1;
}

/* By raw system calls: nobody saw the end, but the number is free. */
ENTRY(close_raw)
{
    int number = open("/dev/null", O_RDONLY);

    return syscall(SYS_close, number) == 0 ? 0 : -1;
}
