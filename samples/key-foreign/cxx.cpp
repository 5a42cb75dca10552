// SPDX-License-Identifier: MIT
/*
 * Defect: a copied handle: two objects think that the key is theirs, and each deletes it (start).
 * In between, the number is free for others. start_clean() moves it instead.
 *
 * Report: key-foreign about this plug-in.
 */
#include "plugin.h"

#include <pthread.h>
#include <utility>

namespace
{

class Key
{
  public:
    Key()
    {
        owned = pthread_key_create(&key, nullptr) == 0;
    }
    Key(const Key &) = default;
    Key(Key &&other) noexcept : key(other.key), owned(std::exchange(other.owned, false))
    {
    }
    ~Key()
    {
        if (owned)
            pthread_key_delete(key);
    }

  private:
    pthread_key_t key;
    bool owned;
};

} // namespace

ENTRY(start)
{
    Key first;
    Key second = first;

    (void)second;
    return 0;
}

ENTRY(start_clean)
{
    Key first;
    Key second = std::move(first);

    (void)second;
    return 0;
}
