// SPDX-License-Identifier: MIT
/* Every rule: what it must find, and what comes near and must not be found. */
#include "base/options.h"
#include "ownership/common.h"
#include "registry/heap.h"
#include "registry/left_values.h"
#include "rules/rule.h"
#include "rules/rules.h"
#include "rules/words.h"
#include "scan/target.h"
#include "support.h"

#include <errno.h>
#include <string.h>

static struct module *gone, *there, *glib;

static void make_modules(void)
{
    gone = support_module("gone.so", 1, MODULE_UNLOADED);
    there = support_module("there.so", 2, MODULE_LOADED);
    glib = support_module("libglib-2.0.so.0", 3, MODULE_LOADED);
    common_classify(glib);
    heap_init(true);
}

static struct frame in(struct module *module)
{
    return (struct frame){module->start + 0x10, module};
}

static struct finding finding;

/* True if the rule finds something; then `message` and `whole` have its words, and check_references
 * gives back all that it took. */
static struct message message;
static struct text whole;

/* Each part is one sentence: no full stop but the last one. */
static void check_sentence(const struct text *part)
{
    const char *words = text_string(part);
    cr_assert(part->length > 20 && !part->failed, "too short: %s", words);
    cr_assert(part->data[part->length - 1] == '.' && part->data[part->length - 2] != '.', "%s",
              words);
    cr_assert_null(strstr(words, ". "), "two sentences: %s", words);
}

static void check_parts(void)
{
    check_sentence(&message.cause);
    check_sentence(&message.consequence);
    check_sentence(&message.fix);
}

static bool finds(enum kind kind, const struct subject *subject)
{
    finding = (struct finding){.kind = kind, .object = object_make(kind)};
    message_free(&message);
    text_free(&whole);
    rules[kind]->class->identify(subject, &finding.object);
    if (!rules[kind]->match(subject, &finding))
        return false;
    rules_explain(&finding, &message);
    message_join(&whole, &message);
    check_parts();
    return true;
}

static void is(enum verdict verdict, enum severity severity, const struct module *module)
{
    cr_assert_eq(finding.verdict, verdict);
    cr_assert_eq(finding.severity, severity);
    cr_assert_eq(finding.module, module);
    finding_release(&finding);
    cr_assert_eq(gone->references, 0, "the finding gives back what it took");
    cr_assert_eq(there->references, 0);
    cr_assert_eq(glib->references, 0);
}

static void says(const char *words)
{
    cr_assert_not_null(strstr(text_string(&whole), words), "'%s' is not in: %s", words,
                       text_string(&whole));
}

TestSuite(key_rules, .init = make_modules);
TestSuite(value_rules, .init = make_modules);
TestSuite(thread_rules, .init = make_modules);
TestSuite(sweep, .init = make_modules);

static const struct subject *key_of(struct module *destructor, struct module *owner)
{
    static struct key key;
    static struct subject subject = {.class = &key_class, .key = {.number = 5, .key = &key}};
    key = (struct key){.generation = 1, .owner = owner};
    if (destructor)
        key.destructor = in(destructor);
    return &subject;
}

Test(key_rules, a_destructor_in_an_unloaded_module)
{
    cr_assert(finds(KIND_KEY_DESTRUCTOR, key_of(gone, gone)));
    says("gone.so was unloaded");
    says("key 5");
    is(VERDICT_DANGLING, SEVERITY_ERROR, gone);
    cr_assert(finds(KIND_KEY_DESTRUCTOR, key_of(gone, there)));
    says("in there.so, which created the key");
    is(VERDICT_DANGLING, SEVERITY_ERROR, gone);
    cr_assert(finds(KIND_KEY_DESTRUCTOR, key_of(gone, NULL)));
    is(VERDICT_DANGLING, SEVERITY_ERROR, gone);
    cr_assert_not(finds(KIND_KEY_DESTRUCTOR, key_of(there, gone)));
    cr_assert_not(finds(KIND_KEY_DESTRUCTOR, key_of(NULL, gone)));
    cr_assert_not(finds(KIND_KEY_DESTRUCTOR, key_of(there, there)));
}

Test(key_rules, a_key_that_nobody_can_delete)
{
    cr_assert(finds(KIND_KEY, key_of(NULL, gone)));
    says("1024");
    is(VERDICT_LOST, SEVERITY_WARNING, gone);
    cr_assert(finds(KIND_KEY, key_of(there, gone)));
    says("without deleting it");
    is(VERDICT_LOST, SEVERITY_WARNING, gone);
    cr_assert_not(finds(KIND_KEY, key_of(gone, gone)), "that is key-destructor");
    cr_assert_not(finds(KIND_KEY, key_of(NULL, there)));
    cr_assert_not(finds(KIND_KEY, key_of(NULL, NULL)));
}

