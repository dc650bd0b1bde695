#!/bin/sh
# SPDX-License-Identifier: MIT
# page.sh HARDPAN WITNESS PAGE: hardpan(1) has every fact, in the order of the table, every option and
# every field of the JSON, and none that are not there.
# shellcheck disable=SC1091,SC2154 # common.sh sets them
. "$(dirname "$0")/common.sh"
needs jq
page=$3

run "$hardpan" doctor --json
same ids "$(jq -r '.facts[].id' "$work/out")" "$(sed -n 's/^\.It Sy \([a-z]*\.[a-z0-9_]*\)$/\1/p' "$page")"
sed -n '/^\.Bd -literal/,/^\.Ed/p' "$page" | grep -v '^\.' | jq -e . >"$work/example" || fail 'the example is no JSON'
for path in 'keys' '.kernel | keys' '.facts[0] | keys'; do
    same "fields: $path" "$(jq -c "$path" "$work/out")" "$(jq -c "$path" "$work/example")"
done

run "$hardpan" doctor --help
# shellcheck disable=SC2013 # an option has no blanks
for option in $(grep -oE -- '--[a-z]+' "$work/out" | sort -u); do
    grep -q "^\.It Fl Fl ${option#--}" "$page" || fail "$option is not in the page"
done
if command -v mandoc >/dev/null; then
    same 'mandoc -Tlint' '' "$(mandoc -Tlint -Wwarning "$page" 2>/dev/null)"
fi
finish
