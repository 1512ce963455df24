/* Any function of one int8. `in` may be `out`. */
#include "hairline_kernels.h"

/* `table`: int8 [256], entry q + 128 belongs to q. */
void hairline_lookup(const int8_t *table, const int8_t *in, int8_t *out, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        out[i] = table[in[i] + 128];
}
