/* The sum of two tensors: both are brought to one scale, 20 bits finer, added and rescaled. */
#include "hairline_kernels.h"

static int32_t scaled(const hairline_add_op *op, int which, int8_t q)
{
    return hairline_multiply((q - op->zero_points[which]) * (1 << 20), op->multipliers[which], op->shifts[which]);
}

void hairline_add(const hairline_add_op *op, const int8_t *a, const int8_t *b, int8_t *out)
{
    for (int32_t y = 0; y < op->h; y++) {
        for (int32_t x = 0; x < op->w; x++) {
            const int8_t *p = a + y * op->strides[0][0] + x * op->strides[0][1];
            const int8_t *q = b + y * op->strides[1][0] + x * op->strides[1][1];
            for (int32_t c = 0; c < op->c; c++) {
                const int32_t sum = scaled(op, 0, p[c * op->strides[0][2]]) + scaled(op, 1, q[c * op->strides[1][2]]);
                *out++ = hairline_requantise(sum, &op->rescale, 0);
            }
        }
    }
}
