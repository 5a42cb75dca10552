// SPDX-License-Identifier: MIT
/*
 * The report file, as the shim writes it and the analyzer reads it: the one header that they share.
 *
 * JSON Lines, UTF-8; one object a line, each with "type". dlpin-report(5) is the description for
 * users. Addresses (pc, base, end, address) are strings of the form "0x7f12…", because JSON numbers
 * end at 2^53; offsets, sizes, counts, ids and times are JSON integers. A time is nanoseconds on
 * CLOCK_MONOTONIC since the header's "started".
 *
 * Kinds, verdicts and severities are tables here, so that the shim, the analyzer, the man page and
 * the tests cannot disagree. A kind is added with a row here, a rule (rule_KIND in shim/rules), a
 * sample with its clean twin, and an entry in dlpin-report(5); a test checks that all of them are
 * there.
 */
#ifndef DLPIN_REPORT_FORMAT_H
#define DLPIN_REPORT_FORMAT_H

#define DLPIN_REPORT_FORMAT "dlpin-report"
#define DLPIN_REPORT_VERSION 1

/* Severities in rising order: a gate compares them with <. X(enumerator, "name") */
#define DLPIN_SEVERITIES(X) \
    X(NOTE, "note")         \
    X(WARNING, "warning")   \
    X(ERROR, "error")

/* X(enumerator, "name", "what it means, in one line") */
#define DLPIN_VERDICTS(X)                                                                      \
    X(DANGLING, "dangling", "the module is unmapped, and something live still points into it") \
    X(PINNED, "pinned", "the module is still mapped; something keeps it, or nobody closed it") \
    X(LOST, "lost", "memory or a slot that nobody can give back any more")                     \
    X(HELD, "held", "something that the module made is still in use elsewhere")                \
    X(STALE, "stale", "a value crossed from one task into the next")                           \
    X(MISUSE, "misuse", "a call that harms another module's state")

/*
 * The kinds that this version finds.
 * X(enumerator, "name", "title", "object" of the subject, "verdict severity, ...")
 *
 * A title is a few words that name what was done or not done. The module is named beside it, and
 * may be unloaded or still mapped.
 *
 * Last come the pairs of verdict and severity that a finding may have; a warning may also be a
 * note. (Of a module that is closed and still mapped nothing dangles: then it is held.)
 */
#define DLPIN_KINDS(X)                                                                             \
    X(KEY_DESTRUCTOR, "key-destructor", "pthread key left with its destructor in the module",      \
      "key", "dangling error, held warning")                                                       \
    X(KEY, "key", "pthread key left by the module", "key", "lost warning, held warning")           \
    X(KEY_VALUE, "key-value", "thread left with a value of the module", "value",                   \
      "dangling error, dangling note, lost warning, held warning")                                 \
    X(KEY_ORPHAN, "key-orphan", "pthread key deleted while threads had values for it", "key",      \
      "lost warning")                                                                              \
    X(KEY_FOREIGN, "key-foreign", "pthread key deleted that was none of the module's live keys",   \
      "key", "misuse error, misuse warning")                                                       \
    X(THREAD_ROUTINE, "thread-routine", "thread left that runs the module's code", "thread",       \
      "dangling error, held warning")                                                              \
    X(THREAD_ARGUMENT, "thread-argument", "thread left with an argument of the module", "thread",  \
      "dangling error, dangling note, held warning")                                               \
    X(THREAD_REQUESTED, "thread-requested", "thread left that a library started for the module",   \
      "thread", "held note")                                                                       \
    X(THREAD_STACK, "thread-stack", "thread inside the module", "frame",                           \
      "dangling error, dangling warning")                                                          \
    X(THREAD_BLOCKED, "thread-blocked", "thread left waiting in a call with memory of the module", \
      "wait", "dangling error, dangling warning")                                                  \
    X(ROBUST_MUTEX, "robust-mutex", "robust mutex of the module left locked", "mutex",             \
      "dangling error")                                                                            \
    X(EXIT_HANDLER, "exit-handler", "exit handler left in the module", "registration",             \
      "dangling error, held warning")                                                              \
    X(FORK_HANDLER, "fork-handler", "fork handler left in the module", "registration",             \
      "dangling error, held warning")                                                              \
    X(TIMER, "timer", "timer or notification left that calls the module", "registration",          \
      "dangling error, dangling warning, lost warning, held warning")                              \
    X(ASYNC_IO, "async-io", "asynchronous I/O of the module left in flight", "registration",       \
      "dangling error, held warning")                                                              \
    X(HOOK, "hook", "hook of a library left in the module", "registration",                        \
      "dangling error, held warning")                                                              \
    X(ENVIRONMENT, "environment", "environment variable left in the module", "registration",       \
      "dangling error, held warning")                                                              \
    X(POINTER, "pointer", "memory left that points into the module", "pointer",                    \
      "dangling warning")                                                                          \
    X(REGISTRY, "registry", "entry left in a library's registry", "entry", "dangling error")       \
    X(HEAP_LOST, "heap-lost", "heap memory left that nothing reaches", "heap", "lost warning")     \
    X(HEAP_HELD, "heap-held", "heap memory left that something still reaches", "heap",             \
      "held note")                                                                                 \
    X(TASK_VALUE, "task-value", "thread-specific value left for the next task", "task",            \
      "stale warning")                                                                             \
    X(SIGNAL_HANDLER, "signal-handler", "signal handler left in the module", "signal",             \
      "dangling error, held warning")                                                              \
    X(SIGNAL_STACK, "signal-stack", "signal stack left in the module", "registration",             \
      "dangling error, held warning")                                                              \
    X(UNWIND_FRAMES, "unwind-frames", "unwind tables left registered", "registration",             \
      "dangling error, held warning")                                                              \
    X(EPOLL, "epoll", "epoll entry left that points into the module", "registration",              \
      "dangling warning, held warning")                                                            \
    X(DESCRIPTOR, "descriptor", "descriptor left open", "descriptor", "lost warning, held note")   \
    X(MAPPING, "mapping", "memory left mapped", "mapping", "lost warning, held note")              \
    X(STILL_MAPPED, "still-mapped", "module closed and still mapped", "module", "pinned warning")  \
    X(TLS_DESTRUCTOR, "tls-destructor", "module kept mapped by thread_local objects", "module",    \
      "pinned warning")                                                                            \
    X(HANDLE, "handle", "opened with dlopen, never closed", "module", "pinned note")

