/* Max pooling for Armv7E-M: four channels at a time. */
#include <string.h>

#include "hairline_dsp.h"
#include "hairline_kernels.h"

#if defined(__ARM_FEATURE_DSP)
/* The larger of each pair of signed bytes. SSUB8 sets a flag a byte, SEL reads them: they must not be parted. */
static inline uint32_t largest(uint32_t a, uint32_t b)
{
    uint32_t max;
    __asm__("ssub8 %0, %1, %2\n sel %0, %1, %2" : "=&r"(max) : "r"(a), "r"(b));
    return max;
}
#else
static inline uint32_t largest(uint32_t a, uint32_t b)
{
    uint32_t max = 0;
    for (int bit = 0; bit < 32; bit += 8) {
        const int8_t x = (int8_t)(a >> bit & 0xFFu), y = (int8_t)(b >> bit & 0xFFu);
        max |= (uint32_t)(uint8_t)(x > y ? x : y) << bit;
    }
    return max;
}
#endif

/* The number of channels is a multiple of 4, and low and high are -128 and 127. */
void hairline_max_pool_dsp(const hairline_pool_op *op, const int8_t *in, int8_t *out, int first, int end)
{
    const hairline_window *w = &op->window;
    const int32_t row_bytes = w->in_w * w->in_c;
    for (int y = first; y < end; y++) {
        const int top = y * w->stride_h - w->pad_top;
        const int y0 = top > 0 ? top : 0, y1 = top + w->kernel_h < w->in_h ? top + w->kernel_h : w->in_h;
        int8_t *to = hairline_row_out(out, y, w->out_rows, w->out_w * w->out_c);
        for (int x = 0; x < w->out_w; x++, to += w->in_c) {
            const int left = x * w->stride_w - w->pad_left;
            const int x0 = left > 0 ? left : 0, x1 = left + w->kernel_w < w->in_w ? left + w->kernel_w : w->in_w;
            for (int in_y = y0; in_y < y1; in_y++) {
                const int8_t *pixel = hairline_row(in, in_y, w->in_rows, row_bytes) + x0 * w->in_c;
                for (int in_x = x0; in_x < x1; in_x++, pixel += w->in_c) {
                    if (in_y == y0 && in_x == x0) {
                        memcpy(to, pixel, (size_t)w->in_c);
                        continue;
                    }
                    for (int32_t c = 0; c < w->in_c; c += 4) {
                        const uint32_t max = largest(hairline_load4(to + c), hairline_load4(pixel + c));
                        memcpy(to + c, &max, 4);
                    }
                }
            }
        }
    }
}
