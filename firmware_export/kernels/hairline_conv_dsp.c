/* Convolution for Armv7E-M: four pixels by two output channels at a time, any rescaling. */
#include "hairline_columns_dsp.h"

#if defined(__ARM_FEATURE_DSP)

/* acc[2][4] for one pair of channels, acc[0] and acc[4] the biases; `end` is where the weights end. */
__attribute__((naked, noinline)) static void dot(const int8_t *weights __attribute__((unused)),
                                                 const uint32_t *columns __attribute__((unused)),
                                                 const int8_t *end __attribute__((unused)),
                                                 int32_t *acc __attribute__((unused)))
{
    __asm__ volatile("push {r2-r11, lr}\n"
                     "ldr r4, [r3]\n ldr r8, [r3, #16]\n"
                     "mov r5, r4\n mov r6, r4\n mov r7, r4\n mov r9, r8\n mov r10, r8\n mov r11, r8\n"
                     "subs r2, r2, r0\n tst r2, #8\n bne 2f\n"
                     "1:\n" STEP STEP "2:\n" STEP STEP
                     "ldr r2, [sp]\n cmp r0, r2\n bne 1b\n"
                     "ldr r3, [sp, #4]\n stmia r3, {r4-r11}\n"
                     "pop {r2-r11, pc}\n");
}

#else


static void dot(const int8_t *weights, const uint32_t *columns, const int8_t *end, int32_t *acc)
{
    for (int p = 1; p < PIXELS; p++) {
        acc[p] = acc[0];
        acc[PIXELS + p] = acc[PIXELS];
    }
    for (; weights < end; weights += 4, columns += PIXELS) {
        const uint32_t word = hairline_load4(weights);
        for (int p = 0; p < PIXELS; p++) {
            acc[p] = hairline_mac2(hairline_even(word), columns[p], acc[p]);
            acc[PIXELS + p] = hairline_mac2(hairline_odd(word), columns[p], acc[PIXELS + p]);
        }
    }
}

#endif

/* One channel's sums of `count` pixels to int8. */
static void rescale(const hairline_conv_op *op, const int32_t *acc, int32_t channel, int count, int8_t *to)
{
    const hairline_rescale *r = &op->rescale;
    const int32_t multiplier = r->multiplier[channel], stride = op->window.out_c;
    const int right = -r->shift[channel];
    for (int p = 0; p < count; p++, to += stride) {
        if (op->quick) {
            const int32_t high = hairline_mul_high(acc[p] * 2, multiplier, 0);
            const int32_t q = ((high + (high >> 31) + (1 << right >> 1)) >> right) + r->zero_point;
            *to = (int8_t)hairline_clamp(q, r->low, r->high);
        } else {
            *to = hairline_requantise(acc[p], r, channel);
        }
    }
}

/* `scratch`: 8 bytes a tap for the four pixels, then a byte for each of a kernel row's (as columns_taps counts them).
 * The rows [first, end) of `out` must follow one another in memory. */
void hairline_conv_dsp(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch)
{
    const hairline_window *w = &op->window;
    const int32_t taps = columns_taps(w);
    uint32_t *columns = (uint32_t *)scratch;
    int8_t *bytes = (int8_t *)(columns + 2 * taps);
    int8_t *to = hairline_row_out(out, first, w->out_rows, w->out_w * w->out_c);
    int y = first, x = 0;
    for (int32_t left = (end - first) * w->out_w; left > 0; left -= PIXELS, to += PIXELS * w->out_c) {
        const int count = left < PIXELS ? (int)left : PIXELS;
        const int8_t *weights = (const int8_t *)op->weights;
        gather(op, in, y, x, count, columns, bytes);
        for (x += count; x >= w->out_w; x -= w->out_w)
            y++;
        for (int32_t c = 0; c < w->out_c; c += 2, weights += 2 * taps) {
            int32_t acc[2 * PIXELS];
            const int both = c + 1 < w->out_c;
            acc[0] = op->bias[c];
            acc[PIXELS] = both ? op->bias[c + 1] : 0;
            dot(weights, columns, weights + 2 * taps, acc);
            rescale(op, acc, c, count, to + c);
            if (both)
                rescale(op, acc + PIXELS, c + 1, count, to + c + 1);
        }
    }
}
