// SPDX-License-Identifier: MIT
/*
 * Defect: the same from C++: a class that owns a key and forgets to delete it, and a lambda as the
 * destructor. start_clean() uses the class that does it right.
 *
 * Report: key-destructor about this plug-in.
 */
#include "plugin.h"

#include <pthread.h>
#include <memory>

namespace
{

int ended;

class Slot
{
  public:
    Slot()
    {
        made = pthread_key_create(&key, [](void *) { ended++; }) == 0;
    }

    bool made;
    pthread_key_t key;
};

class OwnedSlot : public Slot
{
  public:
    ~OwnedSlot()
    {
        if (made)
            pthread_key_delete(key);
    }
};

std::unique_ptr<OwnedSlot> owned;

} // namespace

ENTRY(start)
{
    Slot slot;

    return slot.made ? 0 : -1;
}

ENTRY(start_clean)
{
    owned.reset(new OwnedSlot);
    return owned->made ? 0 : -1;
}
