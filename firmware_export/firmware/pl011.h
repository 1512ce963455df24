/* Arm's PrimeCell UART PL011 (technical reference manual DDI 0183), as RP2040 and RP2350 have it. */
#ifndef HAIRLINE_PL011_H
#define HAIRLINE_PL011_H

#include <stdint.h>

#define PL011_REG(base, offset) (*(volatile uint32_t *)((base) + (offset)))

static inline void pl011_init(uint32_t base, uint32_t clock_hz)
{
    const uint32_t divisor_64ths = (clock_hz * 4u + HAIRLINE_BAUD / 2) / HAIRLINE_BAUD; /* 64 / 16 samples a bit */
    PL011_REG(base, 0x24) = divisor_64ths / 64;
    PL011_REG(base, 0x28) = divisor_64ths % 64;
    PL011_REG(base, 0x2c) = 0x70;  /* 8 bits, FIFOs */
    PL011_REG(base, 0x30) = 0x301; /* on, both ways */
}

static inline int pl011_get(uint32_t base)
{
    return (PL011_REG(base, 0x18) & 1u << 4) == 0 ? (int)(PL011_REG(base, 0x00) & 0xffu) : -1;
}

static inline void pl011_put(uint32_t base, uint8_t byte)
{
    while ((PL011_REG(base, 0x18) & 1u << 5) != 0) {
    }
    PL011_REG(base, 0x00) = byte;
}

#endif
