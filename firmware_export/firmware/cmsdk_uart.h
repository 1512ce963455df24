/* The UART of Arm's Cortex-M System Design Kit (technical reference manual DDI 0479, 4.3), as the MPS boards have it. */
#ifndef HAIRLINE_CMSDK_UART_H
#define HAIRLINE_CMSDK_UART_H

#include <stdint.h>

#define CMSDK_REG(base, offset) (*(volatile uint32_t *)((base) + (offset)))

static inline void cmsdk_uart_init(uint32_t base, uint32_t clock_hz)
{
    CMSDK_REG(base, 0x10) = clock_hz / HAIRLINE_BAUD;
    CMSDK_REG(base, 0x08) = 3; /* both ways */
}

static inline int cmsdk_uart_get(uint32_t base)
{
    return (CMSDK_REG(base, 0x04) & 2u) != 0 ? (int)(CMSDK_REG(base, 0x00) & 0xffu) : -1;
}

static inline void cmsdk_uart_put(uint32_t base, uint8_t byte)
{
    while ((CMSDK_REG(base, 0x04) & 1u) != 0) {
    }
    CMSDK_REG(base, 0x00) = byte;
}

#endif
