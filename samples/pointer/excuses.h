// SPDX-License-Identifier: MIT
#ifndef SAMPLES_EXCUSES_H
#define SAMPLES_EXCUSES_H

#include <exception>

void excuses_keep(std::exception_ptr excuse);

#endif
