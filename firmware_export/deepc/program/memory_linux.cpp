/* The most memory that was used: of the heap, by counting around malloc (the linker's --wrap); of the stack, by what is
 * left of a pattern; and resident, which is the program's own only where no emulator runs it. */
#include "hairline_program.h"

#include <alloca.h>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <malloc.h>

extern "C" {
extern void *__libc_stack_end;
void *__real_malloc(size_t count);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *before, size_t count);
void *__real_aligned_alloc(size_t alignment, size_t count);
void __real_free(void *block);
}

namespace {

const size_t PAINTED = 64 * 1024;
const unsigned char UNUSED = 0xA5;
volatile unsigned char *painted;
size_t live, highest;

void *counted(void *block) {
    live += malloc_usable_size(block);
    if (live > highest)
        highest = live;
    return block;
}

/* Before main, so that main's calls fall onto the pattern. */
__attribute__((constructor, noinline)) void paint() {
    painted = static_cast<volatile unsigned char *>(alloca(PAINTED));
    for (size_t at = 0; at < PAINTED; at++)
        painted[at] = UNUSED;
}

unsigned long stack_bytes() {
    size_t at = 0;
    while (at < PAINTED && painted[at] == UNUSED)
        at++;
    return static_cast<unsigned long>(static_cast<unsigned char *>(__libc_stack_end) - (painted + at));
}

} // namespace

extern "C" {

void *__wrap_malloc(size_t count) { return counted(__real_malloc(count)); }

void *__wrap_calloc(size_t count, size_t size) { return counted(__real_calloc(count, size)); }

void *__wrap_aligned_alloc(size_t alignment, size_t count) { return counted(__real_aligned_alloc(alignment, count)); }

int __wrap_posix_memalign(void **block, size_t alignment, size_t count) {
    *block = __wrap_aligned_alloc(alignment, count);
    return *block ? 0 : ENOMEM;
}

void *__wrap_realloc(void *before, size_t count) {
    const size_t had = malloc_usable_size(before);
    void *block = __real_realloc(before, count);
    if (block || count == 0)
        live -= had;
    return counted(block);
}

void __wrap_free(void *block) {
    live -= malloc_usable_size(block);
    __real_free(block);
}
}

void hairline_report_memory(std::FILE *out) {
    std::fprintf(out, "memory: heap %lu\nmemory: stack %lu\n", static_cast<unsigned long>(highest), stack_bytes());
    /* Not getrusage, which counts what the parent had before it started this program. */
    std::FILE *status = std::fopen("/proc/self/status", "r");
    if (!status)
        return;
    char line[128];
    unsigned long kilobytes;
    while (std::fgets(line, sizeof line, status))
        if (std::sscanf(line, "VmHWM: %lu kB", &kilobytes) == 1)
            std::fprintf(out, "memory: resident %lu\n", kilobytes * 1024);
    std::fclose(status);
}
