/* The most memory that was resident: not getrusage, which counts what the parent had before it started this program. */
#include "hairline_program.h"

void hairline_report_memory(std::FILE *out) {
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
