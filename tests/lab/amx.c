/*
 * Preloaded into linux.uml by a test: this host's kernel as if the CPU had AMX. There is more state than there really
 * is, all of it must be set at once (EFAULT), tiles are always in use, and setting them is not permitted (EINVAL).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

enum { XSTATE_BV = 512, WITH_TILES = 11008 };
static const uint64_t TILES = UINT64_C(3) << 17;
static long (*libc_ptrace)(enum __ptrace_request request, ...);
static unsigned char area[65536];

__attribute__((constructor)) static void prepare(void)
{
    *(void **)&libc_ptrace = dlsym(RTLD_NEXT, "ptrace");
}

long ptrace(enum __ptrace_request request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    int pid = va_arg(arguments, int);
    void *address = va_arg(arguments, void *);
    void *data = va_arg(arguments, void *);
    va_end(arguments);

    struct iovec *told = data, real = {area, sizeof area};
    uint64_t present;
    if ((uint32_t)(uintptr_t)address != NT_X86_XSTATE || (request != PTRACE_GETREGSET && request != PTRACE_SETREGSET))
        return libc_ptrace(request, pid, address, data);
    if (request == PTRACE_GETREGSET) {
        memset(area, 0, sizeof area);
        long result = libc_ptrace(request, pid, address, &real);
        size_t whole = real.iov_len > WITH_TILES ? real.iov_len : WITH_TILES;
        memcpy(&present, area + XSTATE_BV, sizeof present);
        present |= TILES;
        memcpy(area + XSTATE_BV, &present, sizeof present);
        if (told->iov_len > whole)
            told->iov_len = whole;
        memcpy(told->iov_base, area, told->iov_len);
        return result;
    }
    memcpy(&present, (unsigned char *)told->iov_base + XSTATE_BV, sizeof present);
    errno = told->iov_len < WITH_TILES ? EFAULT : EINVAL;
    if (told->iov_len < WITH_TILES || present & TILES)
        return -1;
    return libc_ptrace(request, pid, address, data);
}
