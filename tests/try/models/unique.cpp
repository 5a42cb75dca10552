// SPDX-License-Identifier: MIT
/* A static variable of a template is STB_GNU_UNIQUE, unless -fno-gnu-unique says otherwise: the
 * loader keeps the module. */
template <typename T> struct Counter {
    static int value;
};
template <typename T> int Counter<T>::value = 1;

extern "C" int count()
{
    return ++Counter<int>::value;
}
