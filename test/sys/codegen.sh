#!/bin/sh
# SPDX-License-Identifier: MIT
# Looks at the machine code, for systems and architectures that this machine cannot run.
#   codegen.sh TREE freebsd-build|freebsd-cmake|freebsd-registers|linux-ARCH|broken
set -u
tree=$1 subject=$2
here=$tree/test/sys
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

skip() {
    echo "SKIP: $1"
    exit 77
}

need() {
    for program; do
        command -v "$program" >/dev/null 2>&1 || skip "$program is not installed"
    done
}

warnings="-Wall -Wextra -Wconversion -Wshadow -Wundef -Wstrict-prototypes -Wmissing-prototypes
    -fno-stack-protector -Werror"

# Without -nostdlibinc clang takes /usr/include for every system, with the numbers of this one.
freebsd_cc() {
    # shellcheck disable=SC2086
    clang --target=x86_64-unknown-freebsd -nostdlibinc -ffreestanding -std=gnu11 $warnings "$@"
}

entry_folder() {
    [ "$1" = int80 ] && echo "-I$tree/src/sys/arch/x86_64-freebsd-int80"
}

freebsd_rooms="-I$tree/include -I$tree/src/base -I$tree/src/sys -I$tree/src/sys/arch/x86_64-freebsd
    -I$tree/src/sys/os/freebsd -I$tree/src/sys/door/raw -I$tree/src/sys/gate/shut"

# Every header that was read, and none from outside the tree but the compiler's own.
foreign_headers() {
    own=$(clang -print-resource-dir)
    sed -n 's/^\.\.* //p' "$1" | grep -v -e "^$tree/" -e "^$own/"
}