static struct key was;
static struct deletion deletion;
static struct thread some_thread;
static struct value some_value;

static const struct subject *deletion_of(struct module *owner, struct module *deleter)
{
    static struct subject subject = {.class = &deletion_class, .deletion = &deletion};
    was = (struct key){.generation = 1, .owner = owner};
    struct stack *stack = support_stack((struct module *[]){deleter, NULL});
    module_unref(deleter);
    deletion = (struct deletion){
        .number = 5,
        .serial = 1,
        .was = &was,
        .stack = stack,
        .deleter_named = true,
    };
    return &subject;
}

Test(key_rules, values_without_their_key)
{
    struct left_values *left = arena_alloc(sizeof *left + sizeof left->blocks[0]);
    struct subject subject = {.class = &left_values_class, .left_values = left};
    left->number = 5;
    left->serial = 1;
    left->was = (struct key){.generation = 1, .owner = there, .destructor = in(there)};
    left->stack = support_stack((struct module *[]){there, NULL});
    module_unref(there);
    left->before_exit = true;
    left->count = 3;
    left->blocks[0] =
        (struct left_block){.start = 0x4000, .value = 0x4010, .size = 64, .site = 1, .tid = 77};
    strcpy(left->thread_name, "worker");
    cr_assert(finds(KIND_KEY_ORPHAN, &subject));
    says("and 2 more");
    says("\"worker\"");
    says("4010");
    says("64 bytes");
    says("will not run");
    cr_assert_eq(finding.bytes, 64);
    cr_assert(finding.before_exit);
    is(VERDICT_LOST, SEVERITY_WARNING, there);
    left->was.destructor = (struct frame){0};
    left->before_exit = false;
    cr_assert(finds(KIND_KEY_ORPHAN, &subject));
    cr_assert_not(finding.before_exit, "that is decided when it is reported");
    is(VERDICT_LOST, SEVERITY_NOTE, there);
}

Test(key_rules, a_key_of_another_module)
{
    const struct subject *subject = deletion_of(there, glib);
    struct module *other = support_module("other.so", 4, MODULE_LOADED);
    cr_assert(finds(KIND_KEY_FOREIGN, deletion_of(there, other)));
    says("there.so");
    is(VERDICT_MISUSE, SEVERITY_WARNING, other);
    cr_assert(finds(KIND_KEY_FOREIGN, subject));
    finding.severity = SEVERITY_ERROR;
    message_free(&message);
    text_free(&whole);
    rules_explain(&finding, &message);
    message_join(&whole, &message);
    says("has used the key since");
    is(VERDICT_MISUSE, SEVERITY_ERROR, other);
    deletion.deleter_named = false;
    cr_assert_not(finds(KIND_KEY_FOREIGN, subject), "it cannot be told who called");
    cr_assert_not(finds(KIND_KEY_FOREIGN, deletion_of(there, there)), "its own");
    cr_assert_not(finds(KIND_KEY_FOREIGN, deletion_of(gone, other)), "the owner is gone");
    cr_assert_not(finds(KIND_KEY_FOREIGN, deletion_of(NULL, other)), "nobody knows whose");
    subject = deletion_of(there, other);
    was.requester = other;
    cr_assert_not(finds(KIND_KEY_FOREIGN, subject), "it was made on its behalf");
}

Test(key_rules, a_key_that_is_not_live)
{
    const struct subject *subject = deletion_of(NULL, there);
    deletion.error = EINVAL;
    cr_assert(finds(KIND_KEY_FOREIGN, subject));
    says("not live");
    is(VERDICT_MISUSE, SEVERITY_WARNING, there);
    deletion.number = 0;
    cr_assert(finds(KIND_KEY_FOREIGN, subject));
    says("never created");
    finding_release(&finding);
    deletion.stack = NULL;
    deletion.error = ENOMEM;
    cr_assert_not(finds(KIND_KEY_FOREIGN, subject));
}

static struct key key;
static struct site made_at;
static struct target target;

