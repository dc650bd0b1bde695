/* SPDX-License-Identifier: MIT */
/* A stranger's program, built against the installed library only, as C11 and as C++17. */
#include <hardpan.h>
#include <stdio.h>

int main(void) {
    if (hp_sys_getpid() <= 0 || hp_sys_close(-1) >= 0) return 1;
    printf("%s %s\n", HP_VERSION, hp_sys_door());
    return 0;
}
