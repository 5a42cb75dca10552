// SPDX-License-Identifier: MIT
/*
 * The C++ library has something of this plug-in in a variable of its own: the stream buffer of
 * std::cout, a callback of a stream, a facet of the global locale, the default memory resource.
 * Each has an entry that takes it back.
 */
#include "plugin.h"

#include <iostream>
#include <locale>
#include <memory_resource>

namespace
{
class Sink : public std::streambuf
{
  protected:
    int overflow(int character) override
    {
        return character;
    }
};

class Resource : public std::pmr::memory_resource
{
    void *do_allocate(std::size_t size, std::size_t alignment) override
    {
        return std::pmr::new_delete_resource()->allocate(size, alignment);
    }
    void do_deallocate(void *block, std::size_t size, std::size_t alignment) override
    {
        std::pmr::new_delete_resource()->deallocate(block, size, alignment);
    }
    bool do_is_equal(const memory_resource &other) const noexcept override
    {
        return this == &other;
    }
};

class Point : public std::numpunct<char>
{
  protected:
    char do_decimal_point() const override
    {
        return ',';
    }
};

Sink sink;
Sink *made_sink;
Resource resource;
std::streambuf *before;

void on_event(std::ios_base::event, std::ios_base &, int)
{
}
} // namespace

ENTRY(use_buffer)
{
    before = std::cout.rdbuf(&sink);
    return 0;
}

ENTRY(stop_buffer)
{
    std::cout.rdbuf(before);
    return 0;
}

ENTRY(use_made_buffer)
{
    made_sink = new Sink;
    before = std::cout.rdbuf(made_sink);
    return 0;
}

ENTRY(stop_made_buffer)
{
    std::cout.rdbuf(before);
    delete made_sink;
    return 0;
}

ENTRY(use_callback)
{
    std::cerr.register_callback(on_event, 0);
    return 0;
}

/* This call removes all callbacks. */
ENTRY(stop_callback)
{
    std::cerr.copyfmt(std::ios(nullptr));
    return 0;
}

ENTRY(use_locale)
{
    std::locale::global(std::locale(std::locale::classic(), new Point));
    return 0;
}

ENTRY(stop_locale)
{
    std::locale::global(std::locale::classic());
    return 0;
}

ENTRY(use_resource)
{
    std::pmr::set_default_resource(&resource);
    return 0;
}

ENTRY(stop_resource)
{
    std::pmr::set_default_resource(nullptr);
    return 0;
}

/* An object of the plug-in whose class is the library's. */
static std::pmr::monotonic_buffer_resource resource_of_library;

ENTRY(use_resource_of_library)
{
    std::pmr::set_default_resource(&resource_of_library);
    return 0;
}
