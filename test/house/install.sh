#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh CMAKE BUILD VERSION DOOR: installs BUILD into a prefix of its own and builds a stranger's
# program against it, as C11 and as C++17, by pkg-config (shared and static) and by find_package.
set -eu
cmake=$1 build=$2 version=$3 door=$4
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "install: $*"
    exit 1
}

"$cmake" --install "$build" --prefix "$work/first" >"$work/log" 2>&1 || { cat "$work/log"; fail "does not install"; }
# Moved afterwards: nothing that was installed may remember where.
mv "$work/first" "$work/prefix"
! grep -rIl "$work/first" "$work/prefix" || fail "remembers its prefix"
pc=$(find "$work/prefix" -name hardpan.pc)
libraries=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH="${pc%/*}"

[ "$(pkg-config --modversion hardpan)" = "$version" ] || fail "pkg-config has another version"
major=${version%%.*}
[ -e "$libraries/libhardpan.so.$version" ] || fail "no libhardpan.so.$version"
readelf -d "$libraries/libhardpan.so" | grep -q "SONAME.*\[libhardpan.so.$major\]" || fail "SONAME is not libhardpan.so.$major"
nm -D --defined-only "$libraries/libhardpan.so" | awk '{ print $3 }' | grep -v '^hp_' && fail "the shared library shows more than hp_"

answer() { # answer PROGRAM: what it prints must be our version, and the door we were built with
    said=$(LD_LIBRARY_PATH=$libraries "$@") || fail "$* ended with $?"
    [ "$said" = "$version $door" ] || fail "$* printed '$said', not '$version $door'"
    echo "ok: ${1##*/}: $said"
}

warnings='-Wall -Wextra -Werror -pedantic'
cp "$here/consumer.c" "$work/consumer.c"
cp "$here/consumer.c" "$work/consumer.cc"
# shellcheck disable=SC2046,SC2086
for language in c:"${CC:-cc} -std=c11" cc:"${CXX:-c++} -std=c++17"; do
    suffix=${language%%:*} compiler=${language#*:}
    $compiler $warnings $(pkg-config --cflags hardpan) "$work/consumer.$suffix" -o "$work/shared.$suffix" $(pkg-config --libs hardpan)
    readelf -d "$work/shared.$suffix" | grep -q "NEEDED.*libhardpan.so.$major" || fail "shared.$suffix is not linked with the shared library"
    $compiler $warnings -static $(pkg-config --static --cflags hardpan) "$work/consumer.$suffix" -o "$work/static.$suffix" $(pkg-config --static --libs hardpan)
    answer "$work/shared.$suffix"
    answer "$work/static.$suffix"
done

# The program that README.md shows, as it stands there.
sed -n '/^```c$/,/^```$/p' "$here/../../README.md" | grep -v '^```' >"$work/readme.c"
# shellcheck disable=SC2046,SC2086
${CC:-cc} $warnings $(pkg-config --cflags hardpan) "$work/readme.c" -o "$work/readme" $(pkg-config --libs hardpan)
LD_LIBRARY_PATH=$libraries "$work/readme" | grep -q ' MiB reserved, the first committed and zero$' ||
    fail "the program in README.md does not reserve and commit"

mkdir "$work/project"
cp "$here/consumer.c" "$work/project/consumer.c"
cp "$here/consumer.c" "$work/project/consumer.cc"
cat >"$work/project/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.21)
project(consumer C CXX)
find_package(hardpan $version REQUIRED)
foreach(suffix c cc)
  foreach(kind hardpan shared)
    add_executable(found_\${kind}_\${suffix} consumer.\${suffix})
    target_link_libraries(found_\${kind}_\${suffix} PRIVATE hardpan::\${kind})
    set_target_properties(found_\${kind}_\${suffix} PROPERTIES C_STANDARD 11 CXX_STANDARD 17)
  endforeach()
endforeach()
END
{ "$cmake" -S "$work/project" -B "$work/out" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_COMPILER="${CC:-cc}" -DCMAKE_CXX_COMPILER="${CXX:-c++}" &&
    "$cmake" --build "$work/out"; } >"$work/log" 2>&1 || { cat "$work/log"; fail "find_package does not serve"; }
for program in "$work"/out/found_*_c "$work"/out/found_*_cc; do answer "$program"; done
if sed -i "s/hardpan $version/hardpan 0.999/" "$work/project/CMakeLists.txt" && "$cmake" -S "$work/project" -B "$work/no" -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/log" 2>&1; then
    fail "answers for version 0.999 as well"
fi