static const struct subject *value_of(enum target_kind kind, struct module *destructor)
{
    static struct subject subject = {.class = &value_class,
                                     .value = {.number = 6,
                                               .key = &key,
                                               .thread = &some_thread,
                                               .value = &some_value,
                                               .target = &target}};
    key = (struct key){.generation = 1, .owner = there};
    if (destructor)
        key.destructor = in(destructor);
    made_at = (struct site){.number = 1, .owner = in(gone), .requester = in(gone)};
    some_thread.tid = 4711;
    some_value.pointer = (void *)0x4000;
    target = (struct target){.kind = kind,
                             .module = gone,
                             .block = {.start = 0x4000, .size = 48, .site = 1},
                             .site = &made_at};
    return &subject;
}

Test(value_rules, into_the_image)
{
    cr_assert(finds(KIND_KEY_VALUE, value_of(TARGET_IMAGE, NULL)));
    says("thread 4711");
    says("0x4000");
    says("key 6");
    is(VERDICT_DANGLING, SEVERITY_ERROR, gone);
    cr_assert(finds(KIND_KEY_VALUE, value_of(TARGET_IMAGE, there)));
    says("destructor");
    is(VERDICT_DANGLING, SEVERITY_ERROR, gone);
}

Test(value_rules, a_block_of_the_module)
{
    cr_assert(finds(KIND_KEY_VALUE, value_of(TARGET_BLOCK, NULL)));
    says("48 bytes");
    says("no destructor");
    is(VERDICT_LOST, SEVERITY_WARNING, gone);
    cr_assert(finds(KIND_KEY_VALUE, value_of(TARGET_BLOCK, gone)));
    says("destructor was unloaded");
    is(VERDICT_LOST, SEVERITY_WARNING, gone);
    cr_assert(finds(KIND_KEY_VALUE, value_of(TARGET_BLOCK, there)));
    says("will be given it");
    is(VERDICT_HELD, SEVERITY_NOTE, gone);
}

Test(value_rules, what_is_none)
{
    cr_assert_not(finds(KIND_KEY_VALUE, value_of(TARGET_NONE, NULL)));
    struct subject subject = *value_of(TARGET_IMAGE, NULL);
    subject.value.target = NULL;
    cr_assert_not(finds(KIND_KEY_VALUE, &subject));
    const struct subject *librarys = value_of(TARGET_BLOCK, NULL);
    key.owner = glib;
    made_at.owner = in(glib);
    cr_assert_not(finds(KIND_KEY_VALUE, librarys), "a common library's own value");
    key.owner = there;
    cr_assert(finds(KIND_KEY_VALUE, librarys), "its block for somebody else's key");
    is(VERDICT_LOST, SEVERITY_WARNING, gone);
}

static struct thread thread;

static const struct subject *thread_of(struct module *routine, struct module *requester)
{
    static struct subject subject = {.class = &thread_class,
                                     .thread = {.thread = &thread, .target = &target}};
    thread = (struct thread){.serial = 1,
                             .tid = 4711,
                             .seen_to_start = true,
                             .routine = in(routine),
                             .requester = requester};
    target = (struct target){.kind = TARGET_NONE};
    subject.closing = false;
    subject.candidate = NULL;
    return &subject;
}

Test(thread_rules, a_routine_in_an_unloaded_module)
{
    cr_assert(finds(KIND_THREAD_ROUTINE, thread_of(gone, NULL)));
    says("thread 4711");
    cr_assert_not(finding.pending);
    is(VERDICT_DANGLING, SEVERITY_ERROR, gone);
    const struct subject *subject = thread_of(gone, there);
    thread.via = in(glib);
    cr_assert(finds(KIND_THREAD_ROUTINE, subject));
    says("by way of");
    is(VERDICT_DANGLING, SEVERITY_ERROR, gone);
    cr_assert_not(finds(KIND_THREAD_ROUTINE, thread_of(there, gone)));
}

Test(thread_rules, a_module_that_is_being_closed)
{
    struct subject subject = *thread_of(there, NULL);
    subject.closing = true;
    subject.candidate = there;
    cr_assert(finds(KIND_THREAD_ROUTINE, &subject));
    cr_assert(finding.pending);
    says("is being closed");
    is(VERDICT_DANGLING, SEVERITY_ERROR, there);
    cr_assert_not(finds(KIND_THREAD_ARGUMENT, &subject));
    cr_assert_not(finds(KIND_THREAD_REQUESTED, &subject));
    subject.candidate = glib;
    cr_assert_not(finds(KIND_THREAD_ROUTINE, &subject));
}

