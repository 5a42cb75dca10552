// SPDX-License-Identifier: MIT The same in C++: a lambda; and another lambda, which an object
// removes at the unload.
#include "notices.h"
#include "plugin.h"

#include <memory>

namespace
{

class Subscription
{
    notices_function *function;

  public:
    explicit Subscription(notices_function *which) : function(which)
    {
        notices_subscribe(function);
    }
    ~Subscription()
    {
        notices_unsubscribe(function);
    }
};

std::unique_ptr<Subscription> subscription;

} // namespace

ENTRY(start)
{
    int error = notices_subscribe([] { return 0; });

    return error;
}

ENTRY(start_object)
{
    subscription = std::make_unique<Subscription>([] { return 0; });
    return 0;
}
