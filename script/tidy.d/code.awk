# SPDX-License-Identifier: MIT
# "path<TAB>line<TAB>code": C without its comments, and with its strings and characters empty, so that
# a rule about code is not answered by prose.
FNR == 1 { comment = 0 }
{
    out = ""
    text = $0
    while (text != "") {
        if (comment) {
            end = index(text, "*/")
            if (!end) break
            text = substr(text, end + 2)
            comment = 0
            out = out " "
        } else if (match(text, /^"([^"\\]|\\.)*"/) || match(text, /^'([^'\\]|\\.)*'/)) {
            out = out substr(text, 1, 1) substr(text, 1, 1)
            text = substr(text, RLENGTH + 1)
        } else if (substr(text, 1, 2) == "/*") {
            comment = 1
            text = substr(text, 3)
        } else if (substr(text, 1, 2) == "//") {
            break
        } else {
            out = out substr(text, 1, 1)
            text = substr(text, 2)
        }
    }
    if (out !~ /^[ \t]*$/) print FILENAME "\t" FNR "\t" out
}
