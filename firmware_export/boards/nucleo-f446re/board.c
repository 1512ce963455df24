/* STM32F446RE on ST's Nucleo; USART2 on PA2 (TX) and PA3 (RX): the serial port of the ST-LINK on the same board. 166 MHz,
 * because a quarter of it is 45 times 921,600 baud to 0.07 %. Registers: RM0390. */
#include "board.h"
#include "stm32f4.h"

#define USART2 0x40004400u
#define GPIOA_MODER STM32F4_REG(0x40020000u)
#define GPIOA_PUPDR STM32F4_REG(0x4002000cu)
#define GPIOA_AFRL STM32F4_REG(0x40020020u)
enum { PLL_MHZ = 166 };

static uint32_t clock_hz = STM32F4_HSI_HZ;

void board_init(void)
{
    const bool fast = stm32f4_start_pll(PLL_MHZ);
    clock_hz = fast ? PLL_MHZ * 1000000u : STM32F4_HSI_HZ;
    STM32F4_RCC_AHB1ENR |= 1u << 0;  /* GPIOA */
    STM32F4_RCC_APB1ENR |= 1u << 17; /* USART2 */
    GPIOA_AFRL = (GPIOA_AFRL & 0xffff00ffu) | 7u << 8 | 7u << 12;
    GPIOA_PUPDR |= 1u << 6; /* an open RX stays high */
    GPIOA_MODER = (GPIOA_MODER & ~(0xfu << 4)) | 2u << 4 | 2u << 6;
    stm32f4_usart_init(USART2, fast ? clock_hz / 4 : clock_hz);
}

uint32_t board_clock_hz(void) { return clock_hz; }

int board_get(void) { return stm32f4_usart_get(USART2); }

void board_put(uint8_t byte) { stm32f4_usart_put(USART2, byte); }
