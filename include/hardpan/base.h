/* SPDX-License-Identifier: MIT */
/* hardpan/base.h - what every room shares: version, linkage, codes beyond errno, deadlines.
 *
 * Contract of every function in every hardpan header, stated once:
 *   - The answer is 0 or positive, or a negative code: -errno, or one of the HP_E* below, which lie
 *     beyond the errno range [-4095, -1]. Pointers come back through out-parameters.
 *   - errno is neither read nor changed. Nothing prints, aborts, exits, or calls malloc.
 *   - EINTR never comes back.
 *   - Usable before main, after vfork, in a signal handler and from any thread, unless the function
 *     says otherwise.
 */
#ifndef HARDPAN_BASE_H
#define HARDPAN_BASE_H

#include <stddef.h>
#include <stdint.h>

#define HP_VERSION_MAJOR 0
#define HP_VERSION_MINOR 1
#define HP_VERSION_PATCH 0
#define HP_VERSION "0.1.0"

#if defined(__cplusplus)
#define HP_EXTERN_C_BEGIN extern "C" {
#define HP_EXTERN_C_END }
#else
#define HP_EXTERN_C_BEGIN
#define HP_EXTERN_C_END
#endif

#if defined(__GNUC__)
#define HP_API __attribute__((visibility("default")))
#else
#define HP_API
#endif

/* Codes beyond errno. hp_error_name and hp_error_text (hardpan/sys.h) know them too. */
enum hp_code {
    /* a range that the caller owned is no longer mapped, and could not be taken back */
    HP_ELOST = -5001,
    /* the kernel granted the size, but not at the address; nothing was kept */
    HP_EELSEWHERE = -5002
};

/* A deadline is an absolute CLOCK_MONOTONIC time in nanoseconds, always the last parameter: a retry
 * after a signal cannot stretch it. Any value <= now means "look, do not wait". */
typedef int64_t hp_deadline;
#define HP_NOW ((hp_deadline)0)
#define HP_FOREVER INT64_MAX

#endif
