#!/bin/sh
# SPDX-License-Identifier: MIT
# fetch.sh ARCH FOLDER - Debian's own kernel for amd64 or arm64, as FOLDER/ARCH/vmlinuz, and nothing
# else of it. apt runs on a state of its own under FOLDER, with the sources and keyrings of this
# machine: nothing of the host's changes, and no foreign architecture has to be added to it. What is
# there already is not fetched again. Exit 77 with a reason when this machine cannot have it.
set -eu

skip() { echo "SKIP: $*"; exit 77; }

[ $# -eq 2 ] || { echo "usage: fetch.sh amd64|arm64 FOLDER" >&2; exit 2; }
arch=$1
case $arch in
amd64 | arm64) ;;
*) echo "fetch.sh: no kernel is known for '$arch', only for amd64 and arm64" >&2; exit 2 ;;
esac
mkdir -p "$2/$arch"
home=$(cd "$2/$arch" && pwd)
[ -s "$home/vmlinuz" ] && exit 0

command -v apt-get >/dev/null || skip "no apt-get to fetch Debian's $arch kernel with"
command -v dpkg-deb >/dev/null || skip "no dpkg-deb to unpack Debian's $arch kernel with"

# Archives of other people rarely carry both architectures, and their failure would be ours.
apt=$(mktemp -d "$home/apt.XXXXXX")
trap 'rm -rf "$apt"' EXIT
sources=$apt/sources
mkdir -p "$sources" "$apt/state/lists/partial" "$apt/cache/archives/partial"
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    if [ -f "$file" ] && grep -q '/debian' "$file"; then cp "$file" "$sources/"; fi
done
[ -n "$(ls "$sources")" ] || skip "no Debian archive among this machine's apt sources"

: >"$apt/state/status"
from_apt() {
    tool=$1
    shift
    "$tool" -q -o APT::Architecture="$arch" -o APT::Architectures="$arch" \
        -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$sources" \
        -o Dir::State="$apt/state" -o Dir::State::lists="$apt/state/lists" \
        -o Dir::State::status="$apt/state/status" -o Dir::Cache="$apt/cache" \
        -o Acquire::Languages=none -o Acquire::Retries=2 \
        -o Acquire::http::Timeout=30 -o APT::Update::Error-Mode=any \
        -o APT::Sandbox::User=root "$@"
}
log=$apt/log
from_apt apt-get update >"$log" 2>&1 || skip "apt-get update for $arch failed: $(tail -n 1 "$log")"
package=$(from_apt apt-cache depends "linux-image-cloud-$arch" 2>>"$log" |
    sed -n 's/^ *Depends: *\(linux-image-[^ <>]*\)$/\1/p')
[ -n "$package" ] ||
    skip "no linux-image-cloud-$arch in this machine's Debian archives; apt: $(tail -n 1 "$log")"
(cd "$apt" && from_apt apt-get download "$package") >>"$log" 2>&1 ||
    skip "apt-get download $package failed: $(tail -n 1 "$log")"

# Only the image: the modules are ten times as large and the bench's initramfs loads none.
dpkg-deb --fsys-tarfile "$apt"/"$package"_*.deb |
    tar -x -C "$apt" --wildcards './boot/vmlinuz-*'
mv "$apt"/boot/vmlinuz-* "$home/vmlinuz"
echo "$package" >"$home/package"
