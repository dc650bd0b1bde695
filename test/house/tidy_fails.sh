#!/bin/sh
# SPDX-License-Identifier: MIT
# tidy_fails.sh RULE: plants one violation of the rule at a time in a copy of the tree, and expects
# script/tidy to find it there, by its file. A rule that cannot fail guards nothing.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
rule=${1:?usage: tidy_fails.sh RULE}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
echo 0 >"$copy/count" # in a file, for plant runs at the end of a pipe

fresh() {
    rm -rf "$copy/tree"
    mkdir "$copy/tree"
    (cd "$root" && find . -path ./build -prune -o -path ./.git -prune -o -type f -print | tar -cf - -T -) |
        tar -xf - -C "$copy/tree"
}

# plant FILE [found-in]: the file's new last lines come from standard input.
plant() {
    fresh
    mkdir -p "$(dirname "$copy/tree/$1")"
    [ -e "$copy/tree/$1" ] || echo '/* SPDX-License-Identifier: MIT */' >"$copy/tree/$1"
    cat >>"$copy/tree/$1"
    expect "${2-$1}"
}

expect() {
    planted=$(($(cat "$copy/count") + 1))
    echo "$planted" >"$copy/count"
    if "$root/script/tidy" -C "$copy/tree" "$rule" >"$copy/said"; then
        echo "violation $planted of $rule in $1 was not found"
        exit 1
    fi
    grep -q "^tidy $rule: $1:" "$copy/said" || {
        cat "$copy/said"
        echo "$rule failed, but not for violation $planted, in $1"
        exit 1
    }
    grep "^tidy $rule: $1:" "$copy/said" | tail -n 1
}

lines() { awk -v n="$1" -v text="$2" 'BEGIN { while (n--) print text }'; }

case $rule in
includes)
    echo '#include "sys.h"' | plant src/base/planted.c
    echo '#include <hardpan/sys.h>' | plant src/layout/planted.c
    echo '#include "enter.h"' | plant src/layout/planted.c
    echo '#include <hardpan.h>' | plant src/vm/planted.c
    echo '#include <hardpan/vm.h>' | plant include/hardpan/sys.h
    echo '#include "text.h"' | plant tool/planted.c
    echo '#include "../src/base/base.h"' | plant example/planted.c
    echo '#include "enter.h"' | plant hostile/planted.c
    echo 'int planted;' | plant src/cellar/planted.c
    ;;
assembly)
    echo 'void planted(void) { __asm__ volatile("nop"); }' | plant src/sys/planted.c
    echo 'void planted(void) { asm("nop"); }' | plant tool/planted.c
    ;;
columns)
    lines 1 "/* $(lines 95 x | tr -d '\n') */" | plant src/base/planted.h
    lines 1 "ROW($(lines 97 x | tr -d '\n'))" | plant src/sys/planted.def
    ;;
blanks)
    echo 'int planted; ' | plant src/base/planted.c
    printf '\tint planted;\n' | plant src/base/planted.c
    printf 'int planted;\r\n' | plant test/planted.c
    printf 'int planted;' | plant tool/planted.c
    ;;
spdx)
    fresh
    echo 'int planted;' >"$copy/tree/src/base/planted.c"
    expect src/base/planted.c
    fresh
    printf '#!/bin/sh\n:\n' >"$copy/tree/script/planted"
    expect script/planted
    ;;
opening)
    printf '#include "hp_test.h"\n' | plant test/planted.c
    printf '\n/* Too late, below an empty line. */\n' | plant src/vm/planted.c
    printf '/* planted */\n' | plant tool/planted.h
    ;;
banned)
    for word in 'malloc(1)' 'free(p)' 'printf("x")' 'fprintf(f, "x")' 'abort()' 'exit(1)' '_exit(1)' \
        'assert(1)' 'pthread_self()' 'errno = 0'; do
        echo "void planted(void) { $word; }" | plant src/vm/planted.c
    done
    echo 'static __thread int planted;' | plant src/base/planted.c
    # Prose and look-alikes are no violations: only the last of these lines is.
    printf '%s\n' '/* malloc(1), errno */' 'const char *t = "malloc(1) errno";' 'int hp_sys_exit(int);' \
        'int x = errno;' | plant src/base/planted.c 'src/base/planted.c:5'
    ;;
functions)
    { echo 'void planted(void) {'; lines 70 '    planted();'; echo '}'; } | plant test/planted.c
    awk 'BEGIN { for (i = 0; i < 9999; i++) printf "void p%d(void) {\n%s}\n", i, "\n\n\n\n\n\n\n\n\n" }' |
        plant src/base/planted.c
    awk 'BEGIN {
        for (i = 0; i < 4000; i++) print "void q" i "(void) {}"
        for (i = 0; i < 1500; i++) { print "void p" i "(void) {"; for (j = 0; j < 35; j++) print ""; print "}" }
    }' | plant tool/planted.c
    ;;
length) lines 400 'extern int planted;' | plant test/planted.h ;;
conditions)
    awk 'BEGIN { for (i = 0; i < 99; i++) print "#ifdef PLANTED" i "\n#endif" }' | plant src/vm/planted.c
    awk 'BEGIN { for (i = 0; i < 99; i++) print "#if PLANTED\n#elif 1\n#endif" }' | plant include/hardpan/base.h
    ;;
headers)
    echo 'size_t planted(void);' | plant include/hardpan/planted.h
    echo 'struct planted { int x; };' | plant include/hardpan/planted.h
    printf '#ifndef PLANTED\n#define PLANTED\nextern int planted(int class);\n#endif\n' |
        plant include/hardpan/planted.h
    printf '#ifndef PLANTED\n#define PLANTED\nextern int planted(int *restrict x);\n#endif\n' |
        plant include/hardpan/planted.h
    ;;
public)
    printf '\n/* A comment. */\nint hp_planted(void);\n' | plant include/hardpan/planted.h
    printf '\nHP_API int hp_planted(void);\n' | plant include/hardpan/planted.h
    printf '\n/* A comment. */\nHP_API int hp_sys_now(void);\n' | plant include/hardpan/zz.h
    printf '\n/* ---- A heading --- */\n\nHP_API int hp_planted(void);\n' | plant include/hardpan/planted.h
    printf '\n/* A comment. */\nstruct s {\n};\nHP_API int hp_planted(void);\n' | plant include/hardpan/planted.h
    printf '\n/* A comment. */\n%s\n%s\n%s\n%s\n' 'HP_API int hp_one(void);' 'HP_API int hp_two(void);' \
        'HP_API int hp_three(void);' 'HP_API int hp_four(void);' |
        plant include/hardpan/planted.h include/hardpan/planted.h:7
    ;;
symbols)
    # The library is built once, and lies outside the copy: what it may do is in the copy.
    fresh
    printf '\n/* A comment. */\nHP_API int hp_planted(void);\n' >>"$copy/tree/include/hardpan/base.h"
    expect "$HARDPAN_LIBRARY"
    for what in 'void planted(void) {}' 'void malloc(void); void hp_planted(void) { malloc(); }'; do
        fresh
        cp "$HARDPAN_LIBRARY" "$copy/tree/planted.a"
        echo "$what" >"$copy/tree/planted.c"
        (cd "$copy/tree" && "${CC:-cc}" -fno-builtin -w -c planted.c && ar r planted.a planted.o)
        HARDPAN_LIBRARY=planted.a expect planted.a
    done
    ;;
*)
    echo "no violation of '$rule' is known here"
    exit 1
    ;;
esac
echo "$(cat "$copy/count") violations of $rule, each found"
