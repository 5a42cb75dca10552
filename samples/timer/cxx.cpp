// SPDX-License-Identifier: MIT
/*
 * Defect: the same from C++: a class that owns a timer, whose destructor does not delete it, and a
 * lambda. start_clean() uses the class that does it right.
 *
 * Report: timer about this plug-in.
 */
#include "plugin.h"

#include <csignal>
#include <ctime>
#include <memory>

namespace
{

int ticks;

class Alarm
{
  public:
    Alarm()
    {
        struct sigevent event = {};
        struct itimerspec in_an_hour = {};

        event.sigev_notify = SIGEV_THREAD;
        event.sigev_notify_function = [](union sigval) { ticks++; };
        in_an_hour.it_value.tv_sec = 3600;
        made = timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 &&
               timer_settime(timer, 0, &in_an_hour, nullptr) == 0;
    }

    bool made;
    timer_t timer;
};

class OwnedAlarm : public Alarm
{
  public:
    ~OwnedAlarm()
    {
        if (made)
            timer_delete(timer);
    }
};

std::unique_ptr<OwnedAlarm> owned;

} // namespace

ENTRY(start)
{
    Alarm alarm;

    return alarm.made ? 0 : -1;
}

ENTRY(start_clean)
{
    owned.reset(new OwnedAlarm);
    return owned->made ? 0 : -1;
}
