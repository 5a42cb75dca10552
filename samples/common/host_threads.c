// SPDX-License-Identifier: MIT
/* The steps of host.c that have to do with threads: the host's own, and those of plug-ins. */
#include "host.h"
#include "steps.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS_MAX 8
#define STEPS_MAX 16

struct worker {
    const char *name; /* NULL: this place is free */
    pthread_t thread;
    _Atomic pid_t tid;
    sem_t go, done;
    char **steps[STEPS_MAX]; /* what to do next; NULL: end */
    int first, behind;
    bool is_waited_for; /* the last one is */
    char **next;        /* the word after it */
    bool end_by_exit;
};

static struct worker workers[THREADS_MAX];

/* ---- threads of the host ---- */

static void *work(void *argument)
{
    struct worker *w = argument;

    w->tid = (pid_t)syscall(SYS_gettid);
    for (;;) {
        char **step;

        while (sem_wait(&w->go) != 0)
            ;
        step = w->steps[w->first++ % STEPS_MAX];
        if (!step)
            break;
        w->next = do_step(step);
        if (w->is_waited_for && w->first == w->behind)
            sem_post(&w->done);
    }
    if (w->end_by_exit)
        pthread_exit(NULL);
    return NULL;
}

static struct worker *find_worker(const char *name)
{
    for (struct worker *w = workers; w < workers + THREADS_MAX; w++)
        if (w->name && strcmp(w->name, name) == 0)
            return w;
    die(name, "no such thread");
    return NULL;
}

void step_thread(char **arg)
{
    struct worker *w = workers;

    while (w < workers + THREADS_MAX && w->name)
        w++;
    if (w == workers + THREADS_MAX)
        die(arg[0], "too many threads");
    w->name = arg[0];
    sem_init(&w->go, 0, 0);
    sem_init(&w->done, 0, 0);
    if (pthread_create(&w->thread, NULL, work, w) != 0)
        die(arg[0], "cannot be started");
    pthread_setname_np(w->thread, arg[0]);
}

/* Only one thread gives steps to another. */
static void enqueue(struct worker *w, char **step)
{
    w->steps[w->behind++ % STEPS_MAX] = step;
    sem_post(&w->go);
}

char **let_do(const char *name, char **step)
{
    struct worker *w = find_worker(name);

    w->is_waited_for = true;
    enqueue(w, step);
    sem_wait(&w->done);
    w->is_waited_for = false;
    return w->next;
}

char **send_to(const char *name, char **step)
{
    enqueue(find_worker(name), step);
    return skip_step(step);
}

static void end_worker(const char *name, bool by_exit)
{
    struct worker *w = find_worker(name);

    w->end_by_exit = by_exit;
    enqueue(w, NULL);
    pthread_join(w->thread, NULL);
    w->name = NULL;
}

void step_return(char **arg)
{
    end_worker(arg[0], false);
}

void step_exit(char **arg)
{
    end_worker(arg[0], true);
}

void step_cancel(char **arg)
{
    struct worker *w = find_worker(arg[0]);

    pthread_cancel(w->thread);
    pthread_join(w->thread, NULL);
    w->name = NULL;
}

/* ---- threads of plug-ins, which wait in the host ---- */

static struct {
    pthread_mutex_t lock;
    int count;
    bool end_by_exit;
    pthread_t threads[THREADS_MAX];
    sem_t arrived, woken;
} parked = {.lock = PTHREAD_MUTEX_INITIALIZER};

void parking_init(void)
{
    sem_init(&parked.arrived, 0, 0);
    sem_init(&parked.woken, 0, 0);
}

static void park(void)
{
    pthread_mutex_lock(&parked.lock);
    if (parked.count == THREADS_MAX)
        die("park", "too many threads");
    parked.threads[parked.count++] = pthread_self();
    pthread_mutex_unlock(&parked.lock);
    sem_post(&parked.arrived);
    while (sem_wait(&parked.woken) != 0)
        ;
}

void host_park(void)
{
    park();
    pthread_exit(NULL);
}

void host_arrive(void)
{
    sem_post(&parked.arrived);
}

void host_sleep(unsigned seconds)
{
    sem_post(&parked.arrived);
    sleep(seconds);
}

void host_await(void)
{
    while (sem_wait(&parked.arrived) != 0)
        ;
}

void *host_service(void *argument)
{
    (void)argument;
    park();
    if (parked.end_by_exit)
        pthread_exit(NULL);
    return NULL;
}

int host_service_c11(void *argument)
{
    host_service(argument);
    return 0;
}

/* ---- threads that wait in the host, and go on ---- */

static sem_t resumed; /* all 0 is one that nobody has posted */

void host_pause(void)
{
    sem_post(&parked.arrived);
    while (sem_wait(&resumed) != 0)
        ;
}

