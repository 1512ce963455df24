/* Raspberry Pi Pico at 125 MHz from its 12 MHz crystal; UART0 on GPIO0 (TX) and GPIO1 (RX). Registers: RP2040 datasheet. */
#include "board.h"

#define REG(address) (*(volatile uint32_t *)(address))
#define RESETS_RESET_CLEAR REG(0x4000f000u)
#define RESETS_DONE REG(0x4000c008u)
#define CLK_REF_CTRL REG(0x40008030u)
#define CLK_REF_SELECTED REG(0x40008038u)
#define CLK_SYS_CTRL REG(0x4000803cu)
#define CLK_SYS_SELECTED REG(0x40008044u)
#define CLK_PERI_CTRL REG(0x40008048u)
#define XOSC_CTRL REG(0x40024000u)
#define XOSC_STATUS REG(0x40024004u)
#define XOSC_STARTUP REG(0x4002400cu)
#define PLL_SYS_CS REG(0x40028000u)
#define PLL_SYS_PWR REG(0x40028004u)
#define PLL_SYS_FBDIV REG(0x40028008u)
#define PLL_SYS_PRIM REG(0x4002800cu)
#define GPIO0_CTRL REG(0x40014004u)
#define GPIO1_CTRL REG(0x4001400cu)
#include "pl011.h"
#define UART0 0x40034000u

enum {
    CLOCK_HZ = 125000000,
    IO_BANK0 = 1 << 5,
    PADS_BANK0 = 1 << 8,
    PLL_SYS = 1 << 12,
    UART0_RESET = 1 << 22,
};

static void release(uint32_t blocks)
{
    RESETS_RESET_CLEAR = blocks;
    while ((RESETS_DONE & blocks) != blocks) {
    }
}

static void start_clocks(void)
{
    XOSC_CTRL = 0xaa0;    /* 1 to 15 MHz */
    XOSC_STARTUP = 47;    /* 1 ms in units of 256 periods: datasheet 2.16.3 */
    XOSC_CTRL = 0xfabaa0; /* on */
    while ((XOSC_STATUS & 1u << 31) == 0) {
    }
    CLK_REF_CTRL = 2; /* the crystal */
    while ((CLK_REF_SELECTED & 1u << 2) == 0) {
    }
    release(PLL_SYS);
    PLL_SYS_CS = 1;
    PLL_SYS_FBDIV = 125;              /* 12 MHz * 125 = 1500 MHz */
    PLL_SYS_PWR = 1u << 3 | 1u << 2;  /* oscillator and loop on, the dividers behind them still off */
    while ((PLL_SYS_CS & 1u << 31) == 0) {
    }
    PLL_SYS_PRIM = 6u << 16 | 2u << 12; /* 1500 MHz / 6 / 2 */
    PLL_SYS_PWR = 1u << 2;
    CLK_SYS_CTRL = 0; /* the other source of clk_sys is the PLL; then change to it */
    CLK_SYS_CTRL = 1;
    while ((CLK_SYS_SELECTED & 1u << 1) == 0) {
    }
    CLK_PERI_CTRL = 1u << 11; /* clk_sys */
}

void board_init(void)
{
    start_clocks();
    release(IO_BANK0 | PADS_BANK0 | UART0_RESET);
    pl011_init(UART0, CLOCK_HZ);
    GPIO0_CTRL = 2;
    GPIO1_CTRL = 2;
}

uint32_t board_clock_hz(void) { return CLOCK_HZ; }

int board_get(void) { return pl011_get(UART0); }

void board_put(uint8_t byte) { pl011_put(UART0, byte); }
