#!/bin/sh
# SPDX-License-Identifier: MIT
# build.sh ARCH FOLDER [SOURCE...] - static programs for another machine: FOLDER/ARCH/NAME from each
# SOURCE (NAME.c), linked with the released hardpan (raw door, shut gate), and FOLDER/ARCH/init.
# Exit 77 with a reason when there is no compiler for ARCH.
set -eu

skip() { echo "SKIP: $*"; exit 77; }

[ $# -ge 2 ] || { echo "usage: build.sh amd64|arm64|i386 FOLDER [SOURCE.c...]" >&2; exit 2; }
case $1 in
amd64) machine=x86_64 compiler=x86_64-linux-gnu-gcc ;;
arm64) machine=aarch64 compiler=aarch64-linux-gnu-gcc ;;
i386) machine=i386 compiler=i686-linux-gnu-gcc ;;
*) echo "build.sh: '$1' is not amd64, arm64 or i386" >&2; exit 2 ;;
esac
command -v "$compiler" >/dev/null ||
    skip "no $compiler (Debian: gcc-${compiler%-gcc}, libc6-dev-$1-cross)"
command -v cmake >/dev/null || skip "no cmake to build the library for $1 with"

root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$2/$1"
out=$(cd "$2/$1" && pwd)
broken() { cat "$out/log"; exit 1; }
shift 2

cmake -S "$root" -B "$out/library" -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=$machine \
    -DCMAKE_C_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release -DHARDPAN_DOOR=raw \
    -DBUILD_TESTING=OFF -DHARDPAN_TOOL=OFF -DHARDPAN_EXAMPLES=OFF >"$out/log" || broken
cmake --build "$out/library" --target hardpan >"$out/log" || broken

for source in "$root/test/kernel/init.c" "$@"; do
    "$compiler" -std=gnu11 -O2 -Wall -Wextra -Wshadow -Werror \
        -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -static -pthread \
        -I"$root/include" -I"$root/src/base" -I"$root/src/sys/arch/$machine-linux" \
        -I"$root/test/lib" -I"$root/test/lib/arch/$machine" \
        -o "$out/$(basename "$source" .c)" "$source" "$out/library/libhardpan.a"
done
