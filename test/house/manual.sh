#!/bin/sh
# SPDX-License-Identifier: MIT
# manual.sh PAGES VERSION: a page for each public function and none besides, each with its own
# declaration and a NAME that is no section's heading, and nothing that mandoc warns of.
set -eu
pages=$1 version=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() {
    failures=$((failures + 1))
    echo "manual: $*"
}
command -v mandoc >/dev/null || { echo 'SKIP: no mandoc' && exit 77; }

# The functions as the compiler reads them, not as the pages were made.
printf '#include <hardpan.h>\n' | "${CC:-cc}" -E -P -I "$root/include" - |
    tr '\n;' ' \n' | sed -n 's/.*visibility("default"))) .*[ *]\(hp_[a-z0-9_]*\)(.*/\1/p' | sort >"$work/functions"
[ -s "$work/functions" ] || fail 'no public function was found'
find "$pages" -name '*.3' | sed 's/.*\///; s/\.3$//' | sort >"$work/pages"
diff "$work/functions" "$work/pages" || fail 'pages (>) are not the public functions (<)'

sed -n 's/^\/\* ---- \(.*[^ -]\) -*[ ]*\*\/$/\1/p' "$root"/include/hardpan/*.h >"$work/headings"
[ -s "$work/headings" ] || fail 'no heading was found'
while read -r name; do
    page=$pages/$name.3
    [ -e "$page" ] || continue
    says=$(awk -v name="$name" '$1 == name && $2 == "\\-" { sub(/^[^ ]+ [^ ]+ /, ""); gsub(/\\/, ""); print }' "$page")
    [ -n "$says" ] || fail "$name: nothing under NAME"
    if grep -qxF -- "$says" "$work/headings"; then fail "$name: a section's heading under NAME: $says"; fi
    grep -q "[ *]$name(.*" "$page" || fail "$name: its declaration is not there"
    grep -q "hardpan $version\"" "$page" || fail "$name: not of version $version"
done <"$work/functions"

mandoc -Tlint -W warning "$pages"/*.3 "$root"/man/*.[1-9] >"$work/said" 2>&1 || fail "$(cat "$work/said")"
echo "$(wc -l <"$work/functions") functions, $(wc -l <"$work/pages") pages"
[ "$failures" = 0 ]
