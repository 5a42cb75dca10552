// SPDX-License-Identifier: MIT
/*
 * Defect: the same from C++: a copy of the handle is kept, and the class has no destructor that
 * would delete the key. start_clean() uses the class that has one.
 *
 * Report: key about this plug-in.
 */
#include "plugin.h"

#include <pthread.h>
#include <memory>
#include <stdexcept>

namespace
{

class Counter
{
  public:
    Counter()
    {
        if (pthread_key_create(&key, nullptr) != 0)
            throw std::runtime_error("no key left");
    }
    virtual ~Counter() = default;

  protected:
    pthread_key_t key;
};

class OwnedCounter : public Counter
{
  public:
    ~OwnedCounter() override
    {
        pthread_key_delete(key);
    }
};

std::unique_ptr<Counter> counter;

} // namespace

ENTRY(start)
{
    counter.reset(new Counter);
    return 0;
}

ENTRY(start_clean)
{
    counter.reset(new OwnedCounter);
    return 0;
}
