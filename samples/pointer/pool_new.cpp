// SPDX-License-Identifier: MIT
/* For pool.c. */
#include <cstddef>

extern "C" {
void *pool_make(std::size_t size);
void pool_free(void *pool);
}

void *pool_make(std::size_t size)
{
    return new char[size];
}

void pool_free(void *pool)
{
    delete[] static_cast<char *>(pool);
}
