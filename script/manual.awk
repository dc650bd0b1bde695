# SPDX-License-Identifier: MIT
# A manual page for each public function, out of the headers: the comments there are the reference,
# and a second copy would only grow apart from them.
#   awk -v out=DIR -v version=0.1.0 -f script/manual.awk man/hardpan.1 include/hardpan/*.h
# A comment holds for the functions right below it, up to a blank line or the end of a struct;
# script/tidy public holds the headers to that. The date is the whole manual's, of hardpan.1.

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
    return end ? substr(text, 1, end - 1) : text
}

function literal(text, page,    lines, n, i) {
    n = split(text, lines, "\n")
    print ".nf" > page
    for (i = 1; i <= n; i++) print lines[i] == "" ? ".sp" : roff(lines[i]) > page
    print ".fi" > page
}

function write_page(name, declaration,    page) {
    page = out "/" name ".3"
    print ".TH " toupper(name) " 3 \"" date "\" \"hardpan " version "\" \"hardpan manual\"" > page
    print ".SH NAME\n" name " \\- " roff(summary(comment)) > page
    print ".SH SYNOPSIS" > page
    literal("#include <hardpan/" room ".h>\n\n" declaration, page)
    print ".SH DESCRIPTION" > page
    literal(comment, page)
    print ".SH \"FOR EVERY FUNCTION OF HARDPAN/" toupper(room) ".H\"" > page
    literal(contract, page)
    print ".SH \"SEE ALSO\"\n.BR hardpan (1)" > page
    close(page)
}

function declared(text,    name) {
    match(text, /hp_[a-z0-9_]+\(/)
    name = substr(text, RSTART, RLENGTH - 1)
    sub(/^HP_API /, "", text)
    gsub(/\n       /, "\n", text)
    if (comment == "") {
        print FILENAME ":" FNR ": " name " has no comment, and so no page" | "cat 1>&2"
        bad = 1
    } else {
        write_page(name, text)
    }
}

FILENAME ~ /\.1$/ {
    if (sub(/^\.Dd /, "")) date = $0
    next
}

FNR == 1 {
    room = FILENAME
    sub(/.*\//, "", room)
    sub(/\.h$/, "", room)
    contract = comment = declaration = ""
    opening = 1
    next
}

declaration != "" || /^HP_API / {
    declaration = declaration (declaration == "" ? "" : "\n") $0
    if (declaration !~ /;/) next
    declared(declaration)
    declaration = ""
    next
}

# A section's heading is no function's comment.
/^\/\* ---- / { next }
/^\/\*/ { comment = ""; open = 1 }
open {
    comment = comment (comment == "" ? "" : "\n") clean($0)
    if (/\*\//) {
        open = 0
        if (opening) { contract = comment; comment = ""; opening = 0 }
    }
    next
}
/^$/ || /^};/ { comment = "" }
END { exit bad }
