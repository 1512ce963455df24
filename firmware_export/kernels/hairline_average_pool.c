/* Average pooling in plain C: the mean of the taps inside the picture, halves rounded away from zero. */
#include "hairline_kernels.h"

void hairline_average_pool(const hairline_pool_op *op, const int8_t *in, int8_t *out, int first, int end)
{
    const hairline_window *w = &op->window;
    const int32_t row_bytes = w->in_w * w->in_c;
    for (int y = first; y < end; y++) {
        const int top = y * w->stride_h - w->pad_top;
        const int y0 = top > 0 ? top : 0, y1 = top + w->kernel_h < w->in_h ? top + w->kernel_h : w->in_h;
        int8_t *to = hairline_row_out(out, y, w->out_rows, w->out_w * w->out_c);
        for (int x = 0; x < w->out_w; x++) {
            const int left = x * w->stride_w - w->pad_left;
            const int x0 = left > 0 ? left : 0, x1 = left + w->kernel_w < w->in_w ? left + w->kernel_w : w->in_w;
            const int32_t count = (y1 - y0) * (x1 - x0);
            for (int32_t c = 0; c < w->in_c; c++) {
                int32_t sum = 0;
                for (int in_y = y0; in_y < y1; in_y++) {
                    const int8_t *row = hairline_row(in, in_y, w->in_rows, row_bytes);
                    for (int in_x = x0; in_x < x1; in_x++)
                        sum += row[in_x * w->in_c + c];
                }
                sum = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
                *to++ = (int8_t)hairline_clamp(sum, op->low, op->high);
            }
        }
    }
}
