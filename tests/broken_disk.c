/* A disk that fails or is slow, put before libc (LD_PRELOAD): what BROKEN_DISK_SAYS, a file, holds is done to every file
 * below BROKEN_DISK_BELOW. "full": nothing more can be written (ENOSPC). "read-only": EROFS, as after an error of the
 * file system. "slow N": a flush takes N ms more. Empty: as it is. The file is read at each call, so that a fault comes
 * and goes while a process runs. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* The same function of libc. */
#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int saying(char *word, size_t size) {
    const char *path = getenv("BROKEN_DISK_SAYS");
    FILE *file = path ? fopen(path, "re") : NULL;
    int found = file && fgets(word, (int)size, file);
    if (file) fclose(file);
    return found;
}

static int is_below(const char *path) {
    const char *below = getenv("BROKEN_DISK_BELOW");
    return below && strncmp(path, below, strlen(below)) == 0;
}

static int is_ours(int descriptor) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_below(path);
}

/* The error that writing now meets, or 0. */
static int objection(void) {
    char word[64];
    if (!saying(word, sizeof word)) return 0;
    if (!strncmp(word, "full", 4)) return ENOSPC;
    return strncmp(word, "read-only", 9) ? 0 : EROFS;
}

static int refused(int descriptor) {
    int error = is_ours(descriptor) ? objection() : 0;
    errno = error ? error : errno;
    return error;
}

static void wait_for_flush(int descriptor) {
    char word[64];
    int ms;
    if (is_ours(descriptor) && saying(word, sizeof word) && sscanf(word, "slow %d", &ms) == 1) usleep(ms * 1000);
}

ssize_t write(int descriptor, const void *content, size_t count) {
    REAL(write);
    return refused(descriptor) ? -1 : real(descriptor, content, count);
}

ssize_t pwrite64(int descriptor, const void *content, size_t count, off64_t offset) {
    REAL(pwrite64);
    return refused(descriptor) ? -1 : real(descriptor, content, count, offset);
}

ssize_t pwrite(int descriptor, const void *content, size_t count, off_t offset) {
    return pwrite64(descriptor, content, count, offset);
}

int fsync(int descriptor) {
    REAL(fsync);
    wait_for_flush(descriptor);
    return real(descriptor);
}

int fdatasync(int descriptor) {
    REAL(fdatasync);
    wait_for_flush(descriptor);
    return real(descriptor);
}

int rename(const char *from, const char *to) {
    REAL(rename);
    int error = is_below(to) ? objection() : 0;
    if (error == EROFS) return errno = error, -1;
    return real(from, to);
}

int open64(const char *path, int flags, ...) {
    REAL(open64);
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int);
    va_end(rest);
    if ((flags & (O_WRONLY | O_RDWR | O_CREAT)) && is_below(path) && objection() == EROFS) return errno = EROFS, -1;
    return real(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int);
    va_end(rest);
    return open64(path, flags, mode);
}
