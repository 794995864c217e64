/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The debug log: BPF_SHIM_LOG=LEVEL[:FILE], levels error, warn, info, debug (or 0 … 3). Off by
 * default; without a file it goes to standard error. The only place the kernel library prints.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* "area: what, on what, why". errno is kept. */
void debug_log(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void debug_vlog(int level, const char *format, va_list args);

#endif
