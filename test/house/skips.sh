#!/bin/sh
# SPDX-License-Identifier: MIT
# skips.sh CTEST CMAKE: script/skips.awk on a project whose tests pass, fail, skip with a reason, and
# skip without one.
set -eu
ctest=$1 cmake=$2
skips=$(cd "$(dirname "$0")/../.." && pwd)/script/skips.awk
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.21)
project(skips NONE)
enable_testing()
add_test(NAME room/pass.raw COMMAND sh -c "exit 0")
add_test(NAME room/fail.raw COMMAND sh -c "exit 1")
add_test(NAME room/lost.raw COMMAND /nonexistent)
add_test(NAME room/told.raw COMMAND sh -c "echo 'SKIP: no such kernel'; exit 77")
add_test(NAME room/mute.raw COMMAND sh -c "exit 77")
set_tests_properties(room/told.raw room/mute.raw PROPERTIES SKIP_RETURN_CODE 77)
END
"$cmake" -S "$work" -B "$work/out" >/dev/null

# judge NAMES STRICT EXPECTED-SKIPS LAST-LINE STATUS
judge() {
    (cd "$work/out" && "$ctest" --output-log ../summary -R "room/($1)") >/dev/null 2>&1 || :
    printf '%b' "$3" >"$work/expected"
    status=0
    awk -f "$skips" -v preset=debug -v strict="$2" -v summary="$work/summary" "$work/expected" \
        "$work/out/Testing/Temporary/LastTest.log" >"$work/said" || status=$?
    [ "$(tail -n 1 "$work/said")" = "$4" ] && [ "$status" = "$5" ] && return
    cat "$work/said"
    echo "skips: of $1 with '$3': wanted '$4', status $5; got status $status"
    exit 1
}

judge 'pass' '' '' '1 passed, 0 failed, 0 skipped' 0
judge 'pass|fail|lost' '' '' '1 passed, 2 failed, 0 skipped' 0
judge 'pass|told' '' '' '1 passed, 1 failed, 1 skipped' 1
judge 'pass|told' '' 'must room/told.raw no such kernel\n' '1 passed, 0 failed, 1 skipped' 0
judge 'pass|told' '' 'may room/told.raw no such kernel\n' '1 passed, 0 failed, 1 skipped' 0
judge 'pass|told' 1 'may room/told.raw no such kernel\n' '1 passed, 1 failed, 1 skipped' 1
judge 'pass|told' 1 'must room/told.raw no such kernel\n' '1 passed, 0 failed, 1 skipped' 0
judge 'pass|told' '' 'must:tsan,debug room/told.raw x\n' '1 passed, 0 failed, 1 skipped' 0
judge 'pass|told' '' 'must:tsan room/told.raw x\n' '1 passed, 1 failed, 1 skipped' 1
judge 'pass' '' 'must room/pass.raw it never runs\n' '1 passed, 1 failed, 0 skipped' 1
judge 'pass' '' 'must room/pass.raw\n' '1 passed, 1 failed, 0 skipped' 1
judge 'mute' '' 'must room/mute.raw silent\n' '0 passed, 1 failed, 1 skipped' 1
echo ok
