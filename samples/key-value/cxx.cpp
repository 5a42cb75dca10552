// SPDX-License-Identifier: MIT
/*
 * Defect: objects of C++ under the host's key. The block of an object is the plug-in's, whichever
 * operator new or class of libstdc++ asked for it; and its virtual functions lie in the plug-in.
 *
 * Report: key-value about this plug-in.
 */
#include "host.h"
#include "plugin.h"

#include <new>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace
{

class Session
{
  public:
    virtual ~Session() = default;
    virtual const std::string &name() const
    {
        return text;
    }

  private:
    std::string text = SECRET;
};

class NamedSession : public Session
{
};

NamedSession fixed;

int remember(const void *value)
{
    return pthread_setspecific(host_key(), value) == 0 ? 0 : -1;
}

} // namespace

ENTRY(use_image)
{
    return remember(&fixed) == 0 ? 0 : -1;
}

ENTRY(use_new)
{
    return remember(new NamedSession) == 0 ? 0 : -1;
}

ENTRY(use_new_array)
{
    return remember(new char[1000]) == 0 ? 0 : -1;
}

ENTRY(use_new_nothrow)
{
    return remember(new (std::nothrow) NamedSession) == 0 ? 0 : -1;
}

/* The text of a string, which the string's class allocated. The string itself is kept, and
 * forgotten. */
ENTRY(use_string)
{
    static std::string *text;

    text = new std::string(SECRET);
    text->append(" and more");
    return remember(text->c_str()) == 0 ? 0 : -1;
}

ENTRY(use_vector)
{
    static std::vector<int> *numbers;

    numbers = new std::vector<int>(100, 7);
    numbers->push_back(8);
    return remember(numbers->data()) == 0 ? 0 : -1;
}

/* Nothing of this stays: an exception, and streams, which libstdc++ allocates for. */
ENTRY(use_exceptions)
{
    try {
        std::ostringstream text;

        text << SECRET << 42 << std::endl;
        throw std::runtime_error(text.str());
    } catch (const std::exception &error) {
        return error.what()[0] ? 0 : -1;
    }
}

/* The clean variant: the thread clears its value. */
ENTRY(stop)
{
    delete static_cast<Session *>(pthread_getspecific(host_key()));
    return remember(nullptr) == 0 ? 0 : -1;
}
