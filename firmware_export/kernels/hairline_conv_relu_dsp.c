/* Convolution with a rectified output for Armv7E-M: four pixels by two output channels at a time. */
#include "hairline_columns_dsp.h"

/* What the channels of four pixels are made of; the assembly knows the order. */
typedef struct {
    const int8_t *weights;   /* 0: for every two taps (a, b) the bytes a0 a1 b0 b1 of channels 0 and 1 */
    int32_t pair_bytes;      /* 4: weights of two channels */
    const int32_t *bias;     /* 8 */
    const uint32_t *columns; /* 12: for every two taps the pairs of pixels 0 to 3 */
    int8_t *to;              /* 16 */
    int32_t stride;          /* 20: bytes from pixel to pixel */
    const int32_t *multiplier; /* 24 */
    const int8_t *shift;     /* 28 */
    int32_t pairs;           /* 32: pairs of channels */
} quad;

#if defined(__ARM_FEATURE_DSP)

/* One value: r3 multiplier, lr what is added, r2 the right shift; r1 the step to the next pixel. */
#define RESCALE(sum)                                                                                                  \
    "lsls " sum ", " sum ", #1\n smmlar " sum ", " sum ", r3, lr\n asr " sum ", " sum ", r2\n ssat " sum ", #8, " sum "\n"
#define RESCALE4(a, b, c, d)                                                                                          \
    "ldr r2, [r12, #24]\n ldr r3, [r2], #4\n str r2, [r12, #24]\n"                                                    \
    "ldr r2, [r12, #28]\n ldrsb lr, [r2], #1\n str r2, [r12, #28]\n"                                                  \
    "rsb r2, lr, #0\n mvn lr, #254\n subs r2, #1\n lsl lr, lr, r2\n adds r2, #1\n"                                    \
    RESCALE(a) RESCALE(b) RESCALE(c) RESCALE(d)                                                                       \
    "strb " a ", [r0]\n strb " b ", [r0, r1]\n add r0, r0, r1, lsl #1\n strb " c ", [r0]\n strb " d ", [r0, r1]\n"

/* All channels of four pixels, rescaled as HAIRLINE_QUICK_RELU. */
__attribute__((naked, noinline)) static void channels(quad *q __attribute__((unused)))
{
    __asm__ volatile("push {r0-r11, lr}\n" /* [sp] q, [sp, #4] where this pair's weights end */
                     "0:\n ldr r12, [sp]\n"
                     "ldr r3, [r12, #8]\n ldrd r4, r8, [r3], #8\n str r3, [r12, #8]\n"
                     "ldrd r0, r2, [r12]\n add r2, r2, r0\n str r2, [r12]\n str r2, [sp, #4]\n"
                     "ldr r1, [r12, #12]\n"
                     "mov r5, r4\n mov r6, r4\n mov r7, r4\n mov r9, r8\n mov r10, r8\n mov r11, r8\n"
                     "subs r2, r2, r0\n tst r2, #8\n bne 2f\n"
                     "1:\n" STEP STEP "2:\n" STEP STEP
                     "ldr r2, [sp, #4]\n cmp r0, r2\n bne 1b\n"
                     "ldr r12, [sp]\n ldrd r0, r1, [r12, #16]\n"
                     RESCALE4("r4", "r5", "r6", "r7")
                     "sub r0, r0, r1, lsl #1\n adds r0, #1\n"
                     RESCALE4("r8", "r9", "r10", "r11")
                     "sub r0, r0, r1, lsl #1\n adds r0, #1\n str r0, [r12, #16]\n"
                     "ldr r2, [r12, #32]\n subs r2, #1\n str r2, [r12, #32]\n bne 0b\n"
                     "pop {r0-r11, pc}\n");
}

#else

static void channels(quad *q)
{
    for (int32_t c = 0; c < 2 * q->pairs; c++) {
        const int32_t right = -q->shift[c], add = -255 * (1 << (right - 1));
        for (int p = 0; p < PIXELS; p++) {
            const int8_t *weights = q->weights + c / 2 * q->pair_bytes;
            const uint32_t *columns = q->columns + p;
            int32_t acc = q->bias[c];
            for (int32_t i = 0; i < q->pair_bytes; i += 4, columns += PIXELS) {
                const uint32_t word = hairline_load4(weights + i);
                acc = hairline_mac2(c % 2 ? hairline_odd(word) : hairline_even(word), *columns, acc);
            }
            acc = hairline_mul_high(acc * 2, q->multiplier[c], add) >> right;
            q->to[p * q->stride + c] = (int8_t)hairline_saturate8(acc);
        }
    }
}

#endif

/* Needs HAIRLINE_QUICK_RELU and an even number of channels. `scratch`: 8 bytes a tap for the four pixels, a byte for each
 * of a kernel row's taps (as columns_taps counts them), then four output pixels.
 * The rows [first, end) of `out` must follow one another in memory. */
void hairline_conv_relu_dsp(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch)
{
    const hairline_window *w = &op->window;
    const int32_t taps = columns_taps(w);
    uint32_t *columns = (uint32_t *)scratch;
    int8_t *bytes = (int8_t *)(columns + 2 * taps), *spare = bytes + taps / w->kernel_h;
    int8_t *to = hairline_row_out(out, first, w->out_rows, w->out_w * w->out_c);
    int y = first, x = 0;
    for (int32_t left = (end - first) * w->out_w; left > 0; left -= PIXELS, to += PIXELS * w->out_c) {
        const int count = left < PIXELS ? (int)left : PIXELS;
        quad q;
        q.weights = (const int8_t *)op->weights;
        q.pair_bytes = 2 * taps;
        q.bias = op->bias;
        q.columns = columns;
        q.to = count == PIXELS ? to : spare;
        q.stride = w->out_c;
        q.multiplier = op->rescale.multiplier;
        q.shift = op->rescale.shift;
        q.pairs = w->out_c / 2;
        gather(op, in, y, x, count, columns, bytes);
        for (x += count; x >= w->out_w; x -= w->out_w)
            y++;
        channels(&q);
        if (count < PIXELS)
            memcpy(to, spare, (size_t)(count * w->out_c));
    }
}
