// SPDX-License-Identifier: MIT
#include "ownership/cfi_expression.h"
#include "base/sys.h"

enum { STACK_MAX = 16 };

struct evaluation {
    const struct cfi_frame *frame;
    struct caller_words *own;
    struct cfi_bytes code;
    uintptr_t stack[STACK_MAX];
    unsigned depth;
    enum cfi_outcome outcome; /* STEPPED: so far so good */
};

static void fail(struct evaluation *evaluation, enum cfi_outcome outcome)
{
    if (evaluation->outcome == CFI_STEPPED)
        evaluation->outcome = outcome;
}

static void push(struct evaluation *evaluation, uintptr_t value)
{
    if (evaluation->depth < STACK_MAX)
        evaluation->stack[evaluation->depth++] = value;
    else
        fail(evaluation, CFI_NO_TABLE);
}

static uintptr_t pop(struct evaluation *evaluation)
{
    if (evaluation->depth > 0)
        return evaluation->stack[--evaluation->depth];
    fail(evaluation, CFI_NO_TABLE);
    return 0;
}

bool cfi_read_word(struct caller_words *stack, uintptr_t at, uintptr_t *word)
{
    return stack ? caller_words_read(stack, at, word)
                 : sys_copy_memory((const void *)at, word, sizeof *word) == (ssize_t)sizeof *word;
}

static uintptr_t register_value(struct evaluation *evaluation, uint64_t number)
{
    if (number < CFI_REGISTERS && cfi_knows(evaluation->frame, (unsigned)number))
        return evaluation->frame->registers[number];
    fail(evaluation, CFI_NO_REGISTER);
    return 0;
}

enum {
    EX_ADDRESS = 0x03,
    EX_READ = 0x06,
    EX_CONSTANTS = 0x08, /* 1, 2, 4, 8 bytes, each unsigned and signed; then the two LEBs */
    EX_ULEB = 0x10,
    EX_SLEB = 0x11,
    EX_COPY = 0x12,
    EX_DROP = 0x13,
    EX_AND = 0x1a,
    EX_MINUS = 0x1c,
    EX_OR = 0x21,
    EX_PLUS = 0x22,
    EX_PLUS_ULEB = 0x23,
    EX_SHIFT_LEFT = 0x24,
    EX_SHIFT_RIGHT = 0x25,
    EX_EQUAL = 0x29,
    EX_GREATER_OR_EQUAL,
    EX_GREATER,
    EX_LESS_OR_EQUAL,
    EX_LESS,
    EX_UNEQUAL,
    EX_LITERALS = 0x30,  /* 0 to 31 */
    EX_REGISTERS = 0x70, /* plus a number; 0 to 31 */
    EX_END = 0x90,
};

static uintptr_t compute(unsigned op, uintptr_t a, uintptr_t b)
{
    switch (op) {
    case EX_AND:
        return a & b;
    case EX_MINUS:
        return a - b;
    case EX_OR:
        return a | b;
    case EX_PLUS:
        return a + b;
    case EX_SHIFT_LEFT:
        return b < 64 ? a << b : 0;
    case EX_SHIFT_RIGHT:
        return b < 64 ? a >> b : 0;
    case EX_EQUAL:
        return a == b;
    case EX_GREATER_OR_EQUAL:
        return (intptr_t)a >= (intptr_t)b;
    case EX_GREATER:
        return (intptr_t)a > (intptr_t)b;
    case EX_LESS_OR_EQUAL:
        return (intptr_t)a <= (intptr_t)b;
    case EX_LESS:
        return (intptr_t)a < (intptr_t)b;
    default:
        return a != b;
    }
}

static bool is_binary(unsigned op)
{
    return op == EX_AND || op == EX_MINUS || op == EX_OR || op == EX_PLUS || op == EX_SHIFT_LEFT ||
           op == EX_SHIFT_RIGHT || (op >= EX_EQUAL && op <= EX_UNEQUAL);
}

static void read_through(struct evaluation *evaluation)
{
    uintptr_t word = 0;
    if (cfi_read_word(evaluation->own, pop(evaluation), &word))
        push(evaluation, word);
    else
        fail(evaluation, CFI_NO_MEMORY);
}

static void push_constant(struct evaluation *evaluation, unsigned op)
{
    struct cfi_bytes *code = &evaluation->code;
    unsigned size = 1U << (op - EX_CONSTANTS) / 2;
    if (op == EX_ULEB)
        push(evaluation, (uintptr_t)cfi_uleb(code));
    else if (op == EX_SLEB)
        push(evaluation, (uintptr_t)cfi_sleb(code));
    else if (op & 1)
        push(evaluation, (uintptr_t)cfi_signed(code, size));
    else
        push(evaluation, (uintptr_t)cfi_fixed(code, size));
}

static void evaluate_one(struct evaluation *evaluation, unsigned op)
{
    struct cfi_bytes *code = &evaluation->code;
    if (is_binary(op)) {
        uintptr_t b = pop(evaluation), a = pop(evaluation);
        push(evaluation, compute(op, a, b));
    } else if (op >= EX_CONSTANTS && op <= EX_SLEB) {
        push_constant(evaluation, op);
    } else if (op >= EX_LITERALS && op < EX_LITERALS + 32) {
        push(evaluation, op - EX_LITERALS);
    } else if (op >= EX_REGISTERS && op < EX_END) {
        uintptr_t base = register_value(evaluation, op - EX_REGISTERS);
        push(evaluation, base + (uintptr_t)cfi_sleb(code));
    } else if (op == EX_READ) {
        read_through(evaluation);
    } else if (op == EX_PLUS_ULEB) {
        push(evaluation, pop(evaluation) + (uintptr_t)cfi_uleb(code));
    } else if (op == EX_ADDRESS) {
        push(evaluation, (uintptr_t)cfi_fixed(code, 8));
    } else if (op == EX_COPY) {
        uintptr_t top = pop(evaluation);
        push(evaluation, top);
        push(evaluation, top);
    } else if (op == EX_DROP) {
        pop(evaluation);
    } else {
        fail(evaluation, CFI_NO_TABLE);
    }
}

enum cfi_outcome cfi_evaluate(const struct cfi_frame *frame, struct caller_words *stack,
                              struct cfi_bytes code, const uintptr_t *first, uintptr_t *value)
{
    struct evaluation evaluation = {.frame = frame, .own = stack, .code = code};
    if (first)
        push(&evaluation, *first);
    while (evaluation.code.at < code.end && evaluation.outcome == CFI_STEPPED) {
        evaluate_one(&evaluation, (unsigned)cfi_fixed(&evaluation.code, 1));
        if (evaluation.code.failed)
            fail(&evaluation, CFI_NO_TABLE);
    }
    *value = pop(&evaluation);
    return evaluation.outcome;
}
