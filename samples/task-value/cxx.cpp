// SPDX-License-Identifier: MIT
/* The same from C++: the task is an object's lifetime, and ends with an exception too. */
#include "dlpin.h"
#include "plugin.h"

#include <pthread.h>
#include <stdexcept>

namespace
{
pthread_key_t tenant;

class Request
{
  public:
    explicit Request(const char *name)
    {
        dlpin_task_begin(name);
    }
    ~Request()
    {
        dlpin_task_end();
    }
    Request(const Request &) = delete;
    Request &operator=(const Request &) = delete;
};
} // namespace

ENTRY(start)
{
    int error = pthread_key_create(&tenant, nullptr);

    return error;
}

ENTRY(stop)
{
    int error = pthread_key_delete(tenant);

    return error;
}

ENTRY(use_tenant)
{
    Request request("request of a tenant");
    pthread_setspecific(tenant, "alpha");
    return 0;
}

/* The exception passes by what would have cleared the value. */
ENTRY(use_tenant_that_throws)
{
    try {
        Request request("request that fails");
        pthread_setspecific(tenant, "beta");
        if (pthread_getspecific(tenant))
            throw std::runtime_error("no");
        pthread_setspecific(tenant, nullptr);
    } catch (const std::exception &) {
        return 0;
    }
    return 0;
}

ENTRY(use_anonymous)
{
    Request request("anonymous request");
    return pthread_getspecific(tenant) == static_cast<void *>(&request);
}
