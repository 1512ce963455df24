/* Max pooling for Helium: sixteen channels at a time. */
#include "hairline_mve.h"

/* Low and high are -128 and 127. */
void hairline_max_pool_mve(const hairline_pool_op *op, const int8_t *in, int8_t *out, int first, int end)
{
    const hairline_window *w = &op->window;
    const int32_t row_bytes = w->in_w * w->in_c;
    for (int y = first; y < end; y++) {
        const int top = y * w->stride_h - w->pad_top;
        const int y0 = top > 0 ? top : 0, y1 = hairline_min(top + w->kernel_h, w->in_h);
        int8_t *to = hairline_row_out(out, y, w->out_rows, w->out_w * w->out_c);
        for (int x = 0; x < w->out_w; x++, to += w->in_c) {
            const int left = x * w->stride_w - w->pad_left;
            const int x0 = left > 0 ? left : 0, x1 = hairline_min(left + w->kernel_w, w->in_w);
            hairline_copy(to, hairline_row(in, y0, w->in_rows, row_bytes) + x0 * w->in_c, w->in_c);
            for (int in_y = y0; in_y < y1; in_y++) {
                const int8_t *pixel = hairline_row(in, in_y, w->in_rows, row_bytes) + x0 * w->in_c;
                for (int in_x = x0; in_x < x1; in_x++, pixel += w->in_c)
                    hairline_largest(to, pixel, w->in_c);
            }
        }
    }
}
