#!/bin/sh
# SPDX-License-Identifier: MIT
# boot.sh ARCH PROGRAM... - runs static test programs on Debian's own kernel for ARCH (amd64 or
# arm64; i386 programs run on that for amd64), whatever this machine runs: qemu-system emulates the
# whole machine, so restarts, stops and placements are the kernel's own. Each PROGRAM is a command
# line in one word of the shell's, a path and then arguments; arguments that are files are taken
# along. init (build.sh) lies beside the first program. What they print goes to standard output.
# Kernels are kept in $HARDPAN_KERNELS (default: build/kernels).
# Exit 0 when every program exits 0 or, having said why, 77; 1 when one fails or the machine gives
# no summary within $HARDPAN_KERNEL_SECONDS (240); 77 when this machine has no emulator or kernel.
set -eu

skip() { echo "SKIP: $*"; exit 77; }

[ $# -ge 2 ] || { echo "usage: boot.sh amd64|arm64|i386 'PROGRAM [ARGUMENT...]'..." >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
kernels=${HARDPAN_KERNELS:-$here/../../build/kernels}
arch=$1
shift
[ "$arch" = i386 ] && arch=amd64 # its kernel runs both
case $arch in
amd64) machine="x86_64 -M pc -cpu qemu64" console=ttyS0 package=qemu-system-x86 ;;
arm64) machine="aarch64 -M virt -cpu cortex-a57" console=ttyAMA0 package=qemu-system-arm ;;
*) echo "boot.sh: '$arch' is not amd64, arm64 or i386" >&2; exit 2 ;;
esac
emulator=qemu-system-$machine
command -v "${emulator%% *}" >/dev/null || skip "no ${emulator%% *} (Debian: $package)"
command -v cpio >/dev/null || skip "no cpio to make the initramfs with"
"$here/fetch.sh" "$arch" "$kernels" || exit $?

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/root"
init=$(dirname "${1%% *}")/init
cp "$init" "$work/root/init"
for command in "$@"; do
    line=
    # shellcheck disable=SC2086 # a command line is several words
    for word in $command; do
        if [ -f "$word" ]; then
            cp "$word" "$work/root/"
            word=/$(basename "$word")
        fi
        line="$line$word "
    done
    echo "$line" >>"$work/root/programs"
done
(cd "$work/root" && find . | cpio -o -H newc --quiet) >"$work/initramfs"

# shellcheck disable=SC2086 # the emulator is several words, its machine among them
timeout "${HARDPAN_KERNEL_SECONDS:-240}" $emulator -accel tcg -m 512 -smp 2 -nographic \
    -no-reboot -nic none -kernel "$kernels/$arch/vmlinuz" -initrd "$work/initramfs" \
    -append "console=$console quiet panic=-1" </dev/null 2>&1 | tr -d '\r' | tee "$work/serial"

summary=$(grep -a '^kernel: ' "$work/serial") || {
    echo "boot.sh: the $arch machine ended without a summary"
    exit 1
}
case $summary in *' 0 failed,'*) exit 0 ;; *) exit 1 ;; esac
