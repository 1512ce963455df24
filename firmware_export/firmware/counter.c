#include "counter.h"

#if defined(HAIRLINE_IN_EMULATOR) || !defined(__arm__)

/* An emulator has no timing model: its instructions are counted from outside (`hairline firmware emulate`). */
enum hairline_counter counter_start(void) { return HAIRLINE_COUNTER_NONE; }
uint64_t counter_read(void) { return 0; }

#elif __ARM_ARCH_PROFILE == 'M' && __ARM_ARCH >= 7

/* Armv7-M Architecture Reference Manual, C1.6 (DEMCR) and C1.8 (DWT). */
#define DEMCR (*(volatile uint32_t *)0xe000edfcu)
#define DWT_CTRL (*(volatile uint32_t *)0xe0001000u)
#define DWT_CYCCNT (*(volatile uint32_t *)0xe0001004u)

enum hairline_counter counter_start(void)
{
    DEMCR |= 1u << 24; /* TRCENA */
    DWT_CYCCNT = 0;
    DWT_CTRL |= 1u; /* CYCCNTENA */
    return HAIRLINE_COUNTER_DWT_CYCLES;
}

uint64_t counter_read(void) { return DWT_CYCCNT; }

#else

/* Armv6-M has no cycle counter: SysTick counts 24 bits down with the processor's clock, and an interrupt counts its
 * rounds. Armv6-M Architecture Reference Manual, B3.3. */
#define SYST_CSR (*(volatile uint32_t *)0xe000e010u)
#define SYST_RVR (*(volatile uint32_t *)0xe000e014u)
#define SYST_CVR (*(volatile uint32_t *)0xe000e018u)
enum { ROUND = 1 << 24 };

static volatile uint32_t rounds;

void SysTick_Handler(void);
void SysTick_Handler(void) { rounds++; }

enum hairline_counter counter_start(void)
{
    SYST_CSR = 0;
    SYST_RVR = ROUND - 1;
    SYST_CVR = 0;
    rounds = 0;
    SYST_CSR = 7; /* processor clock, interrupt, on */
    return HAIRLINE_COUNTER_SYSTICK_CYCLES;
}

uint64_t counter_read(void)
{
    uint32_t before, value;
    do {
        before = rounds;
        value = SYST_CVR;
    } while (before != rounds);
    return (uint64_t)before * ROUND + (ROUND - 1 - value);
}

#endif
