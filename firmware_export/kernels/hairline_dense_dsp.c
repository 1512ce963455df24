/* A fully connected layer for Armv7E-M: one output pixel whose taps are the whole input, four channels at a time. */
#include "hairline_dsp.h"
#include "hairline_kernels.h"

/* Two channels' dot products with four taps in two pairs. Inlined at -Os, too: it is the whole inner loop. */
__attribute__((always_inline)) static inline const int8_t *mac(const int8_t *weights, uint32_t even, uint32_t odd, int32_t *acc)
{
    const uint32_t first = hairline_load4(weights), second = hairline_load4(weights + 4);
    acc[0] = hairline_mac2(hairline_even(first), even, acc[0]);
    acc[1] = hairline_mac2(hairline_odd(first), even, acc[1]);
    acc[0] = hairline_mac2(hairline_even(second), odd, acc[0]);
    acc[1] = hairline_mac2(hairline_odd(second), odd, acc[1]);
    return weights + 8;
}

/* `weights` as in hairline_conv_dsp.c; `first`, `end` and `scratch` are not used. */
void hairline_dense_dsp(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch)
{
    const hairline_window *w = &op->window;
    const int32_t count = w->kernel_h * w->kernel_w * w->in_c, taps = (count + 3) / 4 * 4;
    const int8_t *weights = (const int8_t *)op->weights;
    int8_t rest[4] = {0, 0, 0, 0};
    uint32_t tail;
    (void)first;
    (void)end;
    (void)scratch;
    for (int32_t i = taps - 4; i < count; i++)
        rest[i % 4] = in[i];
    tail = hairline_load4(rest);
    for (int32_t c = 0; c < w->out_c; c += 4, weights += 4 * taps) {
        const int left = w->out_c - c < 4 ? (int)(w->out_c - c) : 4;
        const int8_t *near = weights, *far = left > 2 ? weights + 2 * taps : weights;
        const int8_t *last = in + taps - 4;
        int32_t acc[4] = {0, 0, 0, 0};
        for (int i = 0; i < left; i++)
            acc[i] = op->bias[c + i];
        for (const int8_t *from = in; from != last; from += 4) {
            const uint32_t word = hairline_load4(from);
            const uint32_t even = hairline_even(word), odd = hairline_odd(word);
            near = mac(near, even, odd, acc);
            far = mac(far, even, odd, acc + 2);
        }
        (void)mac(near, hairline_even(tail), hairline_odd(tail), acc);
        (void)mac(far, hairline_even(tail), hairline_odd(tail), acc + 2);
        for (int i = 0; i < left; i++)
            out[c + i] = hairline_requantise(acc[i], &op->rescale, c + i);
    }
}
