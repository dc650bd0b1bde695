# SPDX-License-Identifier: MIT
# Public declarations. A comment is the comment of the functions right below it, three at the most: a
# blank line, another comment or the end of a struct ends it, and a section's heading is none. The
# manual's pages are made by the same rule (script/manual.awk).
function say(what) {
    print FILENAME ":" FNR ": " what
    bad = 1
}
FNR == 1 { left = 0 }
/^$/ || /^};/ {
    left = 0
    next
}
/^\/\*/ {
    left = /^\/\* ---/ || FNR == 1 ? 0 : 3
    next
}
# A function's name directly before its parenthesis, at the start of a declaration.
/^[A-Za-z].*[ *]hp_[a-z0-9_]+\(/ && !/^#/ && !/^typedef/ && !/^static inline/ {
    name = $0
    sub(/\(.*/, "", name)
    sub(/.*[ *]/, "", name)
    if (!/^HP_API /) say(name " has no HP_API")
    if (left-- <= 0) say(name " has no comment, or is the fourth below one")
    if (name in home) say(name " is declared here and in " home[name])
    home[name] = FILENAME ":" FNR
}
END { exit bad }
