/* STM32F405 at 168 MHz from its own 16 MHz oscillator, so that no board's crystal matters; USART1 on PB6 (TX) and PB7
 * (RX): SCL and SDA of a Feather F405. Registers: reference manual RM0090. */
#include "board.h"

#define REG(address) (*(volatile uint32_t *)(address))
#define RCC_CR REG(0x40023800u)
#define RCC_PLLCFGR REG(0x40023804u)
#define RCC_CFGR REG(0x40023808u)
#define RCC_AHB1ENR REG(0x40023830u)
#define RCC_APB2ENR REG(0x40023844u)
#define FLASH_ACR REG(0x40023c00u)
#define GPIOB_MODER REG(0x40020400u)
#define GPIOB_PUPDR REG(0x4002040cu)
#define GPIOB_AFRL REG(0x40020420u)
#define USART1_SR REG(0x40011000u)
#define USART1_DR REG(0x40011004u)
#define USART1_BRR REG(0x40011008u)
#define USART1_CR1 REG(0x4001100cu)

enum {
    HSI_HZ = 16000000,
    PLL_HZ = 168000000,
    PLL_ON = 1 << 24,
    PLL_READY = 1 << 25,
    PLL_SELECTED = 2, /* of SW, and of SWS two bits above it (RM0090, 7.3.3) */
    PATIENCE = 100000, /* loops; an emulator has no PLL, and a board without one still works, slowly */
};

static uint32_t clock_hz = HSI_HZ;

static void start_pll(void)
{
    /* 16 MHz / 8 * 168 / 2; the 48 MHz output divides by 7. */
    RCC_PLLCFGR = 8u | 168u << 6 | 0u << 16 | 7u << 24;
    RCC_CR |= PLL_ON;
    for (int i = 0; (RCC_CR & PLL_READY) == 0; i++) {
        if (i == PATIENCE) {
            return;
        }
    }
    FLASH_ACR = 5u | 1u << 8 | 1u << 9 | 1u << 10;            /* 5 wait states, prefetch, both caches */
    RCC_CFGR = PLL_SELECTED | 5u << 10 | 4u << 13;            /* APB1 at a quarter, APB2 at half */
    while ((RCC_CFGR >> 2 & 3u) != PLL_SELECTED) { /* SWS follows SW */
    }
    clock_hz = PLL_HZ;
}

void board_init(void)
{
    start_pll();
    const uint32_t uart_hz = clock_hz == PLL_HZ ? PLL_HZ / 2 : HSI_HZ;
    RCC_AHB1ENR |= 1u << 1; /* GPIOB */
    RCC_APB2ENR |= 1u << 4; /* USART1 */
    GPIOB_AFRL = (GPIOB_AFRL & 0x00ffffffu) | 7u << 24 | 7u << 28;
    GPIOB_PUPDR |= 1u << 14; /* an open RX stays high */
    GPIOB_MODER = (GPIOB_MODER & ~(0xfu << 12)) | 2u << 12 | 2u << 14;
    USART1_BRR = (uart_hz + HAIRLINE_BAUD / 2) / HAIRLINE_BAUD;
    USART1_CR1 = 1u << 13 | 1u << 3 | 1u << 2;
}

uint32_t board_clock_hz(void) { return clock_hz; }

int board_get(void) { return (USART1_SR & (1u << 5)) != 0 ? (int)(USART1_DR & 0xffu) : -1; }

void board_put(uint8_t byte)
{
    while ((USART1_SR & (1u << 7)) == 0) {
    }
    USART1_DR = byte;
}
