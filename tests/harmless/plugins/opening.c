// SPDX-License-Identifier: MIT
/* Opens, closes and maps from code that can be unloaded: what it does is kept. */

/* open is to be open, not open64. */
#undef _FILE_OFFSET_BITS

#include "../observe.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* The mode's bits, and whether it is closed at exec. */
static void say_file(const char *what, int number)
{
    struct stat status;
    if (number < 0 || fstat(number, &status) != 0) {
        say("%s: %s\n", what, error_name(errno));
        return;
    }
    say("%s: %o%s\n", what, status.st_mode & 0777,
        fcntl(number, F_GETFD) & FD_CLOEXEC ? ", closed at exec" : "");
    close(number);
}

EXPORT(void, say_modes, void)
{
    mode_t before = umask(0);
    say_file("created", open("made", O_RDWR | O_CREAT | O_EXCL, 0641));
    say_file("there", open("made", O_RDWR | O_CREAT | O_EXCL, 0641));
    say_file("opened", open("made", O_RDONLY | O_CLOEXEC));
    unlink("made");
    say_file("large", open64("made", O_RDWR | O_CREAT, 0624));
    unlink("made");
    say_file("creat", creat("made", 0604));
    unlink("made");
    say_file("openat", openat(AT_FDCWD, "made", O_RDWR | O_CREAT, 0452));
    unlink("made");
    say_file("without a name", open(".", O_RDWR | O_TMPFILE, 0612));
    say_file("copy", fcntl(0, F_DUPFD_CLOEXEC, 20));
    say_file("dup3", dup3(0, 30, O_CLOEXEC));
    umask(before);
}

static void say_result(const char *what, int result)
{
    int error = errno;
    say("%s: %d %s\n", what, result, error_name(error));
}

EXPORT(void, say_errors, void)
{
    int pair[2];
    errno = 77;
    int number = open("/dev/null", O_RDONLY);
    void *there = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(number >= 0 && there != MAP_FAILED && errno == 77);
    check(munmap(there, 4096) == 0 && close(number) == 0 && errno == 77);
    say_result("open", open("/nowhere", O_RDONLY));
    say_result("close", close(number));
    say_result("dup2", dup2(number, 40));
    say("dup2 on itself: %d\n", dup2(0, 0));
    say_result("fcntl", fcntl(number, F_GETFD));
    say_result("closedir", closedir(*(DIR *volatile *)&(DIR *){NULL}));
    say_result("mmap", mmap(NULL, 0, 0, MAP_PRIVATE, -1, 0) == MAP_FAILED);
    say_result("munmap", munmap((void *)1, 4096));
    say_result("socketpair", socketpair(AF_INET, SOCK_STREAM, 0, pair));
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    number = open("locked", O_RDWR | O_CREAT, 0600);
    say_result("lock", fcntl(number, F_SETLK, &lock));
    lock.l_type = F_WRLCK;
    check(fcntl(number, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK);
    close(number);
}

static void *volatile cleaned;

static void clean(void *what)
{
    cleaned = what;
}

static int listening;
static _Atomic int waits;

static void *wait_for_caller(void *unused)
{
    int caller;
    (void)unused;
    pthread_cleanup_push(clean, &listening);
    waits = 1;
    caller = accept(listening, NULL, NULL);
    say("accepted %d\n", caller);
    pthread_cleanup_pop(0);
    return NULL;
}

/* A thread that was cancelled before it gets there is so when it enters. */
EXPORT(void, say_cancelled, void)
{
    struct sockaddr address = {.sa_family = AF_UNIX};
    pthread_t thread;
    void *result;
    listening = socket(AF_UNIX, SOCK_STREAM, 0);
    check(bind(listening, &address, sizeof address.sa_family) == 0);
    check(listen(listening, 1) == 0);
    check(pthread_create(&thread, NULL, wait_for_caller, NULL) == 0);
    while (!waits)
        sched_yield();
    check(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0);
    say("cancelled: %d, cleaned: %d\n", result == PTHREAD_CANCELED, cleaned == &listening);
    check(close(listening) == 0);
}

static _Atomic unsigned handled;

static void handle(int number)
{
    int saved_errno = errno;
    (void)number;
    int ends[2], file = open("/dev/null", O_RDONLY);
    check(file >= 0 && pipe(ends) == 0);
    close(file);
    close(ends[0]);
    close(ends[1]);
    handled++;
    errno = saved_errno;
}

static _Atomic int is_over;
static pthread_t busy;

static void *send_signals(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < 200; i++) {
        pthread_kill(busy, SIGUSR1);
        while (handled <= i)
            sched_yield();
    }
    is_over = 1;
    return NULL;
}

/* In the middle of what a handler does itself. */
EXPORT(void, say_handled, void)
{
    pthread_t thread;
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART}, before;
    busy = pthread_self();
    sigaction(SIGUSR1, &action, &before);
    check(pthread_create(&thread, NULL, send_signals, NULL) == 0);
    while (!is_over) {
        int number = open("/dev/null", O_RDONLY);
        void *there = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        check(number >= 0 && there != MAP_FAILED);
        check(munmap(there, 8192) == 0 && close(number) == 0);
    }
    pthread_join(thread, NULL);
    sigaction(SIGUSR1, &before, NULL);
    say("handled %u\n", handled);
}

/* A child of vfork closes its own copies. */
EXPORT(void, leave_open, void)
{
    int status, number = open("/dev/null", O_RDONLY);
    pid_t child = vfork();
    if (child == 0) {
        close(number);
        _exit(3);
    }
    check(waitpid(child, &status, 0) == child);
    say("child: %s, open: %d\n", status_text(status), fcntl(number, F_GETFD) >= 0);
}
