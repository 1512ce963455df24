/* Resizing by repeating or leaving out pixels. */
#include <string.h>

#include "hairline_kernels.h"

void hairline_resize_nearest(const hairline_resize_op *op, const int8_t *in, int8_t *out)
{
    for (int32_t y = 0; y < op->out_h; y++)
        for (int32_t x = 0; x < op->out_w; x++, out += op->c)
            memcpy(out, in + (op->y[y] * op->in_w + op->x[x]) * op->c, (size_t)op->c);
}
