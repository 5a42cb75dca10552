// SPDX-License-Identifier: MIT
#include "ownership/cfi.h"
#include "modules/modules.h"
#include "ownership/cfi_expression.h"
#include "ownership/cfi_table.h"

#include <string.h>

enum rule_type {
    UNCHANGED,
    UNDEFINED,
    AT_OFFSET,
    IS_OFFSET,
    IN_REGISTER,
    AT_EXPRESSION,
    IS_EXPRESSION
};

/* Small, for a program has some hundred of them, and may be on a small stack. */
struct rule {
    unsigned type : 3;    /* enum rule_type */
    unsigned length : 29; /* of the expression */
    int32_t number; /* the offset from the CFA, the register, or where the expression begins, from
                       the entry's own instructions */
};

struct row {
    struct rule cfa; /* IN_REGISTER with `offset`, or IS_EXPRESSION */
    int64_t offset;
    struct rule registers[CFI_REGISTERS];
};

enum { REMEMBERED_MAX = 2 }; /* compilers do not nest them */

struct program {
    const struct cfi_entry *entry;
    struct caller_words *stack; /* NULL: another thread's */
    struct row row, initial, remembered[REMEMBERED_MAX];
    unsigned depth;
    uintptr_t location;
    bool failed;
};

/* The tables may hold any numbers: no overflow is undefined. */
static int64_t multiply(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

static struct rule make_rule(struct program *program, enum rule_type type, int64_t number)
{
    program->failed |= number != (int32_t)number;
    return (struct rule){.type = type, .number = (int32_t)number};
}

static void set_rule(struct program *program, uint64_t number, struct rule rule)
{
    if (number < CFI_REGISTERS)
        program->row.registers[number] = rule; /* else one that nothing here depends on */
}

static void set_offset(struct program *program, uint64_t number, enum rule_type type,
                       int64_t factored)
{
    set_rule(program, number,
             make_rule(program, type, multiply(factored, program->entry->data_factor)));
}

static void restore(struct program *program, uint64_t number)
{
    if (number < CFI_REGISTERS)
        program->row.registers[number] = program->initial.registers[number];
}

static void define_cfa(struct program *program, uint64_t number, int64_t offset)
{
    program->row.cfa = make_rule(program, IN_REGISTER, (int64_t)number);
    program->row.offset = offset;
}

static struct rule take_expression(struct program *program, enum rule_type type,
                                   struct cfi_bytes *bytes)
{
    enum { LENGTH_MAX = 1 << 16 };
    uint64_t length = cfi_uleb(bytes);
    if (length > (uint64_t)(bytes->end - bytes->at) || length > LENGTH_MAX) {
        bytes->failed = true;
        length = 0;
    }
    struct rule rule = make_rule(program, type, bytes->at - program->entry->own.at);
    rule.length = length & (LENGTH_MAX | (LENGTH_MAX - 1));
    bytes->at += length;
    return rule;
}

static struct cfi_bytes expression_of(const struct program *program, const struct rule *rule)
{
    const unsigned char *start = program->entry->own.at + rule->number;
    return (struct cfi_bytes){start, start + rule->length, false};
}

static void remember(struct program *program)
{
    if (program->depth < REMEMBERED_MAX)
        program->remembered[program->depth++] = program->row;
    else
        program->failed = true;
}

/* By the standard this restores the rules of the registers alone; all compilers mean that of the
 * CFA, too. */
static void recall(struct program *program)
{
    if (program->depth > 0)
        program->row = program->remembered[--program->depth];
    else
        program->failed = true;
}

enum {
    OP_ADVANCE = 0x40, /* with an operand in the lower six bits, as the next two */
    OP_OFFSET = 0x80,
    OP_RESTORE = 0xc0,
    OP_NOP = 0x00,
    OP_ADVANCE_1 = 0x02,
    OP_ADVANCE_2,
    OP_ADVANCE_4,
    OP_OFFSET_EXTENDED,
    OP_RESTORE_EXTENDED,
    OP_UNDEFINED,
    OP_SAME_VALUE,
    OP_REGISTER,
    OP_REMEMBER,
    OP_RECALL,
    OP_CFA,
    OP_CFA_REGISTER,
    OP_CFA_OFFSET,
    OP_CFA_EXPRESSION,
    OP_EXPRESSION,
    OP_OFFSET_SIGNED,
    OP_CFA_SIGNED,
    OP_CFA_OFFSET_SIGNED,
    OP_VALUE_OFFSET,
    OP_VALUE_OFFSET_SIGNED,
    OP_VALUE_EXPRESSION,
    OP_SIGNED_RETURN = 0x2d, /* aarch64: the return address has a signature from here on, or not */
    OP_ARGUMENTS_SIZE = 0x2e,
};

static void advance(struct program *program, uint64_t delta)
{
    program->location += delta * program->entry->code_factor;
}

static void run_cfa(struct program *program, unsigned op, struct cfi_bytes *code)
{
    int64_t factor = program->entry->data_factor;
    uint64_t number = op == OP_CFA || op == OP_CFA_SIGNED || op == OP_CFA_REGISTER
                          ? cfi_uleb(code)
                          : (uint64_t)program->row.cfa.number;
    switch (op) {
    case OP_CFA:
    case OP_CFA_OFFSET:
        define_cfa(program, number, (int64_t)cfi_uleb(code));
        break;
    case OP_CFA_SIGNED:
    case OP_CFA_OFFSET_SIGNED:
        define_cfa(program, number, multiply(cfi_sleb(code), factor));
        break;
    case OP_CFA_REGISTER:
        define_cfa(program, number, program->row.offset);
        break;
    default:
        program->row.cfa = take_expression(program, IS_EXPRESSION, code);
    }
}

/* Runs an instruction that begins with a register's number. */
static void run_register(struct program *program, unsigned op, struct cfi_bytes *code)
{
    uint64_t number = cfi_uleb(code);
    switch (op) {
    case OP_OFFSET_EXTENDED:
        set_offset(program, number, AT_OFFSET, (int64_t)cfi_uleb(code));
        break;
    case OP_OFFSET_SIGNED:
        set_offset(program, number, AT_OFFSET, cfi_sleb(code));
        break;
    case OP_VALUE_OFFSET:
        set_offset(program, number, IS_OFFSET, (int64_t)cfi_uleb(code));
        break;
    case OP_VALUE_OFFSET_SIGNED:
        set_offset(program, number, IS_OFFSET, cfi_sleb(code));
        break;
    case OP_RESTORE_EXTENDED:
        restore(program, number);
        break;
    case OP_UNDEFINED:
    case OP_SAME_VALUE:
        set_rule(program, number,
                 (struct rule){.type = op == OP_UNDEFINED ? UNDEFINED : UNCHANGED});
        break;
    case OP_REGISTER:
        set_rule(program, number, make_rule(program, IN_REGISTER, (int64_t)cfi_uleb(code)));
        break;
    default:
        set_rule(
            program, number,
            take_expression(program, op == OP_EXPRESSION ? AT_EXPRESSION : IS_EXPRESSION, code));
    }
}

static void run_instruction(struct program *program, unsigned op, struct cfi_bytes *code)
{
    switch (op) {
    case OP_NOP:
    case OP_SIGNED_RETURN:
        break;
    case OP_ADVANCE_1:
    case OP_ADVANCE_2:
    case OP_ADVANCE_4:
        advance(program, cfi_fixed(code, 1U << (op - OP_ADVANCE_1)));
        break;
    case OP_REMEMBER:
        remember(program);
        break;
    case OP_RECALL:
        recall(program);
        break;
    case OP_CFA:
    case OP_CFA_SIGNED:
    case OP_CFA_REGISTER:
    case OP_CFA_OFFSET:
    case OP_CFA_OFFSET_SIGNED:
    case OP_CFA_EXPRESSION:
        run_cfa(program, op, code);
        break;
    case OP_ARGUMENTS_SIZE:
        cfi_uleb(code);
        break;
    case OP_OFFSET_EXTENDED:
    case OP_RESTORE_EXTENDED:
    case OP_UNDEFINED:
    case OP_SAME_VALUE:
    case OP_REGISTER:
    case OP_EXPRESSION:
    case OP_OFFSET_SIGNED:
    case OP_VALUE_OFFSET:
    case OP_VALUE_OFFSET_SIGNED:
    case OP_VALUE_EXPRESSION:
        run_register(program, op, code);
        break;
    default:
        program->failed = true;
    }
}

/* Runs until the location is after `wanted`. */
static void run(struct program *program, struct cfi_bytes code, uintptr_t wanted)
{
    while (code.at < code.end && !program->failed) {
        unsigned byte = (unsigned)cfi_fixed(&code, 1), operand = byte & 0x3f;
        switch (byte & 0xc0) {
        case OP_ADVANCE:
            advance(program, operand);
            break;
        case OP_OFFSET:
            set_offset(program, operand, AT_OFFSET, (int64_t)cfi_uleb(&code));
            break;
        case OP_RESTORE:
            restore(program, operand);
            break;
        default:
            run_instruction(program, byte, &code);
        }
        program->failed |= code.failed;
        if (program->location > wanted)
            return;
    }
}

#if defined(__x86_64__)
const unsigned cfi_saved_registers[CFI_SAVED] = {3, CFI_FP, 12, 13, 14, 15};
#else
const unsigned cfi_saved_registers[CFI_SAVED] = {19, 20, 21, 22, 23,     24,
                                                 25, 26, 27, 28, CFI_FP, CFI_PC};
#endif

static bool is_kept(unsigned number)
{
    for (unsigned i = 0; i < CFI_SAVED; i++)
        if (cfi_saved_registers[i] == number)
            return true;
    return false;
}

static enum cfi_outcome find_cfa(const struct cfi_frame *frame, const struct program *program,
                                 uintptr_t *cfa)
{
    const struct row *row = &program->row;
    if (row->cfa.type == IS_EXPRESSION)
        return cfi_evaluate(frame, program->stack, expression_of(program, &row->cfa), NULL, cfa);
    if (row->cfa.type != IN_REGISTER || (uint64_t)row->cfa.number >= CFI_REGISTERS)
        return CFI_NO_TABLE;
    if (!cfi_knows(frame, (unsigned)row->cfa.number))
        return CFI_NO_REGISTER;
    *cfa = frame->registers[row->cfa.number] + (uintptr_t)row->offset;
    return CFI_STEPPED;
}

/* Finds the caller's register: in memory at *at, or, with *at 0, *value. */
static enum cfi_outcome locate(const struct cfi_frame *frame, const struct program *program,
                               const struct rule *rule, uintptr_t cfa, uintptr_t *at,
                               uintptr_t *value)
{
    enum cfi_outcome outcome = CFI_STEPPED;
    *at = 0;
    if (rule->type == AT_OFFSET)
        *at = cfa + (uintptr_t)rule->number;
    else if (rule->type == IS_OFFSET)
        *value = cfa + (uintptr_t)rule->number;
    else if (rule->type == AT_EXPRESSION)
        outcome = cfi_evaluate(frame, program->stack, expression_of(program, rule), &cfa, at);
    else if (rule->type == IS_EXPRESSION)
        outcome = cfi_evaluate(frame, program->stack, expression_of(program, rule), &cfa, value);
    else if (rule->type == IN_REGISTER && (uint64_t)rule->number < CFI_REGISTERS &&
             cfi_knows(frame, (unsigned)rule->number))
        *value = frame->registers[rule->number];
    else
        outcome = CFI_NO_REGISTER;
    if (outcome == CFI_STEPPED && *at && !cfi_read_word(program->stack, *at, value))
        outcome = CFI_NO_MEMORY;
    return outcome;
}

static uintptr_t without_signature(uintptr_t pc)
{
#if defined(__aarch64__)
    __asm__("mov x30, %0\n\thint #7\n\tmov %0, x30" : "+r"(pc) : : "x30"); /* xpaclri */
#endif
    return pc;
}

static void restore_registers(const struct cfi_frame *frame, const struct program *program,
                              uintptr_t cfa, struct cfi_frame *caller)
{
    const struct row *row = &program->row;
    for (unsigned i = 0; i < CFI_REGISTERS; i++) {
        const struct rule *rule = &row->registers[i];
        uintptr_t at = 0, value = 0;
        if (rule->type == UNCHANGED && is_kept(i) && cfi_knows(frame, i))
            cfi_set(caller, i, frame->registers[i]);
        else if (rule->type != UNCHANGED && rule->type != UNDEFINED &&
                 locate(frame, program, rule, cfa, &at, &value) == CFI_STEPPED)
            cfi_set(caller, i, value);
    }
    if (row->registers[CFI_SP].type == UNCHANGED)
        cfi_set(caller, CFI_SP, cfa);
}

/* Except from a signal handler and from our own code, which may have a stack of their own. */
static bool goes_up(const struct cfi_frame *frame, const struct cfi_frame *caller)
{
    uintptr_t from = frame->registers[CFI_SP], to = caller->registers[CFI_SP];
    const struct module *module = from > to ? modules_find(frame->pc) : NULL;
    return from < to || (from == to && caller->pc != frame->pc) || (module && module->is_shim);
}

static enum cfi_outcome apply(struct cfi_frame *frame, const struct program *program)
{
    const struct row *row = &program->row;
    unsigned number = (unsigned)program->entry->return_register;
    const struct rule *rule = &row->registers[number];
    struct cfi_frame caller = {.exact = program->entry->is_signal};
    uintptr_t cfa = 0, pc = 0;
    enum cfi_outcome outcome = find_cfa(frame, program, &cfa);
    if (outcome != CFI_STEPPED)
        return outcome;
    if (rule->type == UNDEFINED)
        return CFI_OUTERMOST;
    struct rule same = {.type = IN_REGISTER, .number = (int32_t)number};
    outcome =
        locate(frame, program, rule->type == UNCHANGED ? &same : rule, cfa, &caller.slot, &pc);
    if (outcome != CFI_STEPPED)
        return outcome;
    restore_registers(frame, program, cfa, &caller);
    caller.pc = without_signature(pc);
    cfi_set(&caller, CFI_PC, caller.pc);
    if (!cfi_knows(&caller, CFI_SP))
        return CFI_NO_REGISTER;
    if (!caller.exact && !goes_up(frame, &caller))
        return CFI_NO_TABLE;
    if (caller.pc == 0)
        return CFI_OUTERMOST;
    *frame = caller;
    return CFI_STEPPED;
}

static uintptr_t wanted_of(const struct cfi_frame *frame)
{
    return frame->exact ? frame->pc : frame->pc - 1;
}

/* Runs the table's program up to the address; false: we cannot follow it. */
static bool run_to(struct program *program, struct cfi_entry *entry, uintptr_t wanted,
                   struct cfi_copies *copies)
{
    memset(program, 0, sizeof *program);
    if (!cfi_find(entry, wanted, copies) || entry->return_register >= CFI_REGISTERS)
        return false;
    program->entry = entry;
    run(program, entry->common, UINTPTR_MAX);
    program->initial = program->row;
    program->location = entry->start;
    run(program, entry->own, wanted);
    return !program->failed;
}

static struct cfi_copies copies; /* too much for a small stack */

enum cfi_outcome cfi_step(struct cfi_frame *frame)
{
    struct cfi_entry entry;
    struct program program;
    if (!cfi_knows(frame, CFI_SP))
        return CFI_NO_REGISTER;
    if (!run_to(&program, &entry, wanted_of(frame), &copies))
        return CFI_NO_TABLE;
    return apply(frame, &program);
}

enum cfi_outcome cfi_step_caller(struct cfi_frame *frame, struct caller_words *stack)
{
    struct cfi_entry entry;
    struct program program;
    if (!cfi_knows(frame, CFI_SP))
        return CFI_NO_REGISTER;
    if (!run_to(&program, &entry, wanted_of(frame), NULL))
        return CFI_NO_TABLE;
    program.stack = stack;
    return apply(frame, &program);
}

bool cfi_layout(uintptr_t pc, struct cfi_layout *layout)
{
    struct cfi_entry entry;
    struct program program;
    if (!run_to(&program, &entry, pc - 1, NULL) || entry.is_signal ||
        entry.return_register != CFI_PC)
        return false;
    const struct rule *cfa = &program.row.cfa, *registers = program.row.registers;
    *layout = (struct cfi_layout){
        .outermost = registers[CFI_PC].type == UNDEFINED,
        .from_frame_pointer = cfa->number == CFI_FP,
        .saves_frame_pointer = registers[CFI_FP].type == AT_OFFSET,
        .cfa = program.row.offset,
        .frame_pointer = registers[CFI_FP].number,
        .return_address = registers[CFI_PC].number,
    };
    return layout->outermost ||
           (cfa->type == IN_REGISTER && (cfa->number == CFI_SP || cfa->number == CFI_FP) &&
            (registers[CFI_FP].type == UNCHANGED || layout->saves_frame_pointer) &&
            registers[CFI_SP].type == UNCHANGED && registers[CFI_PC].type == AT_OFFSET);
}

bool cfi_function(const struct cfi_frame *frame, uintptr_t *start, uintptr_t *end)
{
    struct cfi_entry entry;
    if (!cfi_find(&entry, wanted_of(frame), &copies))
        return false;
    *start = entry.start;
    *end = entry.end;
    return true;
}
