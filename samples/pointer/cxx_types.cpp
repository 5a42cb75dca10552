// SPDX-License-Identifier: MIT
/*
 * The host has something of this plug-in that is no code and yet as dangerous: a typeinfo, alone or
 * in an exception, and objects with virtual functions among the plug-in's variables.
 */
#include "host.h"
#include "plugin.h"

#include <exception>
#include <typeinfo>

namespace
{
struct Oops {
    int code = 7;
};

struct Base {
    virtual ~Base() = default;
    virtual int draw() const
    {
        return 1;
    }
    int number = 1;
};

struct Other {
    virtual ~Other() = default;
    virtual int move() const
    {
        return 2;
    }
};

struct Both : Base, Other {
    int draw() const override
    {
        return 3;
    }
};

Base made = Base();
Both both;
int plain[4] = {1, 2, 3, 4};

/* Made when it is first used, and the module's destructors end it. */
Base &late()
{
    static Base object;
    object.number++;
    return object;
}

void give(const void *data)
{
    host_list_add(data);
}
} // namespace

ENTRY(use_typeinfo)
{
    give(&typeid(Oops));
    return 0;
}

ENTRY(use_derived_typeinfo)
{
    give(&typeid(Both));
    return 0;
}

ENTRY(use_exception)
{
    auto *kept = new std::exception_ptr(std::make_exception_ptr(Oops()));
    give(kept);
    return 0;
}

ENTRY(use_object)
{
    give(&made);
    return 0;
}

ENTRY(use_second_base)
{
    give(static_cast<Other *>(&both));
    return 0;
}

ENTRY(use_late)
{
    give(&late());
    return 0;
}

ENTRY(use_plain)
{
    give(plain);
    return 0;
}

/* Behind its first word. */
ENTRY(use_middle)
{
    give(&both.number);
    return 0;
}

ENTRY(stop)
{
    host_list_remove();
    return 0;
}
