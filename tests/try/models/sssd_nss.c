// SPDX-License-Identifier: MIT
/* The NSS module of SSSD: a connection for each thread, made by the first call, under a key whose
 * destructor closes it when the thread ends. */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t connection;
static int last; /* of all threads: those before it are closed by their threads */

static void close_connection(void *value)
{
    close((int)(intptr_t)value - 1);
}

static void make_key(void)
{
    pthread_key_create(&connection, close_connection);
}

void lookup(void);

void lookup(void)
{
    pthread_once(&once, make_key);
    if (pthread_getspecific(connection) == NULL) {
        last = open("/dev/null", O_RDONLY);
        pthread_setspecific(connection, (void *)(intptr_t)(last + 1));
    }
}

#ifdef TIDY
__attribute__((destructor)) static void stop(void)
{
    close(last);
    pthread_key_delete(connection);
}
#endif
