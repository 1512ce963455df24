/* A tensor in a larger one. */
#include <string.h>

#include "hairline_kernels.h"

void hairline_pad(const hairline_pad_op *op, const int8_t *in, int8_t *out)
{
    memset(out, op->value, (size_t)(op->out_h * op->out_w * op->out_c));
    for (int32_t y = 0; y < op->in_h; y++) {
        for (int32_t x = 0; x < op->in_w; x++, in += op->in_c) {
            const int32_t pixel = (y + op->top) * op->out_w + x + op->left;
            memcpy(out + pixel * op->out_c + op->front, in, (size_t)op->in_c);
        }
    }
}
