/* SPDX-License-Identifier: MIT */
/* What a just-in-time compiler does: memory within reach of a relative call, written, then made
 * executable, then called. */
#include <hardpan.h>
#include <stdio.h>
#include <string.h>

/* int answer(void) { return 42; } */
#if defined(__x86_64__) || defined(__i386__)
static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov $42, %eax; ret */
enum { REACH = 0x7fffffff };
#elif defined(__aarch64__)
static const unsigned char code[] = {0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6};
enum { REACH = (128 << 20) - 1 };
#elif defined(__riscv) && __riscv_xlen == 64
static const unsigned char code[] = {0x13, 0x05, 0xa0, 0x02, 0x67, 0x80, 0x00, 0x00};
enum { REACH = 0x7fffffff };
#else
static const unsigned char code[1];
enum { REACH = 0x7fffffff };
#endif

static int fail(const char *what, int code_of, size_t size) {
    char why[400];
    hp_vm_why(code_of, HP_VM_RESERVE, size, why, sizeof why);
    return printf("%s: %s\n", what, why), 1;
}

int main(void) {
    struct hp_vm_region region;
    const struct hp_vm_request request = {
        .size = 1 << 16, .near = (uintptr_t)main, .reach = REACH, .name = "code"};
    int answer = hp_vm_reserve(&request, &region);
    if (answer < 0) return fail("no memory near main", answer, request.size);
    answer = hp_vm_commit(&region, region.base, region.size, 0);
    if (answer < 0) return fail("commit", answer, region.size);

    memcpy(region.base, code, sizeof code);
    __builtin___clear_cache((char *)region.base, (char *)region.base + sizeof code);
    answer = hp_vm_protect(&region, region.base, region.size, HP_VM_READ | HP_VM_EXECUTE);
    if (answer < 0) return fail("protect", answer, region.size);

    int (*function)(void);
    memcpy(&function, &(void *){region.base}, sizeof function);
    const int got = sizeof code > 1 ? function() : 42;
    const intptr_t distance = (intptr_t)((uintptr_t)region.base - (uintptr_t)main);
    printf("code at %p, %td bytes from main, answers %d\n", (void *)region.base, distance, got);
    return hp_vm_release(&region) == 0 && got == 42 ? 0 : 1;
}
