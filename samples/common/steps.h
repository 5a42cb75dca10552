// SPDX-License-Identifier: MIT
/* Between the parts of the host of the samples: host.c says what each step does. */
#ifndef SAMPLES_STEPS_H
#define SAMPLES_STEPS_H

/* Ends the host with status 1 and a line on stdout. */
void die(const char *what, const char *why);

/* Does one step and returns the word behind it. */
char **do_step(char **word);

/* The word behind a step. */
char **skip_step(char **word);

/* The function of an open plug-in. */
void *find_function(const char *plugin, const char *function);

/* In the thread in which a step "in T" is made: does it there, and returns the word behind it. */
char **let_do(const char *name, char **step);

/* The same without waiting for it: it comes after what the thread was sent before. */
char **send_to(const char *name, char **step);

/* Before the first plug-in is opened. */
void parking_init(void);

void step_key(char **arg);
void step_keys(char **arg);
void step_key_of(char **arg);
void step_use(char **arg);
void step_clear(char **arg);
void step_adopt(char **arg);
void step_delete(char **arg);
void step_thread(char **arg);
void step_await(char **arg);
void step_blocked(char **arg);
void step_pause(char **arg);
void step_wait(char **arg);
void step_robust(char **arg);
void step_robust_lock(char **arg);
void step_epoll_clear(char **arg);
void step_feed(char **arg);
void step_work(char **arg);
void step_resume(char **arg);
void step_return(char **arg);
void step_exit(char **arg);
void step_cancel(char **arg);
void step_wake(char **arg);
void step_wake_to_exit(char **arg);
void step_cancel_parked(char **arg);
void step_settle(char **arg);
void step_forget(char **arg);
void step_read_given(char **arg);
void step_write_given(char **arg);
void step_copy_given(char **arg);
void step_watch_given(char **arg);
void step_close_given(char **arg);
void step_close_to_given(char **arg);
void step_replace_given(char **arg);
void step_drivers(char **arg);
void step_drivers_at_exit(char **arg);
void step_fork(char **arg);
void step_fork_close(char **arg);
void step_getenv(char **arg);
void step_clearenv(char **arg);
void step_syslog(char **arg);
void step_handle(char **arg);
void step_handle_on_stack(char **arg);
void step_signal_stack(char **arg);
void step_default(char **arg);
void step_raise(char **arg);

#endif
