# SPDX-License-Identifier: MIT
# awk -f symbols.awk ALLOWED PUBLIC "nm -g" output.
function say(what) {
    print library ":1: " what
    bad = 1
}
FILENAME == ARGV[1] {
    if ($0 !~ /^(#|$)/) allowed[$1] = 1
    next
}
FILENAME == ARGV[2] {
    public[$1] = 1
    next
}
NF == 2 && $1 ~ /^[Uw]$/ { wanted[$2] = 1 }
NF == 3 { offered[$3] = 1 }
END {
    for (name in wanted)
        if (!(name in offered) && !(name in allowed)) say("asks for " name ", which is not in pkg/symbols.allowed")
    for (name in offered)
        if (name !~ /^hp_/) say("offers " name ", which has not our prefix")
    for (name in public)
        if (!(name in offered)) say("has no " name ", which a public header declares")
    exit bad
}