freebsd_build() {
    need clang
    built=0
    for entry in syscall int80; do
        for source in "$tree"/src/base/*.c "$tree"/src/sys/*.c; do
            # shellcheck disable=SC2046,SC2086
            freebsd_cc -O2 -H $(entry_folder $entry) $freebsd_rooms -c "$source" -o "$work/o" \
                2>"$work/log" || { grep -v '^\.' "$work/log"; failed=1; }
            foreign_headers "$work/log" && { echo "$source: a header of the host"; failed=1; }
            built=$((built + 1))
        done
    done
    echo "freebsd: $built files compiled"
    [ "$built" -ge 20 ] || failed=1
}

# The choice as the build offers it: the library has the one entry and not the other, and a name that
# is none is refused.
freebsd_cmake() {
    need clang
    need cmake
    for entry in '' int80; do
        rm -rf "$work/build"
        if ! cmake -S "$tree" -B "$work/build" -G 'Unix Makefiles' -DHARDPAN_ENTRY=$entry \
            -DCMAKE_TOOLCHAIN_FILE="$tree/pkg/toolchain/freebsd.cmake" >"$work/log" 2>&1 ||
            ! cmake --build "$work/build" >>"$work/log" 2>&1; then
            cat "$work/log"
            failed=1
            continue
        fi
        llvm-objdump -d "$work/build/libhardpan.a" |
            awk -v wanted="${entry:-syscall}" '
                /[ \t]syscall/ { seen["syscall"]++ }
                /[ \t]int[ \t]+(\$128|0x80)/ { seen["int80"]++ }
                END { for (entry in seen) kinds++; exit !(kinds == 1 && seen[wanted] >= 40) }' ||
            { echo "HARDPAN_ENTRY=$entry: not built by this entry alone"; failed=1; }
    done
    cmake -S "$tree" -B "$work/none" -DHARDPAN_ENTRY=int81 \
        -DCMAKE_TOOLCHAIN_FILE="$tree/pkg/toolchain/freebsd.cmake" >"$work/log" 2>&1 &&
        { echo "HARDPAN_ENTRY=int81 was taken for an entry"; failed=1; }
    return 0
}

# freebsd_probe ENTRY LEVEL FOLDER...: what the checker says of the probe.
freebsd_probe() {
    entry=$1 level=$2
    shift 2
    # shellcheck disable=SC2086
    freebsd_cc $level "$@" -I"$tree/src/sys/arch/x86_64-freebsd" -I"$tree/include" \
        -I"$tree/src/base" -c "$here/freebsd_probe.c" -o "$work/probe.o" || return 2
    llvm-objdump -d --no-show-raw-insn "$work/probe.o" >"$work/probe.s" || return 2
    awk -v entry="$entry" -f "$here/registers.awk" "$work/probe.s"
}

freebsd_registers() {
    need clang llvm-objdump
    for level in -O1 -O2 -O3 -Os; do
        freebsd_probe syscall "$level" || failed=1
        freebsd_probe int80 "$level" -I"$tree/src/sys/arch/x86_64-freebsd-int80" || failed=1
    done
}

linux_rooms() {
    echo "-I$tree/include -I$tree/src/base -I$tree/src/sys -I$tree/src/sys/os/linux
        -I$tree/src/sys/door/raw -I$tree/src/sys/gate/shut -I$tree/src/sys/arch/$1-linux"
}

triple() {
    [ "$1" = i386 ] && echo i686-linux-gnu || echo "$1-linux-gnu"
}

plain() {
    case $1 in x86_64 | i386) echo -fcf-protection=none ;; esac
}

# linux_gcc ARCH FOLDER...: the released wrappers, every instruction on the way through counted.
linux_gcc() {
    arch=$1
    shift
    tools=$(triple "$arch")
    # shellcheck disable=SC2046
    "$tools-gcc" -std=gnu11 -O2 -fPIC -fno-stack-protector $(plain "$arch") "$@" \
        $(linux_rooms "$arch") -c "$here/linux_probe.c" -o "$work/linux.o" || return 2
    "$tools-objdump" -d --no-show-raw-insn "$work/linux.o" >"$work/linux.s" || return 2
    awk -v arch="$arch" -f "$here/straight.awk" "$work/linux.s"
}

# clang keeps other registers over a loop than gcc does.
linux_clang() {
    arch=$1
    shift
    # shellcheck disable=SC2046
    clang --target="$arch-linux-gnu" -nostdlibinc -ffreestanding -std=gnu11 -O2 -fPIC "$@" \
        $(linux_rooms "$arch") -c "$here/linux_probe.c" -o "$work/linux.o" || return 2
    llvm-objdump -d --no-show-raw-insn "$work/linux.o" >"$work/linux.s" || return 2
    awk -v arch="$arch" -v loop_only=1 -f "$here/straight.awk" "$work/linux.s"
}

# The vector units, whose registers the kernel may destroy: each compiler has other names for them.
vector() {
    case $1 in
    aarch64) flags=-march=armv8-a+sve ;;
    riscv64) flags=-march=rv64gcv ;;
    *) return 0 ;;
    esac
    for compiler in "$(triple "$1")-gcc" "clang --target=$1-linux-gnu -nostdlibinc"; do
        # shellcheck disable=SC2046
        $compiler -ffreestanding -std=gnu11 -O2 $flags $(linux_rooms "$1") \
            -c "$here/linux_probe.c" -o "$work/linux.o" || return 1
    done
}

linux_registers() {
    need "$(triple "$1")-gcc" "$(triple "$1")-objdump" clang llvm-objdump
    linux_gcc "$1" || failed=1
    linux_clang "$1" || failed=1
    vector "$1" || failed=1
}

# Each of broken/*.h stands in for syscall.h, and its checker must say no. What it says is shown.
broken() {
    need clang llvm-objdump x86_64-linux-gnu-gcc x86_64-linux-gnu-objdump
    caught=0
    for header in "$here"/broken/*.h; do
        name=$(basename "$header" .h)
        echo "#include \"$header\"" >"$work/syscall.h"
        case ${name%%-*} in
        syscall | int80) freebsd_probe "${name%%-*}" -O2 -I"$work" >"$work/said" 2>&1 ;;
        x86_64) linux_gcc x86_64 -I"$work" >"$work/said" 2>&1 ;;
        *) linux_clang "${name%%-*}" -I"$work" >"$work/said" 2>&1 ;;
        esac
        if [ $? -eq 1 ]; then caught=$((caught + 1)); else failed=1; echo "NOT CAUGHT: $name"; fi
        sed "s/^/$name: /" "$work/said" | head -n 3
    done
    echo "$caught broken entries caught"
    [ "$caught" -ge 10 ] || failed=1
}

case $subject in
freebsd-build) freebsd_build ;;
freebsd-cmake) freebsd_cmake ;;
freebsd-registers) freebsd_registers ;;
linux-*) linux_registers "${subject#linux-}" ;;
broken) broken ;;
*) echo "usage: codegen.sh TREE freebsd-build|freebsd-cmake|freebsd-registers|linux-ARCH|broken" && exit 2 ;;
esac
exit $failed
