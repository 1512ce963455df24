/* Measures a network instead of serving it: BENCH_RUNS inferences of the first golden tile, which stands in a section of
 * its own; then a line with the stack that they took and whether the scores were exact. Instructions are counted from
 * outside, as two runs less one. */
#include <stdint.h>
#include <string.h>

#include "board.h"
#include "model.h"

static int8_t output[MODEL_OUTPUT_BYTES];
static int8_t arena[MODEL_ARENA_BYTES] __attribute__((aligned(16)));

extern uint32_t _stack_low, _stack_top;
enum { PAINT = 0x5a5a5a5a, MARGIN_WORDS = 32 };

static void paint_stack(void)
{
    uint32_t here;
    for (volatile uint32_t *word = &_stack_low; word < &here - MARGIN_WORDS; word++) {
        *word = PAINT;
    }
}

static uint32_t used_stack(void)
{
    const volatile uint32_t *word = &_stack_low;
    while (word < &_stack_top && *word == PAINT) {
        word++;
    }
    return (uint32_t)((uintptr_t)&_stack_top - (uintptr_t)word);
}

static void say(const char *text)
{
    while (*text != '\0') {
        board_put((uint8_t)*text++);
    }
}

static void say_number(uint32_t value)
{
    char digits[11] = {0};
    int at = 10;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    say(digits + at);
}

int main(void)
{
    board_init();
    paint_stack();
    int exact = 1;
    for (int run = 0; run < BENCH_RUNS; run++) {
        int8_t *const input = model_input(arena);
        memcpy(input, model_golden_tiles[0], MODEL_INPUT_BYTES);
        exact &= model_run(input, output, arena) == HAIRLINE_OK;
        exact &= memcmp(output, model_golden_outputs[0], sizeof output) == 0;
    }
    const uint32_t stack = used_stack();
    say("stack ");
    say_number(stack);
    say(exact ? " exact\n" : " WRONG\n");
    board_exit(exact ? 0 : 1);
}
