#!/bin/sh
# SPDX-License-Identifier: MIT
# kernel.sh ARCH FOLDER TWIN [CALLS] - hardpan verify on Debian's own kernel for ARCH (amd64, arm64)
# under qemu-system, in every mode, CALLS in each: 6.1 has other rules than this machine's kernel, and
# nobody tells the model. TWIN is the worker of 32 bits, which runs on amd64; without it, and on
# arm64, its modes are left out. 77 when this machine lacks something.
set -eu

[ $# -ge 3 ] || { echo "usage: kernel.sh amd64|arm64 FOLDER TWIN [CALLS]" >&2; exit 2; }
arch=$1 twin=$3 calls=${4:-20000}
case $arch in
amd64) compiler=x86_64-linux-gnu-gcc ;;
arm64) compiler=aarch64-linux-gnu-gcc twin= ;;
*) echo "kernel.sh: '$arch' is neither amd64 nor arm64" >&2; exit 2 ;;
esac
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
mkdir -p "$2"
folder=$(cd "$2" && pwd)/$arch
"$root/test/kernel/build.sh" "$arch" "$2"

# All of the command that verify needs, without what needs libraries.
set -- "$here/kernel_main.c" "$root/tool/doctor/probe.c" "$root/tool/tool.c"
for source in verify modes worker random facts shadow own calibrate probes ground; do
    set -- "$@" "$root/tool/layout/$source.c"
done
"$compiler" -std=gnu11 -O2 -Wall -Wextra -Wshadow -Werror -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
    -static -I"$root/include" -o "$folder/verify" "$@" "$folder/library/libhardpan.a"

# verify looks for the twin beside itself: what is started alone is taken along. It parts its calls
# among 17 modes, those that are left out too.
[ -x "$twin" ] || twin=
HARDPAN_KERNEL_SECONDS=${HARDPAN_KERNEL_SECONDS:-840}
export HARDPAN_KERNEL_SECONDS
exec "$root/test/kernel/boot.sh" "$arch" \
    "$folder/verify verify --calls $((calls * 17)) --seed 1" \
    ${twin:+"$twin verify --worker 2000 1 0"}