/* When a finding was made. X(enumerator, "name") */
#define DLPIN_OCCASIONS(X) \
    X(DLCLOSE, "dlclose")  \
    X(EVENT, "event")      \
    X(REQUEST, "request")  \
    X(EXIT, "exit")

/* Why a module that was closed stays mapped. X(enumerator, "name") */
#define DLPIN_REASONS(X)                \
    X(HANDLE, "handle")                 \
    X(DEPENDENCY, "dependency")         \
    X(RELOCATION, "relocation")         \
    X(NODELETE, "nodelete")             \
    X(UNIQUE_SYMBOL, "unique-symbol")   \
    X(TLS_DESTRUCTOR, "tls-destructor") \
    X(STARTUP, "startup")               \
    X(UNKNOWN, "unknown")

/*
 * Why the library does not come into a program that a process started: "why" in "unfollowed" of a
 * coverage record. X(enumerator, "name", "what it means, after the program's name")
 */
#define DLPIN_UNFOLLOWED(X)                                                                    \
    X(STATIC, "static", "statically linked, no loader will load libdlpin.so")                  \
    X(FOREIGN, "foreign", "of another architecture or C library than libdlpin.so")             \
    X(PRIVILEGED, "privileged",                                                                \
      "set-user-ID, set-group-ID or with file capabilities, the loader ignores LD_PRELOAD")    \
    X(UNREADABLE, "unreadable", "its file cannot be read, or is of no known format")           \
    X(NO_LIBRARY, "no-library", "its user, in its root folder, cannot read libdlpin.so")       \
    X(NO_REPORT, "no-report", "its user, in its root folder, cannot write a report")           \
    X(NO_ROOM, "no-room", "there was no room to put LD_PRELOAD back into its environment")     \
    X(UNSURE, "unsure", "without LD_PRELOAD, and its path depends on the folder it starts in") \
    X(SHELL, "shell", "system() or popen() started it, and the environment has no LD_PRELOAD") \
    X(ELSEWHERE, "elsewhere", "its DLPIN_OPTIONS has another log_path, or none")

/* States of a module record. X(enumerator, "name") */
#define DLPIN_MODULE_STATES(X) \
    X(LOADED, "loaded")        \
    X(CLOSED, "closed")        \
    X(UNLOADED, "unloaded")

/* States of a request record. X(enumerator, "name") */
#define DLPIN_REQUEST_STATES(X) \
    X(BEGUN, "begun")           \
    X(DONE, "done")             \
    X(REFUSED, "refused")

