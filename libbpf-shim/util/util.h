/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What every room needs: messages, the errno wall, option structs, small arithmetic. */
#ifndef BPF_SHIM_UTIL_H
#define BPF_SHIM_UTIL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>
#include <bpf/libbpf.h>

/* ---- messages: the only exit is the print callback ---- */

void libbpf_print(enum libbpf_print_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define pr_warn(fmt, ...)  libbpf_print(LIBBPF_WARN, "libbpf: " fmt, ##__VA_ARGS__)
#define pr_info(fmt, ...)  libbpf_print(LIBBPF_INFO, "libbpf: " fmt, ##__VA_ARGS__)
#define pr_debug(fmt, ...) libbpf_print(LIBBPF_DEBUG, "libbpf: " fmt, ##__VA_ARGS__)

/* "-EINVAL" for an error, positive or negative. In static storage of the thread; the last four
 * results stay valid. */
const char *errstr(int err);

/* ---- the errno wall: inside the library an error is a negative number, outside also errno ---- */

int libbpf_err(int ret);
void *libbpf_err_ptr(int err);

/* ---- option structs ---- */

#define offsetofend(type, field) (offsetof(type, field) + sizeof(((type *)0)->field))

bool opts_are_valid(const void *opts, size_t known, size_t user_sz, const char *name);

#define OPTS_VALID(opts, type)                                                                     \
	(!(opts) || opts_are_valid(opts, offsetofend(struct type, type##__last_field),             \
				   (opts)->sz, #type))
#define OPTS_HAS(opts, field) ((opts) && (opts)->sz >= offsetofend(__typeof__(*(opts)), field))
#define OPTS_GET(opts, field, fallback) (OPTS_HAS(opts, field) ? (opts)->field : (fallback))
#define OPTS_SET(opts, field, value)                                                               \
	do {                                                                                       \
		if (OPTS_HAS(opts, field))                                                         \
			(opts)->field = (value);                                                   \
	} while (0)

/* ---- arithmetic and memory ---- */

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define MIN(a, b)	  ((a) < (b) ? (a) : (b))
#define MAX(a, b)	  ((a) > (b) ? (a) : (b))

static inline uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

static inline bool is_pow_of_2(uint64_t value)
{
	return value && !(value & (value - 1));
}

static inline __u64 ptr_to_u64(const void *ptr)
{
	return (__u64)(unsigned long)ptr;
}

static inline bool str_has_prefix(const char *str, const char *prefix)
{
	return strncmp(str, prefix, strlen(prefix)) == 0;
}

static inline bool str_is_empty(const char *str)
{
	return !str || !str[0];
}

bool mem_is_zero(const void *mem, size_t size);

/* Like strlcpy(): always terminated, cut if need be. */
void str_copy(char *dst, const char *src, size_t size);

/* Room for one more element of @size bytes in a growing array; the new element is zeroed.
 * Return: the element, NULL when out of memory (the array is then unchanged). */
void *array_grow(void **array, size_t *count, size_t *capacity, size_t size);

/* Does @str match @glob, in which '*' stands for any text and '?' for one character? */
bool glob_match(const char *str, const char *glob);

/* Whole file into memory. Return: 0 or -errno; the caller frees *data. */
int file_read(const char *path, void **data, size_t *size);

#endif
