/* SPDX-License-Identifier: MIT */
/* The calls by number of arguments, over arch_call_pair, for either entry of FreeBSD/amd64. */
HP_INLINE long arch_call6(long nr, long a, long b, long c, long d, long e, long f) {
    long second;
    return arch_call_pair(nr, a, b, c, d, e, f, &second);
}
HP_INLINE long arch_call5(long nr, long a, long b, long c, long d, long e) {
    return arch_call6(nr, a, b, c, d, e, 0);
}
HP_INLINE long arch_call4(long nr, long a, long b, long c, long d) {
    return arch_call6(nr, a, b, c, d, 0, 0);
}
HP_INLINE long arch_call3(long nr, long a, long b, long c) {
    return arch_call6(nr, a, b, c, 0, 0, 0);
}
HP_INLINE long arch_call2(long nr, long a, long b) { return arch_call6(nr, a, b, 0, 0, 0, 0); }
HP_INLINE long arch_call1(long nr, long a) { return arch_call6(nr, a, 0, 0, 0, 0, 0); }
HP_INLINE long arch_call0(long nr) { return arch_call6(nr, 0, 0, 0, 0, 0, 0); }

/* As arch_call6, and leaves in *nr what the number register held afterwards: here the answer
 * itself. */
HP_INLINE long arch_observe(long *nr, const long a[6]) {
    *nr = arch_call6(*nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    return *nr;
}