Test(thread_rules, an_argument)
{
    const struct subject *subject = thread_of(there, NULL);
    cr_assert_not(finds(KIND_THREAD_ARGUMENT, subject));
    thread.argument_image = gone;
    cr_assert(finds(KIND_THREAD_ARGUMENT, subject));
    says("unmapped");
    is(VERDICT_DANGLING, SEVERITY_ERROR, gone);
    thread.argument_image = there;
    cr_assert_not(finds(KIND_THREAD_ARGUMENT, subject));
    thread.argument_image = NULL;
    thread.argument_site = 1;
    target = (struct target){.kind = TARGET_BLOCK, .module = gone, .block = {0x4000, 48, 1, 0}};
    cr_assert(finds(KIND_THREAD_ARGUMENT, subject));
    says("48 bytes");
    is(VERDICT_HELD, SEVERITY_WARNING, gone);
    target.site = &(struct site){.owner = in(gone)};
    cr_assert(finds(KIND_THREAD_ARGUMENT, subject));
    target.site = &(struct site){.owner = in(there)};
    cr_assert_not(finds(KIND_THREAD_ARGUMENT, subject), "made by the library that started it");
    target.site = NULL;
    target.block.site = 2;
    cr_assert_not(finds(KIND_THREAD_ARGUMENT, subject), "another block at its address");
    thread.routine = in(gone);
    target.block.site = 1;
    cr_assert_not(finds(KIND_THREAD_ARGUMENT, subject), "that is thread-routine");
}

Test(thread_rules, on_behalf_of_an_unloaded_module)
{
    cr_assert(finds(KIND_THREAD_REQUESTED, thread_of(there, gone)));
    says("on its behalf");
    is(VERDICT_HELD, SEVERITY_NOTE, gone);
    cr_assert_not(finds(KIND_THREAD_REQUESTED, thread_of(there, NULL)));
    cr_assert_not(finds(KIND_THREAD_REQUESTED, thread_of(there, glib)));
    cr_assert_not(finds(KIND_THREAD_REQUESTED, thread_of(gone, gone)), "that is thread-routine");
    const struct subject *subject = thread_of(there, gone);
    thread.argument_image = gone;
    cr_assert_not(finds(KIND_THREAD_REQUESTED, subject), "that is thread-argument");
}

Test(words, phrases, .init = make_modules)
{
    struct text text = {0};
    word_module(&text, gone);
    text_add(&text, ", ");
    gone->load = 3;
    word_module(&text, gone);
    text_add(&text, ", ");
    word_module(&text, NULL);
    cr_assert_str_eq(text.data, "gone.so, gone.so (load 3), code outside of any module");
    text_free(&text);
    word_function(&text, &(struct frame){0x1234, NULL});
    text_add(&text, " ");
    word_function(&text, &(struct frame){there->start + 0x20, there});
    cr_assert_str_eq(text.data, "0x1234 there.so+0x20");
    text_free(&text);
    word_thread(&text, &(struct finding){.tid = 7, .thread_name = "worker"});
    word_thread(&text, &(struct finding){0});
    word_bytes(&text, 0);
    word_bytes(&text, 12);
    cr_assert_str_eq(text.data, "thread 7 \"worker\"a thread that is about to starta block"
                                "a block of 12 bytes");
    text_free(&text);
}

static unsigned seen[KIND_COUNT];
static struct object last;

static void sink(struct finding *found, void *data)
{
    seen[found->kind]++;
    last = found->object;
    finding_release(found);
}

static bool knows_all(const struct object *object)
{
    return true;
}

Test(sweep, a_row_for_every_kind)
{
    for (unsigned kind = 0; kind < KIND_COUNT; kind++)
        cr_assert(rules[kind]->match && rules[kind]->explain && rules[kind]->class->identify &&
                  rules[kind]->class->write_subject);
}

Test(sweep, keys_and_values)
{
    const char *how;
    keys[5] = (struct key){.generation = 3, .owner = gone};
    keys[6] = (struct key){.generation = 2, .owner = gone};
    keys_end = 7;
    rules_check(true, NULL, sink, NULL);
    cr_assert_eq(seen[KIND_KEY], 1, "one is live");
    cr_assert_eq(seen[KIND_KEY_DESTRUCTOR], 0);
    cr_assert(last.kind == KIND_KEY && last.key.number == 5 && last.key.generation == 3);
    cr_assert(rules_still_holds(&last, &how));
    rules_check(true, knows_all, sink, NULL);
    cr_assert_eq(seen[KIND_KEY], 1, "what is known is not made again");
    keys[5].generation = 4;
    cr_assert_not(rules_still_holds(&last, &how));
    cr_assert_str_eq(how, "the key was deleted");
    rules_check(true, NULL, sink, NULL);
    cr_assert_eq(seen[KIND_KEY], 1);
}

