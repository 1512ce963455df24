/* The mean over some of height, width and channels: sums, rescaled once. The division is in the multiplier. */
#include "hairline_kernels.h"

void hairline_mean(const hairline_mean_op *op, const int8_t *in, int8_t *out)
{
    const int32_t pixel = op->kept[2] * op->reduced[2], row = op->kept[1] * op->reduced[1] * pixel;
    for (int32_t y = 0; y < op->kept[0]; y++) {
        for (int32_t x = 0; x < op->kept[1]; x++) {
            for (int32_t c = 0; c < op->kept[2]; c++) {
                const int8_t *from = in + y * row + x * pixel + c;
                int32_t sum = op->bias;
                for (int32_t i = 0; i < op->reduced[0]; i++)
                    for (int32_t j = 0; j < op->reduced[1]; j++)
                        for (int32_t k = 0; k < op->reduced[2]; k++)
                            sum += from[i * row + j * pixel + k];
                *out++ = hairline_requantise(sum, &op->rescale, 0);
            }
        }
    }
}
