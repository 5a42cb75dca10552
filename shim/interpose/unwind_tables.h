// SPDX-License-Identifier: MIT
/*
 * Unwind tables that modules register with the unwinder: __register_frame and its kin, of libgcc_s
 * or LLVM's libunwind.
 *
 * These functions are not interposed like others. Programs refer to them weakly, and ask whether
 * they are there; some have no unwinder until a plug-in brings one, for itself alone; and two
 * unwinders may be there, each for those that are bound to it. A function of this name that the
 * preload exports would be there always, and would have to guess whom to call. So only the GOT
 * entries that hold the unwinder's function get ours, which calls that one.
 *
 * The loader fills in a GOT when the module is loaded: the entries are changed in the first event
 * after that, and what its constructors registered before is not seen.
 */
#ifndef DLPIN_INTERPOSE_UNWIND_TABLES_H
#define DLPIN_INTERPOSE_UNWIND_TABLES_H

#include <stdint.h>

/*
 * Our functions into the GOTs of the modules that came since the last call, and of those that came
 * after the epoch `loaded_since`: when the calling thread began a dlopen that is over now, or
 * UINT64_MAX. Another thread may have been here while that one's module was not relocated yet.
 * Inside the guard.
 */
void unwind_tables_watch_new_modules(uint64_t loaded_since);

#endif