Test(sweep, real_values_and_what_becomes_of_them)
{
    const char *how;
    support_start();
    struct plugin plugin = support_open("plugin");
    keys[5] = (struct key){.generation = 1, .owner = there};
    keys[6] = (struct key){.generation = 1, .owner = there};
    keys_end = 7;
    thread_set_value(5, &plugin.data[2], 0);
    thread_set_value(6, &plugin.data[2], 0);
    keys[6].generation = 3;
    rules_check(true, NULL, sink, NULL);
    cr_assert_eq(seen[KIND_KEY_VALUE], 0);
    support_close(&plugin);
    rules_check(true, NULL, sink, NULL);
    cr_assert_eq(seen[KIND_KEY_VALUE], 1, "the other is of a key that is gone");
    cr_assert(last.kind == KIND_KEY_VALUE && last.value.key == 5);
    cr_assert(rules_still_holds(&last, &how));
    thread_set_value(5, NULL, 0);
    cr_assert_not(rules_still_holds(&last, &how));
    cr_assert_str_eq(how, "the value was replaced");
    thread_set_value(5, &plugin.data[2], 0);
    rules_check(true, NULL, sink, NULL);
    cr_assert_eq(seen[KIND_KEY_VALUE], 1, "set after the unload: it cannot point into it");
}

Test(sweep, a_thread_and_a_module_that_closes)
{
    const char *how;
    support_start();
    struct thread *started = thread_prepare(0, 0);
    started->routine = in(there);
    rules_check_closing(gone, sink, NULL);
    cr_assert_eq(seen[KIND_THREAD_ROUTINE], 0);
    rules_check_closing(there, sink, NULL);
    cr_assert_eq(seen[KIND_THREAD_ROUTINE], 1);
    cr_assert(rules_still_holds(&last, &how));
    started->routine = in(gone);
    rules_check(true, NULL, sink, NULL);
    cr_assert_eq(seen[KIND_THREAD_ROUTINE], 2);
    thread_end(started);
    rules_check(true, NULL, sink, NULL);
    cr_assert_eq(seen[KIND_THREAD_ROUTINE], 2);
    cr_assert_not(rules_still_holds(&last, &how));
    cr_assert_str_eq(how, "the thread ended");
}

Test(sweep, what_a_deletion_left_behind_is_found_until_it_is_freed)
{
    const char *how;
    void *block = support_block(32, 2);
    keys[5] = (struct key){.generation = 1, .owner = there, .destructor = in(there)};
    thread_set_value(5, block, 0);
    cr_assert(left_values_note(&(struct left_values){
        .number = 5,
        .serial = 1,
        .was = {.generation = 1, .owner = module_ref(there), .destructor = in(there)}}));
    rules_check(true, NULL, sink, NULL);
    cr_assert_eq(seen[KIND_KEY_ORPHAN], 1);
    cr_assert(last.kind == KIND_KEY_ORPHAN && last.left_values.serial == 1);
    cr_assert(rules_still_holds(&last, &how));
    heap_forget(block);
    cr_assert_not(rules_still_holds(&last, &how));
    cr_assert_str_eq(how, "the memory was freed");
    rules_check(true, NULL, sink, NULL);
    cr_assert_eq(seen[KIND_KEY_ORPHAN], 1);
    cr_assert_not(left_values_any());
}

Test(sweep, a_deletion_of_no_key)
{
    was = (struct key){.generation = 1, .owner = there, .destructor = in(there)};
    deletion = (struct deletion){.number = 5, .serial = 1, .was = &was};
    rules_check_deletion(&deletion, sink, NULL);
    cr_assert_eq(seen[KIND_KEY_FOREIGN], 0);
    deletion.error = EINVAL;
    rules_check_deletion(&deletion, sink, NULL);
    cr_assert_eq(seen[KIND_KEY_FOREIGN], 1);
}

Test(sweep, more_findings_than_there_was_room_for)
{
    for (unsigned i = 0; i < KEYS_MAX; i++)
        keys[i] = (struct key){.generation = 1, .owner = gone};
    keys_end = KEYS_MAX;
    rules_check(true, NULL, sink, NULL);
    cr_assert_eq(seen[KIND_KEY], KEYS_MAX);
    cr_assert_eq(gone->references, 0);
}
