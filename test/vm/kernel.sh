#!/bin/sh
# SPDX-License-Identifier: MIT
# kernel.sh ARCH FOLDER - the tests of this room that need no package, as static programs on Debian's
# own kernel for ARCH (amd64, arm64) under qemu-system: 6.1 has no guards, no PROCMAP_QUERY and no
# batches, and it is ours, so that vm.overcommit_memory can be set. 77 when this machine lacks
# something. i386 is not for it: qemu-system 7.2 gave one program in four a SIGTRAP (si_code
# TRAP_TRACE) after a lock cmpxchg8b, which the same program on a real processor never had.
set -eu

skip() { echo "SKIP: $*"; exit 77; }

[ $# = 2 ] || { echo "usage: kernel.sh amd64|arm64 FOLDER" >&2; exit 2; }
case $1 in
amd64) machine=x86_64 compiler=x86_64-linux-gnu-gcc ;;
arm64) machine=aarch64 compiler=aarch64-linux-gnu-gcc ;;
*) echo "kernel.sh: '$1' is neither amd64 nor arm64" >&2; exit 2 ;;
esac
command -v "$compiler" >/dev/null || skip "no $compiler"

root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$2/$1"
out=$(cd "$2/$1" && pwd)
broken() { cat "$out/log"; exit 1; }

cmake -S "$root" -B "$out/tests" -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=$machine \
    -DCMAKE_C_COMPILER="$compiler" -DCMAKE_EXE_LINKER_FLAGS=-static -DCMAKE_BUILD_TYPE=Release \
    -DHARDPAN_PLAIN=ON -DHARDPAN_SHARED=OFF -DHARDPAN_TOOL=OFF -DHARDPAN_EXAMPLES=OFF \
    >"$out/log" 2>&1 || broken
programs='zero looks figures input maps ladder refusals limits model sweep arena ring stack join attributes'
targets=
for program in $programs; do targets="$targets test_vm_$program.raw"; done
# shellcheck disable=SC2086 # several targets
cmake --build "$out/tests" --parallel 2 --target $targets >"$out/log" 2>&1 || broken

bin=$out/tests/test/vm
"$compiler" -std=gnu11 -O2 -D_GNU_SOURCE -static -o "$bin/init" "$root/test/kernel/init.c"
HARDPAN_KERNEL_SECONDS=${HARDPAN_KERNEL_SECONDS:-540}
export HARDPAN_KERNEL_SECONDS
exec "$root/test/kernel/boot.sh" "$1" "$bin/test_vm_zero.raw" "$bin/test_vm_looks.raw" \
    "$bin/test_vm_figures.raw" "$bin/test_vm_input.raw" "$bin/test_vm_maps.raw" \
    "$bin/test_vm_ladder.raw" "$bin/test_vm_refusals.raw" "$bin/test_vm_limits.raw guest" \
    "$bin/test_vm_model.raw 0 5000" "$bin/test_vm_sweep.raw" "$bin/test_vm_arena.raw" \
    "$bin/test_vm_ring.raw" "$bin/test_vm_stack.raw" "$bin/test_vm_join.raw" \
    "$bin/test_vm_attributes.raw"
