// SPDX-License-Identifier: MIT
/*
 * Defect: the same from C++: objects under a key whose destructor would delete them, but the key is
 * deleted first.
 *
 * Report: key-orphan about this plug-in.
 */
#include "plugin.h"

#include <pthread.h>
#include <string>

namespace
{

class Key
{
  public:
    explicit Key(void (*destructor)(void *))
    {
        made = pthread_key_create(&key, destructor) == 0;
    }
    ~Key()
    {
        if (made)
            pthread_key_delete(key);
    }
    bool made;
    pthread_key_t key;
};

/* Goes with the plug-in. */
Key session([](void *value) { delete static_cast<std::string *>(value); });

} // namespace

ENTRY(use)
{
    return pthread_setspecific(session.key, new std::string(SECRET)) == 0 ? 0 : -1;
}

ENTRY(use_end)
{
    delete static_cast<std::string *>(pthread_getspecific(session.key));
    return pthread_setspecific(session.key, nullptr) == 0 ? 0 : -1;
}
