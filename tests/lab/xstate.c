/*
 * Preloaded into linux.uml, and into nothing else: lets it boot on CPUs that have more state than it knows.
 *
 * user-mode-linux 6.1 keeps 2,696 bytes of each process's FP state, as much as AVX-512 and PKRU need. The host's kernel
 * takes a PTRACE_SETREGSET of NT_X86_XSTATE only for all the state that the CPU has (arch/x86/kernel/fpu/regset.c:
 * xstateregs_set()), which is 11,008 bytes with AMX, and says EFAULT to less: the guest panics with its first process.
 * So what is too short is laid over the whole state, as the process has it.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Intel SDM vol. 1, 13.4: 512 bytes of legacy area (components 0 and 1), then the header, which begins with XSTATE_BV. */
enum { XSTATE_BV = 512, HEADER_END = 576, FIRST_EXTENDED = 2, COMPONENTS = 64, XSTATE_LEAF = 0xd };

/* Where a component's state lies in an area of the standard format, which ptrace uses. Size 0: it lies in none. */
struct component {
    uint32_t offset, size;
};

/* Those of this CPU: CPUID leaf 0xD, a subleaf for each. */
void xstate_components(struct component table[COMPONENTS])
{
    memset(table, 0, COMPONENTS * sizeof *table);
    for (unsigned number = FIRST_EXTENDED; number < COMPONENTS - 1; number++) {
        unsigned size, offset, flags, reserved;
        /* Bit 0 of ECX: the supervisor's state, which has no place in this format. */
        if (__get_cpuid_count(XSTATE_LEAF, number, &size, &offset, &flags, &reserved) && !(flags & 1))
            table[number] = (struct component){offset, size};
    }
}

/*
 * Lay `size` bytes of an area over the start of a whole one. Components that do not lie in these are left out of
 * XSTATE_BV, that is, in their initial state: XSTATE_BV is the short area's, and may name what that has no room for.
 */
void xstate_lay_over(unsigned char *whole, const unsigned char *area, size_t size, const struct component table[COMPONENTS])
{
    uint64_t present;

    memcpy(whole, area, size);
    memcpy(&present, whole + XSTATE_BV, sizeof present);
    for (unsigned number = FIRST_EXTENDED; number < COMPONENTS; number++) {
        uint64_t end = (uint64_t)table[number].offset + table[number].size;
        if (table[number].size == 0 || end > size)
            present &= ~(UINT64_C(1) << number);
    }
    memcpy(whole + XSTATE_BV, &present, sizeof present);
}

static long (*libc_ptrace)(enum __ptrace_request request, ...);
static struct component components[COMPONENTS];

/* Before main: the guest's kernel calls us on stacks of 16 KiB, where neither the linker nor a large area has room. */
__attribute__((constructor)) static void prepare(void)
{
    *(void **)&libc_ptrace = dlsym(RTLD_NEXT, "ptrace");
    xstate_components(components);
}

static long set_xstate(pid_t pid, void *kind, struct iovec *area)
{
    /* One for all: a single thread of linux.uml traces. */
    static unsigned char whole[65536];
    static size_t whole_size; /* the CPU's, the same for every process */
    struct iovec all = {whole, sizeof whole};

    if (area->iov_len < HEADER_END || (whole_size != 0 && area->iov_len >= whole_size) ||
        libc_ptrace(PTRACE_GETREGSET, pid, kind, &all) != 0 || all.iov_len == sizeof whole)
        return libc_ptrace(PTRACE_SETREGSET, pid, kind, area);
    whole_size = all.iov_len;
    if (area->iov_len >= whole_size)
        return libc_ptrace(PTRACE_SETREGSET, pid, kind, area);
    xstate_lay_over(whole, area->iov_base, area->iov_len, components);
    return libc_ptrace(PTRACE_SETREGSET, pid, kind, &all);
}

/* All other requests are libc's, so that those that peek keep its convention: the word is what they return. */
long ptrace(enum __ptrace_request request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    pid_t pid = va_arg(arguments, pid_t);
    void *address = va_arg(arguments, void *);
    void *data = va_arg(arguments, void *);
    va_end(arguments);

    if (libc_ptrace == NULL) {
        errno = ENOSYS;
        return -1;
    }
    if (request == PTRACE_SETREGSET && (uint32_t)(uintptr_t)address == NT_X86_XSTATE && data != NULL)
        return set_xstate(pid, (void *)(uintptr_t)NT_X86_XSTATE, data);
    return libc_ptrace(request, pid, address, data);
}
