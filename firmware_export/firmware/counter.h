/* What one inference costs: cycles, where the processor can say. */
#ifndef HAIRLINE_COUNTER_H
#define HAIRLINE_COUNTER_H

#include <stdint.h>

#include "hairline_protocol.h"

/* Starts counting from 0 and says with what. */
enum hairline_counter counter_start(void);

/* What was counted since, with a counter that never stops and is read before it comes round: up to 2^32 cycles by DWT;
 * by SysTick, whose 24 bits come round in 0.1 s, by an interrupt. */
uint64_t counter_read(void);

#endif
