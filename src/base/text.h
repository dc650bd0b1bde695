/* SPDX-License-Identifier: MIT */
/* A writer into a buffer that somebody else owns. It never overflows and always leaves a terminated
 * string; what did not fit is counted, as snprintf does, so a caller can tell and ask again with
 * more. */
#ifndef HP_BASE_TEXT_H
#define HP_BASE_TEXT_H

#include "base.h"

struct hp_text {
    char *buf;     /* may be NULL when size is 0: then only the length is found */
    size_t size;   /* bytes at buf, the terminator's included */
    size_t length; /* bytes that the whole text needs, without the terminator */
};

void hp_text_string(struct hp_text *text, const char *string);
void hp_text_decimal(struct hp_text *text, uint64_t number);
void hp_text_hex(struct hp_text *text, uint64_t number); /* with 0x */
/* "64 KiB", "1.5 GiB": binary units, exact or one decimal */
void hp_text_bytes(struct hp_text *text, uint64_t bytes);

#endif