/*
 * A request is a signal (check_signal) to a thread, with this si_code and a token in si_uid that
 * comes back in the records. si_value says which system call the thread waits in: in bits 48 to 62
 * its number, below them the address after the instruction; and in bit 63 whether it may be begun
 * anew. si_errno is 0, or the id of a module that is to be supposed to be unloaded, or, with
 * REQUEST_WHY, of one for which the answer says why it is mapped. It contains no secret; the kernel
 * decides who may send it.
 */
#define DLPIN_REQUEST_CODE (-0x646c)
#define DLPIN_REQUEST_WHY 0x40000000U
#define DLPIN_REQUEST_CALL_SHIFT 48
#define DLPIN_REQUEST_CALL_MASK 0x7fffUL
#define DLPIN_REQUEST_ANEW (1UL << 63)

#define DLPIN_ENUM_ROW(prefix, name, ...) prefix##_##name,
#define DLPIN_SEVERITY_ROW(name, ...) DLPIN_ENUM_ROW(SEVERITY, name)
#define DLPIN_VERDICT_ROW(name, ...) DLPIN_ENUM_ROW(VERDICT, name)
#define DLPIN_KIND_ROW(name, ...) DLPIN_ENUM_ROW(KIND, name)
#define DLPIN_OCCASION_ROW(name, ...) DLPIN_ENUM_ROW(AT, name)
#define DLPIN_UNFOLLOWED_ROW(name, ...) UNFOLLOWED_##name,
#define DLPIN_MODULE_STATE_ROW(name, ...) DLPIN_ENUM_ROW(MODULE, name)
#define DLPIN_REQUEST_STATE_ROW(name, ...) DLPIN_ENUM_ROW(REQUEST, name)
#define DLPIN_REASON_ROW(name, ...) DLPIN_ENUM_ROW(REASON, name)

enum severity { DLPIN_SEVERITIES(DLPIN_SEVERITY_ROW) SEVERITY_COUNT };
enum verdict { DLPIN_VERDICTS(DLPIN_VERDICT_ROW) VERDICT_COUNT };
enum kind { DLPIN_KINDS(DLPIN_KIND_ROW) KIND_COUNT };
enum occasion { DLPIN_OCCASIONS(DLPIN_OCCASION_ROW) AT_COUNT };
enum reason { DLPIN_REASONS(DLPIN_REASON_ROW) REASON_COUNT };
enum request_state { DLPIN_REQUEST_STATES(DLPIN_REQUEST_STATE_ROW) REQUEST_STATE_COUNT };
enum unfollowed {
    DLPIN_UNFOLLOWED(DLPIN_UNFOLLOWED_ROW) UNFOLLOWED_COUNT,
    UNFOLLOWED_NOT = UNFOLLOWED_COUNT, /* the library comes into it */
    UNFOLLOWED_ABSENT,                 /* there is no such program */
    UNFOLLOWED_LOADER,                 /* the loader: its arguments say what it does */
};
enum module_state { DLPIN_MODULE_STATES(DLPIN_MODULE_STATE_ROW) MODULE_STATE_COUNT };

