/* Resizing with bilinear weights of 1/1024. */
#include "hairline_kernels.h"

void hairline_resize_bilinear(const hairline_resize_op *op, const int8_t *in, int8_t *out)
{
    for (int32_t y = 0; y < op->out_h; y++) {
        const int32_t y0 = op->y[y] < 0 ? 0 : op->y[y] / 1024;
        const int32_t y1 = hairline_min((op->y[y] + 1023) / 1024, op->in_h - 1);
        const int64_t down = op->y[y] - 1024 * y0, up = 1024 - down;
        for (int32_t x = 0; x < op->out_w; x++) {
            const int32_t x0 = op->x[x] < 0 ? 0 : op->x[x] / 1024;
            const int32_t x1 = hairline_min((op->x[x] + 1023) / 1024, op->in_w - 1);
            const int64_t right = op->x[x] - 1024 * x0, left = 1024 - right;
            const int8_t *corner[4];
            corner[0] = in + (y0 * op->in_w + x0) * op->c;
            corner[1] = in + (y1 * op->in_w + x0) * op->c;
            corner[2] = in + (y0 * op->in_w + x1) * op->c;
            corner[3] = in + (y1 * op->in_w + x1) * op->c;
            for (int32_t c = 0; c < op->c; c++) {
                const int64_t sum = corner[0][c] * up * left + corner[1][c] * down * left + corner[2][c] * up * right +
                                    corner[3][c] * down * right;
                *out++ = (int8_t)((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
            }
        }
    }
}
