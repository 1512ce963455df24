/* The product of two tensors, rescaled once. */
#include "hairline_kernels.h"

void hairline_mul(const hairline_mul_op *op, const int8_t *a, const int8_t *b, int8_t *out)
{
    for (int32_t y = 0; y < op->h; y++) {
        for (int32_t x = 0; x < op->w; x++) {
            const int8_t *p = a + y * op->strides[0][0] + x * op->strides[0][1];
            const int8_t *q = b + y * op->strides[1][0] + x * op->strides[1][1];
            for (int32_t c = 0; c < op->c; c++) {
                const int32_t left = p[c * op->strides[0][2]] - op->zero_points[0];
                const int32_t right = q[c * op->strides[1][2]] - op->zero_points[1];
                *out++ = hairline_requantise(left * right, &op->rescale, 0);
            }
        }
    }
}
