/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Copies from and to addresses that may be bad: they fail instead of ending the process. Used for
 * everything a caller of bpf(2) points to and for the probe_read helpers.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Return: false when @src (read) or @dst (write) is not accessible; some bytes may then have been
 * copied. A system call is made only where the host has replaced our fault handler. */
bool fault_read(void *dst, const void *src, size_t size);
bool fault_write(void *dst, const void *src, size_t size);

/* Bytes up to and with the NUL, at most @size: length with NUL, @size if there is none, or -1. */
long fault_read_string(char *dst, const char *src, size_t size);

/* Look whether our handler is still the process's. Called by slow commands, so that a host that
 * installed its own later is noticed. */
void fault_check_handler(void);

/* The same in errno: 0 or -EFAULT, for u64 addresses as bpf_attr has them. */
int user_read(void *dst, uint64_t src, size_t size);
int user_write(uint64_t dst, const void *src, size_t size);

#endif
