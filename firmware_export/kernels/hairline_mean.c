/* The mean over some of the dimensions: sums, rescaled once. The division is in the multiplier. */
#include "hairline_kernels.h"

void hairline_mean(const hairline_mean_op *op, const int8_t *in, int8_t *out)
{
    const int32_t step = op->inner * op->last;
    for (int32_t o = 0; o < op->outer; o++, in += op->count * step) {
        const int8_t *from = in;
        for (int32_t i = 0; i < op->inner; i++) {
            int32_t sum = op->bias;
            for (int32_t k = 0; k < op->last; k++, from++)
                for (int32_t n = 0; n < op->count; n++)
                    sum += from[n * step];
            *out++ = hairline_requantise(sum, &op->rescale, 0);
        }
    }
}