void host_resume(void)
{
    sem_post(&resumed);
}

void host_work(void)
{
    static volatile unsigned long done;

    sem_post(&parked.arrived);
    for (;;)
        done++;
}

void step_work(char **arg)
{
    (void)arg;
    host_work();
}

int host_call(int (*function)(void))
{
    int result = function();

    return result;
}

/* "room" covers values that other functions left on the stack. */
void step_pause(char **arg)
{
    volatile char room[16384];

    (void)arg;
    room[0] = 0;
    host_pause();
    room[0]++;
}

void step_await(char **arg)
{
    (void)arg;
    host_await();
}

/* A lock of the C library, or of whoever is in front of it, is nothing that a thread waits for
 * here: a semaphore, a mutex or a condition of the host or of a plug-in is. */
static bool is_of_samples(const void *futex)
{
    Dl_info object, libc, front;

    return dladdr(futex, &object) && dladdr(stdout, &libc) &&
           dladdr(dlsym(RTLD_DEFAULT, "malloc"), &front) && object.dli_fbase != libc.dli_fbase &&
           object.dli_fbase != front.dli_fbase;
}

/* The first line of that file of the thread, see proc(5); "": it has ended. */
static void read_of_thread(pid_t tid, const char *name, char *line, int size)
{
    char path[64];
    FILE *file;

    snprintf(path, sizeof path, "/proc/self/task/%d/%s", (int)tid, name);
    file = fopen(path, "re");
    if (!file)
        die(path, strerror(errno));
    if (!fgets(line, size, file))
        line[0] = 0;
    fclose(file);
}

/* The file has the number of the system call that the thread sleeps in, and its arguments. */
static bool is_waiting(pid_t tid, const void *futex)
{
    static const long calls[] = {SYS_read,  SYS_readv,       SYS_recvfrom,  SYS_recvmsg,
                                 SYS_ppoll, SYS_epoll_pwait, SYS_nanosleep, SYS_clock_nanosleep,
#ifdef SYS_poll
                                 SYS_poll,  SYS_epoll_wait
#endif
    };
    char line[256];
    unsigned long argument;
    long number;

    read_of_thread(tid, "syscall", line, sizeof line);
    if (sscanf(line, "%ld %lx", &number, &argument) != 2)
        return false;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (number == calls[i])
            return true;
    return number == SYS_futex &&
           (futex ? argument == (unsigned long)futex : is_of_samples((const void *)argument));
}

void host_await_blocked(pid_t tid, const void *futex)
{
    while (!is_waiting(tid, futex))
        usleep(1000);
}

/* The state follows the name, which is in brackets. */
static char state_of(pid_t tid)
{
    char line[256];
    const char *name_end;

    read_of_thread(tid, "stat", line, sizeof line);
    name_end = strrchr(line, ')');
    return name_end ? name_end[2] : '?';
}

static bool all_others_wait(void)
{
    DIR *tasks = opendir("/proc/self/task");
    bool all = tasks;

    for (struct dirent *task; all && (task = readdir(tasks)) != NULL;) {
        pid_t tid = (pid_t)atoi(task->d_name);
        all = tid == 0 || tid == gettid() || state_of(tid) == 'S';
    }
    if (tasks)
        closedir(tasks);
    return all;
}

void host_await_others(void)
{
    while (!all_others_wait())
        usleep(1000);
}

void step_blocked(char **arg)
{
    pid_t tid;

    host_await(); /* by now the thread has said who it is */
    tid = strcmp(arg[0], "main") == 0 ? getpid() : find_worker(arg[0])->tid;
    host_await_blocked(tid, NULL);
}

void step_resume(char **arg)
{
    (void)arg;
    host_resume();
}

void step_wake(char **arg)
{
    (void)arg;
    for (int i = 0; i < parked.count; i++)
        sem_post(&parked.woken);
    for (int i = 0; i < parked.count; i++)
        pthread_join(parked.threads[i], NULL);
    parked.count = 0;
}

void step_wake_to_exit(char **arg)
{
    parked.end_by_exit = true;
    step_wake(arg);
}

void step_cancel_parked(char **arg)
{
    (void)arg;
    for (int i = 0; i < parked.count; i++) {
        pthread_cancel(parked.threads[i]);
        pthread_join(parked.threads[i], NULL);
    }
    parked.count = 0;
}

/* A detached thread cannot be joined, and is there for a while after its routine has returned. */
void step_settle(char **arg)
{
    long tasks = 0;

    (void)arg;
    while (tasks != 1) {
        struct stat task;

        if (stat("/proc/self/task", &task) != 0)
            die("/proc/self/task", strerror(errno));
        tasks = (long)task.st_nlink - 2; /* one folder per thread */
        sched_yield();
    }
}
