// SPDX-License-Identifier: MIT
/*
 * "Output, exit status, errno … stay the same": the functions of asynchronous I/O with all that
 * they may be given, in a signal handler, in a thread that is cancelled, and in a fork child.
 */
/* aio_read would be aio_read64. */
#undef _FILE_OFFSET_BITS

#include "../observe.h"

#include <aio.h>
#include <dirent.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/syscall.h>

enum { SIZE = 16, MANY = 300 };

static int channel[2];
static char *buffer; /* of a plug-in that is open, so that its requests are noted */
static volatile int handled;

static void report(const char *what, long result)
{
    say("%s: %ld, %s\n", what, result, error_name(errno));
    errno = E2BIG; /* nobody else sets it */
}

static struct aiocb request_of(int file, int opcode)
{
    struct aiocb request = {
        .aio_fildes = file, .aio_buf = buffer, .aio_nbytes = SIZE, .aio_lio_opcode = opcode};
    request.aio_sigevent.sigev_notify = SIGEV_NONE;
    return request;
}

static void feed(unsigned times)
{
    while (times--)
        check(write(channel[1], "0123456789abcdef", SIZE) == SIZE);
}

static void finish(struct aiocb *request)
{
    const struct aiocb *list[] = {request};
    while (aio_error(request) == EINPROGRESS)
        aio_suspend(list, 1, NULL);
}

static void say_ends(const char *what, struct aiocb *request)
{
    finish(request);
    errno = E2BIG;
    say("%s: error %s, ", what, error_name(aio_error(request)));
    report("result", aio_return(request));
}

static void transfers(void)
{
    struct aiocb in = request_of(channel[0], 0), out = request_of(channel[1], 0);
    report("aio_write", aio_write(&out));
    say_ends("written", &out);
    report("aio_read", aio_read(&in));
    say_ends("read", &in);
    say("%.*s\n", SIZE, buffer);
    report("aio_fsync of no operation", aio_fsync(-1, &in));
    report("aio_fsync", aio_fsync(O_SYNC, &in));
    say_ends("synchronized", &in);
    in.aio_reqprio = -1;
    report("aio_read with a bad priority", aio_read(&in));
    in = request_of(-1, 0);
    report("aio_read of no file", aio_read(&in));
    finish(&in);
    report("aio_error", aio_error(&in));
    in = request_of(channel[0], 0);
    in.aio_buf = NULL;
    feed(1);
    report("aio_read to nowhere", aio_read(&in));
    say_ends("nowhere", &in);
    check(read(channel[0], buffer, SIZE) == SIZE);
}

static void transfers_64(void)
{
    struct aiocb64 out = {.aio_fildes = channel[1], .aio_buf = buffer, .aio_nbytes = SIZE},
                   in = out;
    struct aiocb64 *both[] = {&out, &in};
    const struct aiocb64 *second[] = {NULL, &in};
    in.aio_fildes = channel[0];
    out.aio_sigevent.sigev_notify = in.aio_sigevent.sigev_notify = SIGEV_NONE;
    report("aio_read64", aio_read64(&in));
    report("aio_error64", aio_error64(&in));
    report("aio_write64", aio_write64(&out));
    while (aio_error64(&in) == EINPROGRESS)
        aio_suspend64(second, 2, NULL);
    report("aio_return64", aio_return64(&in));
    while (aio_error64(&out) == EINPROGRESS)
        usleep(1000);
    report("aio_fsync64", aio_fsync64(O_SYNC, &out));
    while (aio_error64(&out) == EINPROGRESS)
        usleep(1000);
    report("aio_cancel64", aio_cancel64(channel[1], &out));
    out.aio_lio_opcode = LIO_WRITE;
    in.aio_lio_opcode = LIO_READ;
    report("lio_listio64", lio_listio64(LIO_WAIT, both, 2, NULL));
}

static void lists(void)
{
    struct aiocb first = request_of(channel[0], LIO_READ), second = first,
                 none = request_of(channel[0], LIO_NOP), bad = request_of(channel[0], 77);
    struct aiocb *list[] = {&first, NULL, &none, &second};
    struct aiocb *worse[] = {&bad, &first};
    const struct aiocb *nothing[] = {NULL};
    struct timespec at_once = {0};
    report("a list of no mode", lio_listio(77, list, 4, NULL));
    report("an empty list", lio_listio(LIO_WAIT, list, 0, NULL));
    feed(2);
    report("a list", lio_listio(LIO_WAIT, list, 4, NULL));
    report("first", aio_return(&first));
    report("second", aio_return(&second));
    feed(2);
    report("a list with a bad one", lio_listio(LIO_WAIT, worse, 2, NULL));
    finish(&first);
    check(read(channel[0], buffer, SIZE) == SIZE);
    report("a list without waiting", lio_listio(LIO_NOWAIT, list, 4, NULL));
    report("aio_suspend for no time", aio_suspend((const struct aiocb *const *)list, 4, &at_once));
    report("aio_suspend for nothing", aio_suspend(nothing, 1, &at_once));
    report("aio_cancel of the second", aio_cancel(channel[0], &second));
    report("aio_error", aio_error(&second));
    feed(1);
    say_ends("first", &first);
    report("aio_cancel of the first", aio_cancel(channel[0], &first));
    report("aio_cancel of another file", aio_cancel(channel[1], &first));
    report("aio_cancel of all", aio_cancel(channel[0], NULL));
    report("aio_cancel of no file", aio_cancel(-1, NULL));
}

