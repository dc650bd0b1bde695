#!/bin/sh
# SPDX-License-Identifier: MIT
# The page of `hardpan map --html`, in a browser without a screen: no word on the console, every key
# does what the legend says, pointing chooses, and a second page of the same text is the same page.
# A script is added that presses the keys; what came of it is read from the document.
# shellcheck disable=SC1091,SC2154 # common.sh sets them
. "$(dirname "$0")/common.sh"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
    skip 'no chromium'

{
    echo '00400000-00402000 r-xp 00000000 08:01 11   /bin/thing'
    echo '00800000-00802000 rw-p 00000000 00:00 0    [heap]'
    echo '7f0000000000-7f0000008000 rw-p 00000000 00:00 0 '
    echo '7f0010000000-7f0050000000 ---p 00000000 00:00 0 '
    echo '7ffc00000000-7ffc00003000 rw-p 00000000 00:00 0   [stack]'
    echo 'ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0   [vsyscall]'
} >"$work/maps"
run "$hardpan" map --from "$work/maps" --html "$work/page.html"
same 'status' 0 "$status"
same 'silence' '' "$(cat "$work/out" "$work/err")"
run "$hardpan" map --from "$work/maps" --html -
cmp -s "$work/out" "$work/page.html" || fail 'two pages of one text differ'
grep -qE '(src|href)="?(https?:)?//' "$work/page.html" && fail 'the page asks the network'
run "$hardpan" map --from "$work/maps" --html "$work/no/page.html"
same 'a page that cannot be written' 3 "$status"
says 'a page that cannot be written' 'ENOENT' "$work/err"

cat >"$work/keys.js" <<'END'
const seen = {}, view = document.getElementById("view"), one = (id) => document.getElementById(id);
const key = (name, more) => view.dispatchEvent(new KeyboardEvent("keydown", Object.assign({ key: name, bubbles: true, cancelable: true }, more)));
const chosen = () => (one("detail").querySelector(".what") || { textContent: "" }).textContent;
const pixels = () => view.toDataURL();
const changes = (name, act) => { const before = pixels(); act(); seen[name] = pixels() !== before; };
seen.title = one("title").textContent.endsWith("maps");
seen.lead = one("lead").textContent;
key("ArrowRight"); seen.first = chosen();
key("ArrowRight"); seen.second = chosen();
key("ArrowLeft"); seen.back = chosen();
key("End"); seen.end = chosen();
key("Home"); seen.home = chosen();
key("ArrowRight");
changes("enter", () => key("Enter"));
changes("out", () => key("-"));
changes("in", () => key("+"));
changes("pan", () => key("ArrowRight", { shiftKey: true }));
changes("all", () => key("0"));
changes("scale", () => key("s"));
seen.pressed = one("true").getAttribute("aria-pressed");
changes("scaleBack", () => key("s"));
key("Escape"); seen.none = chosen();
document.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true, cancelable: true }));
seen.find = document.activeElement === one("find");
one("find").value = "stack"; one("find").dispatchEvent(new Event("input"));
seen.found = one("list").querySelectorAll(".line").length;
one("find").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
seen.chosenByName = chosen();
one("find").value = "7f0010001000"; one("find").dispatchEvent(new Event("input"));
one("find").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
seen.chosenByAddress = chosen();
one("find").value = "nobody"; one("find").dispatchEvent(new Event("input"));
seen.foundNone = getComputedStyle(one("none")).display;
const box = view.getBoundingClientRect();
const point = (type, x) => view.dispatchEvent(new PointerEvent(type, { clientX: x, clientY: box.top + 60, pointerId: 1, bubbles: true }));
view.setPointerCapture = () => {};
point("pointermove", box.left + 2); seen.tip = one("tip").textContent;
point("pointerdown", box.left + 2); point("pointerup", box.left + 2); seen.pointed = chosen();
changes("wheel", () => view.dispatchEvent(new WheelEvent("wheel", { deltaY: -100, clientX: box.left + 40, clientY: box.top + 60, bubbles: true, cancelable: true })));
one("purposes").querySelector("tbody tr").click(); seen.only = one("purposes").querySelectorAll("tr.on").length;
one("gap-list").querySelector("button").click(); seen.gap = chosen();
seen.gapSize = one("gap-list").querySelector("b").textContent;
document.body.append(Object.assign(document.createElement("pre"), { id: "seen", textContent: Object.entries(seen).map(([k, v]) => k + "=" + v).join("\n") }));
END
{
    sed '/<\/body>/,$d' "$work/page.html"
    echo '<script>'
    cat "$work/keys.js"
    echo '</script></body></html>'
} >"$work/pressed.html"

# HOME of its own: a browser leaves a profile. --no-sandbox: in a container root has no other way.
HOME=$work run timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --user-data-dir="$work/profile" --enable-logging=stderr --v=0 --window-size=1200,1400 \
    --dump-dom "file://$work/pressed.html"
same 'the browser' 0 "$status"
grep 'CONSOLE' "$work/err" >"$work/console"
same 'the console' '' "$(cat "$work/console")"
sed -n '/<pre id="seen">/,/<\/pre>/p' "$work/out" | sed 's/<[^>]*>//g' >"$work/seen"

expects() { grep -qxF -- "$1" "$work/seen" || fail "no '$1' in: $(cat "$work/seen")"; }
expects 'title=true'
expects 'lead=6 mappings, 1.0 GiB reserved, 64 KiB committed.'
expects 'first=/bin/thing'
expects 'second=[heap]'
expects 'back=/bin/thing'
expects 'end=[stack]'
expects 'home=/bin/thing'
for change in enter out in pan all scale scaleBack wheel; do expects "$change=true"; done
expects 'pressed=true'
expects 'none='
expects 'find=true'
expects 'found=1'
expects 'chosenByName=[stack]'
expects 'chosenByAddress=reserved'
expects 'foundNone=block'
expects 'tip=/bin/thing0x000000400000 – 0x0000004020008 KiB, r-xp'
expects 'pointed=/bin/thing'
expects 'only=1'
expects 'gap=Free'
expects 'gapSize=127.0 TiB'
finish
