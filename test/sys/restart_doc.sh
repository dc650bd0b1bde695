#!/bin/sh
# SPDX-License-Identifier: MIT
# restart_doc.sh ROOT - doc/restart.md says what the tests measure: its matrix is the golden file's,
# and every call whose class makes a promise stands in its list of classes, under that class.
set -eu

[ $# -eq 1 ] || { echo "usage: restart_doc.sh ROOT" >&2; exit 2; }
doc=$1/doc/restart.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed -n '/^# call  /,/^```/p' "$doc" | grep -v '^```' >"$work/doc"
sed -n '/^# call  /,$p' "$1/test/sys/restart_matrix.golden" >"$work/golden"

bad=0
diff "$work/golden" "$work/doc" || { echo "doc/restart.md: not the golden file's matrix"; bad=1; }
sed -n 's/^CALL(\([a-z0-9_]*\), [0-9], \([A-Z]*\))$/\1 \2/p' "$1/src/sys/calls.def" >"$work/calls"
while read -r call class; do
    [ "$class" = NONE ] && continue
    word=$(echo "$class" | tr '[:upper:]' '[:lower:]')
    grep "^| $word |" "$doc" | cut -d '|' -f 3 | tr -s ', ' '\n' | grep -qx "$call" && continue
    echo "doc/restart.md: $call is not listed under $word"
    bad=1
done <"$work/calls"
[ -s "$work/calls" ] || { echo "src/sys/calls.def: no calls found"; bad=1; }
exit $bad
