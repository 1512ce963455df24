/* One input of a concatenation. */
#include <string.h>

#include "hairline_kernels.h"

void hairline_concat(const int8_t *in, int8_t *out, int32_t outer, int32_t chunk, int32_t stride)
{
    for (int32_t o = 0; o < outer; o++)
        memcpy(out + o * stride, in + o * chunk, (size_t)chunk);
}
