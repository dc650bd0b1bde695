/* SPDX-License-Identifier: MIT */
/* Compiled as in a release, for every Linux ABI, and disassembled (codegen.sh): the wrappers
 * that the other rooms lean on, and a retry loop with the number in a variable, which is where a
 * compiler would keep it over the call. */
#include "../../src/sys/descriptor.c"
#include "../../src/sys/memory.c"
#include "../../src/sys/process.c"

long probe_loop(long number, long a);
long probe_loop(long number, long a) {
    long answer;
    do answer = arch_call1(number, a);
    while (answer == -HP_EINTR);
    return answer;
}
