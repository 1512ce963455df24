/* Heap and stack on a Cortex-M: the highest break that newlib asked for (the linker wraps _sbrk), and how far down the
 * stack was written (start.c filled it with a pattern). */
#include "hairline_program.h"

#include <cstddef>

extern "C" {
extern char heap_begin, stack_top;
void *__real__sbrk(ptrdiff_t step);

static char *highest = &heap_begin;

void *__wrap__sbrk(ptrdiff_t step) {
    char *before = static_cast<char *>(__real__sbrk(step));
    if (before != reinterpret_cast<char *>(-1) && before + step > highest)
        highest = before + step;
    return before;
}
}

void hairline_report_memory(std::FILE *out) {
    const uint32_t unused = 0xA5A5A5A5;
    const uint32_t *at = reinterpret_cast<uint32_t *>((reinterpret_cast<uintptr_t>(highest) + 3) & ~uintptr_t(3));
    while (reinterpret_cast<const char *>(at) < &stack_top && *at == unused)
        at++;
    std::fprintf(out, "memory: heap %lu\nmemory: stack %lu\n", static_cast<unsigned long>(highest - &heap_begin),
                 static_cast<unsigned long>(&stack_top - reinterpret_cast<const char *>(at)));
}