/* More than what is kept at once, of which nobody asks if they are over. */
static void many(void)
{
    struct aiocb *requests[MANY];
    int file = open("/dev/zero", O_RDONLY | O_CLOEXEC), done = 0;
    for (int i = 0; i < MANY; i++) {
        requests[i] = malloc(sizeof *requests[i]);
        *requests[i] = request_of(file, LIO_READ);
        check(aio_read(requests[i]) == 0);
    }
    for (int i = 0; i < MANY; i++) {
        finish(requests[i]);
        done += aio_return(requests[i]) == SIZE;
        free(requests[i]);
    }
    say("%d are done\n", done);
    close(file);
}

static struct aiocb watched;

static void on_signal(int number)
{
    const struct aiocb *list[] = {&watched};
    struct timespec at_once = {0};
    aio_error(&watched);
    aio_suspend(list, 1, &at_once);
    handled++;
}

static void signals(void)
{
    signal(SIGUSR1, on_signal);
    watched = request_of(channel[0], 0);
    check(aio_read(&watched) == 0);
    for (int i = 0; i < MANY; i++)
        raise(SIGUSR1);
    feed(1);
    while (*(volatile int *)&watched.__error_code == EINPROGRESS)
        usleep(1000);
    for (int i = 0; i < MANY; i++)
        raise(SIGUSR1); /* the first of them learns that it is over */
    report("watched", aio_return(&watched));
    say("%d signals\n", handled);
}

static void *wait_for_ever(void *list)
{
    while (1)
        aio_suspend(list, 1, NULL);
    return NULL;
}

static void cancellation(void)
{
    struct aiocb request = request_of(channel[0], 0), *list[] = {&request};
    pthread_t thread;
    void *result;
    check(aio_read(&request) == 0);
    pthread_create(&thread, NULL, wait_for_ever, list);
    usleep(1000);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    say("cancelled: %d\n", result == PTHREAD_CANCELED);
    feed(1);
    say_ends("after it", &request);
}

static volatile int called;

static void on_end(union sigval value)
{
    called += value.sival_int;
}

static void notifications(void)
{
    struct aiocb request = request_of(channel[0], LIO_READ), *list[] = {&request};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_value.sival_int = 1};
    event.sigev_notify_function = on_end;
    request.aio_sigevent = event;
    request.aio_sigevent.sigev_value.sival_int = 10;
    report("with notifications", lio_listio(LIO_NOWAIT, list, 1, &event));
    check(request.aio_sigevent.sigev_notify_function == on_end);
    feed(1);
    while (called != 11)
        usleep(1000);
    report("notified", aio_return(&request));
}

static bool is_reading(const char *tid)
{
    char path[300];
    long call = -1;
    snprintf(path, sizeof path, "/proc/self/task/%s/syscall", tid);
    FILE *file = fopen(path, "re");
    bool reads = file && fscanf(file, "%ld", &call) == 1 && call == SYS_read;
    if (file)
        fclose(file);
    return reads && atoi(tid) != getpid();
}

/* Until then the C library's thread may have a lock, for which a child would wait for ever. */
static void await_reader(void)
{
    for (bool any = false; !any;) {
        DIR *tasks = opendir("/proc/self/task");
        for (struct dirent *task; !any && tasks && (task = readdir(tasks));)
            any = task->d_name[0] != '.' && is_reading(task->d_name);
        if (tasks)
            closedir(tasks);
        if (!any)
            usleep(1000);
    }
}

/* The child has no thread that works on its parent's requests. */
static void child(void)
{
    struct aiocb request = request_of(channel[0], 0);
    int status;
    check(aio_read(&request) == 0);
    await_reader();
    pid_t pid = fork();
    if (pid == 0)
        _exit(aio_error(&request) == EINPROGRESS ? 3 : 4);
    waitpid(pid, &status, 0);
    say("child: %d\n", WEXITSTATUS(status));
    feed(1);
    say_ends("parent", &request);
}

int main(void)
{
    leave_something();
    buffer = symbol(open_plugin("./room.so", RTLD_NOW), "room");
    check(pipe(channel) == 0);
    errno = E2BIG;
    transfers();
    transfers_64();
    lists();
    many();
    signals();
    cancellation();
    notifications();
    child();
    return observe_status();
}
