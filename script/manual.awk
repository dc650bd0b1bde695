# SPDX-License-Identifier: MIT
# A manual page for each public function, out of the headers: the comments there are the reference,
# and a second copy would only grow apart from them.
#   awk -v out=DIR -v version=0.1.0 -f script/manual.awk include/hardpan/*.h
# A comment holds for every function that follows it up to the next blank line.

function clean(text) {
    sub(/^[ \t]*\/\*[ ]?/, "", text)
    sub(/^ \*( |$)/, "", text)
    sub(/[ ]*\*\/[ \t]*$/, "", text)
    return text
}

function roff(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    sub(/^[.']/, "\\\\\\&&", text)
    return text
}

# What the function is for, on one line: its comment's first sentence.
function summary(text,    end) {
    gsub(/\n/, " ", text)
    end = match(text, /[.:;]( |$)/)
    if (end) text = substr(text, 1, end - 1)
    return text == "" ? "see hardpan/" room ".h" : text
}

function literal(text, page,    lines, n, i) {
    n = split(text, lines, "\n")
    print ".nf" > page
    for (i = 1; i <= n; i++) print roff(lines[i]) > page
    print ".fi" > page
}

function write_page(name, declaration, text,    page) {
    page = out "/" name ".3"
    if (text == "") text = section == "" ? "The call itself." : section
    print ".TH " toupper(name) " 3 \"\" \"hardpan " version "\" \"hardpan manual\"" > page
    print ".SH NAME\n" name " \\- " roff(summary(text)) > page
    print ".SH SYNOPSIS\n.nf\n#include <hardpan/" room ".h>\n\n" roff(declaration) "\n.fi" > page
    print ".SH DESCRIPTION" > page
    literal(text, page)
    print ".SH \"FOR EVERY FUNCTION OF HARDPAN/" toupper(room) ".H\"" > page
    literal(contract, page)
    print ".SH \"SEE ALSO\"\n.BR hardpan (1)" > page
    close(page)
}

function declared(text,    name) {
    match(text, /hp_[a-z0-9_]+\(/)
    name = substr(text, RSTART, RLENGTH - 1)
    sub(/^HP_API /, "", text)
    write_page(name, text, trailing == "" ? comment : trailing)
}

FNR == 1 {
    room = FILENAME
    sub(/.*\//, "", room)
    sub(/\.h$/, "", room)
    contract = comment = section = declaration = ""
    opening = 1
    next
}

declaration != "" || /^HP_API / {
    declaration = declaration (declaration == "" ? "" : "\n") $0
    if (declaration !~ /;/) next
    trailing = ""
    if (match(declaration, /;[ ]*\/\*/)) {
        trailing = clean(substr(declaration, RSTART + 1))
        declaration = substr(declaration, 1, RSTART)
    }
    declared(declaration)
    declaration = ""
    next
}

/^\/\* ---- / {
    section = clean($0)
    gsub(/^---- | -+$/, "", section)
    next
}

/^\/\*/ { comment = ""; open = 1 }
open {
    comment = comment (comment == "" ? "" : "\n") clean($0)
    if (/\*\//) {
        open = 0
        if (opening) { contract = comment; comment = ""; opening = 0 }
    }
    next
}
/^$/ { comment = "" }
