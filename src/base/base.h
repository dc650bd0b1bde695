/* SPDX-License-Identifier: MIT */
/* Page arithmetic, checked arithmetic, assertions. Knows nobody. */
#ifndef HP_BASE_BASE_H
#define HP_BASE_BASE_H

#include <hardpan/base.h>
#include <stdbool.h>

#define HP_INLINE static inline __attribute__((always_inline))
#define HP_COUNT(array) (sizeof(array) / sizeof *(array))

/* A broken invariant of our own stops a debug build where it broke. The library never aborts in a
 * release. */
#ifdef NDEBUG
#define hp_assert(condition) ((void)sizeof(!(condition)))
#else
#define hp_assert(condition) ((condition) ? (void)0 : __builtin_trap())
#endif

HP_INLINE bool hp_is_power_of_two(size_t n) { return n && !(n & (n - 1)); }
HP_INLINE bool hp_is_aligned(uintptr_t n, size_t align) { return !(n & (align - 1)); }
HP_INLINE uintptr_t hp_align_down(uintptr_t n, size_t align) { return n & ~(uintptr_t)(align - 1); }

/* False when the sum does not fit; *sum is then unspecified. */
HP_INLINE bool hp_add(size_t a, size_t b, size_t *sum) {
    return !__builtin_add_overflow(a, b, sum);
}
HP_INLINE bool hp_mul(size_t a, size_t b, size_t *product) {
    return !__builtin_mul_overflow(a, b, product);
}

/* False when n rounded up does not fit. */
HP_INLINE bool hp_align_up(uintptr_t n, size_t align, uintptr_t *up) {
    bool fits = !__builtin_add_overflow(n, align - 1, up);
    *up = hp_align_down(*up, align);
    return fits;
}

#endif
