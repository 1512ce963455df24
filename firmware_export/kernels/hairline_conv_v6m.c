/* Convolution for Armv6-M: two pixels by two output channels at a time. */
#include "hairline_taps.h"

#if defined(__ARM_ARCH_6M__)

/* acc[0..3] += channels 0 and 1 of pixel p, then of pixel q. All four pointers are to the end of `taps` bytes, which are
 * counted up to it: one register serves as the index of all and as the loop's counter. Only r0-r7 can be multiplied. */
__attribute__((naked, noinline)) static void dot(const int8_t *weights0 __attribute__((unused)),
                                                 const int8_t *weights1 __attribute__((unused)),
                                                 const int8_t *p __attribute__((unused)),
                                                 const int8_t *q __attribute__((unused)),
                                                 int32_t taps __attribute__((unused)),
                                                 int32_t *acc __attribute__((unused)))
{
    __asm__ volatile(".syntax unified\n push {r4-r7, lr}\n mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n push {r4-r7}\n"
                     "ldr r7, [sp, #40]\n ldm r7, {r4-r7}\n mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n"
                     "ldr r7, [sp, #36]\n rsbs r7, r7, #0\n"
                     "1: ldrsb r4, [r2, r7]\n ldrsb r5, [r0, r7]\n"
                     "mov r6, r4\n muls r6, r5\n add r8, r6\n"
                     "ldrsb r6, [r3, r7]\n muls r5, r6\n add r10, r5\n"
                     "ldrsb r5, [r1, r7]\n muls r4, r5\n add r9, r4\n"
                     "muls r5, r6\n add r11, r5\n"
                     "adds r7, #1\n bne 1b\n"
                     "ldr r0, [sp, #40]\n mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n stm r0!, {r4-r7}\n"
                     "pop {r4-r7}\n mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n pop {r4-r7, pc}\n");
}

#else

static void dot(const int8_t *weights0, const int8_t *weights1, const int8_t *p, const int8_t *q, int32_t taps, int32_t *acc)
{
    for (int32_t i = -taps; i < 0; i++) {
        acc[0] = (int32_t)((uint32_t)acc[0] + (uint32_t)(p[i] * weights0[i]));
        acc[1] = (int32_t)((uint32_t)acc[1] + (uint32_t)(p[i] * weights1[i]));
        acc[2] = (int32_t)((uint32_t)acc[2] + (uint32_t)(q[i] * weights0[i]));
        acc[3] = (int32_t)((uint32_t)acc[3] + (uint32_t)(q[i] * weights1[i]));
    }
}

#endif

/* `weights` as in hairline_conv.c; `scratch`: the taps of two pixels. Where a pixel or a channel is left over, it is
 * computed twice. */
void hairline_conv_v6m(const hairline_conv_op *op, const int8_t *in, int8_t *out, int first, int end, void *scratch)
{
    const hairline_window *w = &op->window;
    const int32_t taps = w->kernel_h * w->kernel_w * w->in_c, channels = w->out_c;
    int8_t *const room = (int8_t *)scratch;
    for (int y = first; y < end; y++) {
        int8_t *to = hairline_row_out(out, y, w->out_rows, w->out_w * channels);
        for (int x = 0; x < w->out_w; x += 2, to += 2 * channels) {
            const int both = x + 1 < w->out_w;
            const int8_t *p = taps_of(op, in, y, x, room) + taps;
            const int8_t *q = both ? taps_of(op, in, y, x + 1, room + taps) + taps : p;
            const int8_t *weights = (const int8_t *)op->weights;
            for (int32_t c = 0; c < channels; c += 2) {
                const int32_t next = c + 1 < channels ? c + 1 : c;
                int32_t acc[4];
                acc[0] = acc[2] = op->bias[c];
                acc[1] = acc[3] = op->bias[next];
                dot(weights + (c + 1) * taps, weights + (next + 1) * taps, p, q, taps, acc);
                to[c] = hairline_requantise(acc[0], &op->rescale, c);
                to[next] = hairline_requantise(acc[1], &op->rescale, next);
                if (both) {
                    to[channels + c] = hairline_requantise(acc[2], &op->rescale, c);
                    to[channels + next] = hairline_requantise(acc[3], &op->rescale, next);
                }
            }
        }
    }
}
