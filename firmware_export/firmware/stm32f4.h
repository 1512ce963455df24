/* What the boards with an STM32F4 share: the PLL from the chip's own 16 MHz oscillator, so that no board's crystal
 * matters, and a USART. Registers: reference manuals RM0090 (F405) and RM0390 (F446), where these are the same. */
#ifndef HAIRLINE_STM32F4_H
#define HAIRLINE_STM32F4_H

#include <stdbool.h>
#include <stdint.h>

#define STM32F4_REG(address) (*(volatile uint32_t *)(address))
#define STM32F4_RCC 0x40023800u
#define STM32F4_RCC_CR STM32F4_REG(STM32F4_RCC + 0x00)
#define STM32F4_RCC_PLLCFGR STM32F4_REG(STM32F4_RCC + 0x04)
#define STM32F4_RCC_CFGR STM32F4_REG(STM32F4_RCC + 0x08)
#define STM32F4_RCC_AHB1ENR STM32F4_REG(STM32F4_RCC + 0x30)
#define STM32F4_RCC_APB1ENR STM32F4_REG(STM32F4_RCC + 0x40)
#define STM32F4_RCC_APB2ENR STM32F4_REG(STM32F4_RCC + 0x44)
#define STM32F4_FLASH_ACR STM32F4_REG(0x40023c00u)

enum {
    STM32F4_HSI_HZ = 16000000,
    STM32F4_PLL_ON = 1 << 24,
    STM32F4_PLL_READY = 1 << 25,
    STM32F4_PLL_SELECTED = 2, /* of SW, and of SWS two bits above it (RM0090, 7.3.3) */
    STM32F4_PATIENCE = 100000, /* loops; an emulator has no PLL, and a board without one still works, slowly */
};

/* Clocks the processor by the PLL at `mhz`, 150 to 168, APB1 at a quarter of it and APB2 at half. Returns whether it
 * does; otherwise all of them are at 16 MHz. */
static inline bool stm32f4_start_pll(uint32_t mhz)
{
    /* 16 MHz / 8 * mhz / 2; the 48 MHz output divides by 7; what else is in there (the F446's PLLR) stays. */
    STM32F4_RCC_PLLCFGR = (STM32F4_RCC_PLLCFGR & 0xf0000000u) | 8u | mhz << 6 | 0u << 16 | 7u << 24;
    STM32F4_RCC_CR |= STM32F4_PLL_ON;
    for (int i = 0; (STM32F4_RCC_CR & STM32F4_PLL_READY) == 0; i++) {
        if (i == STM32F4_PATIENCE) {
            return false;
        }
    }
    STM32F4_FLASH_ACR = 5u | 1u << 8 | 1u << 9 | 1u << 10; /* 5 wait states, prefetch, both caches */
    STM32F4_RCC_CFGR = STM32F4_PLL_SELECTED | 5u << 10 | 4u << 13;
    while ((STM32F4_RCC_CFGR >> 2 & 3u) != STM32F4_PLL_SELECTED) { /* SWS follows SW */
    }
    return true;
}

/* The USART at `base`, whose clock and pins are on. */
static inline void stm32f4_usart_init(uint32_t base, uint32_t clock_hz)
{
    STM32F4_REG(base + 0x08) = (clock_hz + HAIRLINE_BAUD / 2) / HAIRLINE_BAUD;
    STM32F4_REG(base + 0x0c) = 1u << 13 | 1u << 3 | 1u << 2;
}

static inline int stm32f4_usart_get(uint32_t base)
{
    return (STM32F4_REG(base) & (1u << 5)) != 0 ? (int)(STM32F4_REG(base + 0x04) & 0xffu) : -1;
}

static inline void stm32f4_usart_put(uint32_t base, uint8_t byte)
{
    while ((STM32F4_REG(base) & (1u << 7)) == 0) {
    }
    STM32F4_REG(base + 0x04) = byte;
}

#endif
