// SPDX-License-Identifier: MIT
/* The same from C++: an object that locks the mutex and leaves it,
 * and one that unlocks it when it ends, with the plug-in. */
#include "plugin.h"

#include <optional>
#include <pthread.h>

namespace
{
pthread_mutex_t lock;

class Holder
{
  public:
    Holder()
    {
        pthread_mutexattr_t attributes;
        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        pthread_mutex_init(&lock, &attributes);
        pthread_mutexattr_destroy(&attributes);
        pthread_mutex_lock(&lock);
    }
    Holder(const Holder &) = delete;
    Holder &operator=(const Holder &) = delete;
    void release()
    {
        pthread_mutex_unlock(&lock);
    }
};

class Tidy : public Holder
{
  public:
    ~Tidy()
    {
        release();
    }
};

std::optional<Holder> left;
std::optional<Tidy> tidy;
} // namespace

ENTRY(start)
{
    left.emplace();
    return 0;
}

ENTRY(start_clean)
{
    tidy.emplace();
    return 0;
}
