# SPDX-License-Identifier: MIT
# Public declarations. A paragraph is what stands between two empty lines; its comment, or the heading
# of the section it opens, is the comment of every function in it.
function say(what) {
    print FILENAME ":" FNR ": " what
    bad = 1
}
FNR == 1 { comment = heading = inside = depth = 0 }
/^$/ {
    comment = heading
    next
}
/^\/\*/ {
    comment = 1
    heading = /^\/\* ---/
    next
}
/\/\*.*\*\/$/ { trailing = 1 }
# A function's name directly before its parenthesis, at the start of a declaration.
/^[A-Za-z].*[ *]hp_[a-z0-9_]+\(/ && !/^#/ && !/^typedef/ && !/^static inline/ {
    name = $0
    sub(/\(.*/, "", name)
    sub(/.*[ *]/, "", name)
    if (!/^HP_API /) say(name " has no HP_API")
    if (!comment && !trailing) say(name " has no comment")
    if (name in home) say(name " is declared here and in " home[name])
    home[name] = FILENAME ":" FNR
    heading = 0
}
{ trailing = 0 }
END { exit bad }
