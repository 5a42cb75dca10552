// SPDX-License-Identifier: MIT
#include "gate/day.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

static int day_of(int year, int month, int day)
{
    return (year * 100 + month) * 100 + day;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

int day_parse(const char *text, size_t length)
{
    static const char form[] = "dddd-dd-dd";
    int numbers[3] = {0}, part = 0;

    if (length != strlen(form))
        return 0;
    for (size_t i = 0; i < length; i++) {
        if (form[i] == '-' && text[i] == '-')
            part++;
        else if (form[i] == 'd' && text[i] >= '0' && text[i] <= '9')
            numbers[part] = numbers[part] * 10 + text[i] - '0';
        else
            return 0;
    }
    if (numbers[1] < 1 || numbers[1] > 12 || numbers[2] < 1 ||
        numbers[2] > days_in(numbers[0], numbers[1]))
        return 0;
    return day_of(numbers[0], numbers[1], numbers[2]);
}

int day_today(void)
{
    time_t now = time(NULL);
    struct tm local;

    if (localtime_r(&now, &local) == NULL)
        return 0;
    return day_of(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
}
