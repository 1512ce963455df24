/* STM32F405 at 168 MHz; USART1 on PB6 (TX) and PB7 (RX): SCL and SDA of a Feather F405. Registers: RM0090. */
#include "board.h"
#include "stm32f4.h"

#define USART1 0x40011000u
#define GPIOB_MODER STM32F4_REG(0x40020400u)
#define GPIOB_PUPDR STM32F4_REG(0x4002040cu)
#define GPIOB_AFRL STM32F4_REG(0x40020420u)
enum { PLL_MHZ = 168 };

static uint32_t clock_hz = STM32F4_HSI_HZ;

void board_init(void)
{
    const bool fast = stm32f4_start_pll(PLL_MHZ);
    clock_hz = fast ? PLL_MHZ * 1000000u : STM32F4_HSI_HZ;
    STM32F4_RCC_AHB1ENR |= 1u << 1; /* GPIOB */
    STM32F4_RCC_APB2ENR |= 1u << 4; /* USART1 */
    GPIOB_AFRL = (GPIOB_AFRL & 0x00ffffffu) | 7u << 24 | 7u << 28;
    GPIOB_PUPDR |= 1u << 14; /* an open RX stays high */
    GPIOB_MODER = (GPIOB_MODER & ~(0xfu << 12)) | 2u << 12 | 2u << 14;
    stm32f4_usart_init(USART1, fast ? clock_hz / 2 : clock_hz);
}

uint32_t board_clock_hz(void) { return clock_hz; }

int board_get(void) { return stm32f4_usart_get(USART1); }

void board_put(uint8_t byte) { stm32f4_usart_put(USART1, byte); }
