#!/bin/sh
# SPDX-License-Identifier: MIT
# restart.sh ARCH FOLDER - the restart suite on Debian's own kernel for ARCH. Good and spoiled: the
# programs say of themselves whether what must be caught was caught. The storm is short, every
# instruction is emulated.
set -eu

[ $# -eq 2 ] || { echo "usage: restart.sh amd64|arm64|i386 FOLDER" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
sys=$here/../sys
"$here/build.sh" "$1" "$2" "$here/restart_stop.c" "$sys/restart_storm.c" "$sys/restart_matrix.c" \
    "$sys/restart_wrappers.c"
programs=$2/$1
exec "$here/boot.sh" "$1" "$programs/restart_stop" \
    "$programs/restart_storm 300" "$programs/restart_storm 300 spoil" \
    "$programs/restart_matrix $sys/restart_matrix.golden" "$programs/restart_wrappers"
