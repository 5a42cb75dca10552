// SPDX-License-Identifier: MIT
/* Leaves a key with its destructor, and a value for it in the calling thread. It has a handler for
 * SIGSEGV, too. */
#include <pthread.h>
#include <unistd.h>

static pthread_key_t key;
static int value;

static void clean_up(void *unused)
{
    (void)unused;
    value = 0;
}

int leave(void);
int leave(void)
{
    return pthread_key_create(&key, clean_up) || pthread_setspecific(key, &value);
}

int use(void);
int use(void)
{
    return value++;
}

int leave_data(void);
int leave_data(void)
{
    return 0;
}

void on_crash(int number);
void on_crash(int number)
{
    _exit(number);
}
