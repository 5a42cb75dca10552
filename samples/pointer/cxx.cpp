// SPDX-License-Identifier: MIT
/* The same from C++: an object whose virtual function table lies in the plug-in stays in the host's
 * list. */
#include "host.h"
#include "plugin.h"

namespace
{
class Widget
{
  public:
    virtual ~Widget() = default;
    virtual int draw() const
    {
        return size;
    }

  private:
    int size = 3;
};

const Widget *widget;
} // namespace

ENTRY(use_object)
{
    widget = new Widget;
    host_list_add(widget);
    return 0;
}

ENTRY(stop)
{
    host_list_remove();
    delete widget;
    return 0;
}
