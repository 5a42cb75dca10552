// SPDX-License-Identifier: MIT
/* The same from C++: an object that registers its tables, and one that deregisters them, too. */
#include "plugin.h"

#include <optional>

extern "C" {
#include "tables.h"
}

namespace
{
int sum;

void add()
{
    sum++;
}

class Tables
{
  public:
    Tables()
    {
        tables.common.length = 20;
        tables.common.version = 1;
        tables.common.code_alignment = 1;
        tables.common.data_alignment = 0x78;
        tables.common.return_register = RETURN_REGISTER;
        tables.function.length = 20;
        tables.function.to_common = 28;
        tables.function.start = reinterpret_cast<const void *>(add);
        tables.function.size = 1;
        __register_frame(&tables);
    }
    Tables(const Tables &) = delete;
    Tables &operator=(const Tables &) = delete;
    void forget()
    {
        __deregister_frame(&tables);
    }

  private:
    struct tables tables = {};
};

class Tidy : public Tables
{
  public:
    ~Tidy()
    {
        forget();
    }
};

std::optional<Tables> left;
std::optional<Tidy> tidy;
} // namespace

ENTRY(start)
{
    left.emplace();
    return 0;
}

ENTRY(start_clean)
{
    tidy.emplace();
    return 0;
}