/* clang-format off: the lists below are tables. */
/*
 * Record types and their fields. Those marked "?" are absent or null where there is nothing to say.
 * Readers ignore unknown types and fields.
 *
 * header    format version tool pid ppid exe argv[] started(RFC 3339) arch libc options
 * module    pid time id path soname? identity?(where the option alias= gives it) build_id? base
 *           end load opener?(frame) state
 *           common?(true: it acts for others)
 *           kept?("fix", "prevent": by that option it stays mapped)
 * reloads   pid time module(id) count(of further loads of its file that were unloaded and that no
 *           record names; a later one of this module replaces it)
 * finding   pid time id kind verdict severity module(id) module_path message
 *           cause consequence fix(the parts of message) at count bytes?
 * blocks? members?[{name count module}](what several findings with one cause are about)
 * more_members?(so many are not listed) skipped? growing? loads[](load numbers) label? pending?
 *           suppressed?(true: by the library's own option) subject stack[](frames)
 *           path?[{from,via,to}] signature
 * resolved  pid time finding(id) how
 * request   pid time token state findings(that hold now)
 * supposed  pid time token, and the members of a finding that would be if a module were unloaded,
 *           or closed and stayed (dlpin why)
 * crash     pid time signal signal_name address module(the unloaded one) offset symbol?
 *           predicted_by(finding id, or null) stack[](frames; the first is where it died, and no
 *           return address: with another pc than address it read or wrote there)
 * coverage  pid time hooks{heap: bool, function: false} dropped{what: count} unseen[](sentences)
 *           unfollowed?[{program why count}](programs that it started, and that the library does
 *           not come into) killed?[{signal signal_name count}](its children that died of a signal)
 * summary   pid time findings kinds{} verdicts{} severities{}
 *           ended("exit", "_exit", "quick_exit", "exec", "confined")
 *
 * frame     {"pc":"0x…","module":id|null,"offset":int,"symbol":string|null}
 *           offset is relative to the module's load bias: a virtual address of its ELF file. pc is
 * a return address, but in the members of "subject" it is an entry point.
 *
 * subject   object  "key":    key destructor?(frame) owner?(module id) requester?(module id)
 *                             keys_live keys_max
 *                   "value":  key tid thread_name address where("image"|"block") block_bytes?
 *                             owner? requester? destructor?(frame)
 *                   "pointer": slot in("data"|"tls"|"block") slot_module? slot_symbol? block_bytes?
 *                             tid? thread_name? address where("image") target("code"|"vtable"|
 *                             "data") function(frame) owner? requester?
 *                   "entry":  like "pointer", with library(module id) call(that enters)
 *                             remove?(the call that removes)
 *                   "heap":   address(one of them) blocks bytes hanging_blocks hanging_bytes
 *                             owner? requester?
 *                   "thread": tid thread_name function?(frame) via?(frame) argument? where?
 *                             block_bytes? owner? requester?
 *                   "frame":  tid thread_name returns_to(frame: a return address) slot?(where that
 *                             lies on the stack) unwound(bool: unwinding led there)
 *                   "wait":   tid thread_name call("futex", "read", …) address where("image")
 *                             target("data") function(frame: the variable there)
 *                   "mutex":  tid thread_name address where("image") target("data")
 *                             function(frame: the variable there)
 *                   "registration": call("on_exit", …) name? tid? thread_name? function?(frame)
 *                             address? where?("image"|"block") owner? requester?
 *                   "task":   key tid thread_name address task(name of the one that set the value)
 *                             reader?(of the one that read it) tasks(that left a value here)
 *                             owner? requester?
 *                   "signal": signal signal_name function(frame) owner? requester?
 *                   "descriptor": number call("socket", …) name?(of what is open there: a path,
 *                             "socket:[1234]") owner? requester?
 *                   "mapping": address bytes call("mmap", "shmat") owner? requester?
 *                   "module": reasons[] more_reasons?(so many are left out) reopened?(bool)
 *                             replaced?(bool: its file is another one by now) owner? requester?
 *
 * reason    reason, and for "handle" handles opens(dlopen calls that gave them out), "dependency"
 *           module(the holder), "relocation" module symbol(the one that is bound)
 *           dependency?(true: it came with the module that it holds), "nodelete"
 *           by("DF_1_NODELETE"|"RTLD_NODELETE"), "unique-symbol" symbol, "tls-destructor" tid?
 *           thread_name? pending(how many; 0: it has run them) symbol?(of the first object)
 *           address?(likewise) function?(frame: its destructor)
 *
 * path      steps {"from":node,"via":int,"to":node,"leaves"?:true}, root first; {"skipped":int}
 *           stands for so many that are left out. via: where in the node, or in its symbol, the
 *           pointer lies. leaves: "to" is the first block on the way that the module made.
 * node      what    "data":     address(of the word) module offset(in the file) symbol?
 *                   "tls":      address module offset(in the TLS segment) symbol? tid thread_name
 *                   "value":    address key tid thread_name
 *                   "argument", "signal-stack", "stack": address tid thread_name
 *                   "kernel":   address descriptor?(of an epoll entry; else a signal has it)
 *                   "mapping":  address
 *                   "block":    address bytes owner? common? frame?(the call that made it)
 *                   "image":    address module offset symbol? target
 *
 * A finding with "pending":true counts unless a later finding or resolved record has its id: it was
 * written before an unmapping that could kill the process. A finding record whose id was seen
 * before replaces the earlier one (its count has grown, or its severity has risen). One that was
 * resolved has no later record: if it is found again, it has a new id and the same signature.
 *
 * Ids begin anew with each process image: exec keeps the pid and opens a new file (".1"). In a file
 * that a fork child shares with its parent they are unique per pid only, so readers key everything
 * by file, pid and id. The last summary of a process counts: one that stands before an exec that
 * failed is followed by another.
 */
/* clang-format on */

#endif
