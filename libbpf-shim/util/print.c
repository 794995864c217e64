/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The log callback and the library's version. */
#include "util.h"

#include <stdio.h>
#include <strings.h>

static enum libbpf_print_level default_level(void)
{
	static int cached = -1;
	int level = __atomic_load_n(&cached, __ATOMIC_RELAXED);
	const char *text;

	if (level >= 0)
		return level;
	level = LIBBPF_INFO;
	text = getenv("LIBBPF_LOG_LEVEL");
	if (text && strcasecmp(text, "debug") == 0)
		level = LIBBPF_DEBUG;
	else if (text && strcasecmp(text, "warn") == 0)
		level = LIBBPF_WARN;
	else if (text && strcasecmp(text, "info") != 0)
		fprintf(stderr, "libbpf: unrecognized 'LIBBPF_LOG_LEVEL' envvar value: '%s', "
			"should be one of 'warn', 'debug', or 'info'\n", text);
	__atomic_store_n(&cached, level, __ATOMIC_RELAXED);
	return level;
}

static int print_to_stderr(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level > default_level())
		return 0;
	return vfprintf(stderr, format, args);
}

static libbpf_print_fn_t print_fn = print_to_stderr;

libbpf_print_fn_t libbpf_set_print(libbpf_print_fn_t fn)
{
	return __atomic_exchange_n(&print_fn, fn, __ATOMIC_ACQ_REL);
}

void libbpf_print(enum libbpf_print_level level, const char *format, ...)
{
	libbpf_print_fn_t fn = __atomic_load_n(&print_fn, __ATOMIC_ACQUIRE);
	int saved_errno = errno;
	va_list args;

	if (!fn)
		return;
	va_start(args, format);
	fn(level, format, args);
	va_end(args);
	errno = saved_errno;
}

__u32 libbpf_major_version(void)
{
	return LIBBPF_MAJOR_VERSION;
}

__u32 libbpf_minor_version(void)
{
	return LIBBPF_MINOR_VERSION;
}

#define TEXT(number)  TEXT_(number)
#define TEXT_(number) #number

const char *libbpf_version_string(void)
{
	return "v" TEXT(LIBBPF_MAJOR_VERSION) "." TEXT(LIBBPF_MINOR_VERSION);
}

int libbpf_set_strict_mode(enum libbpf_strict_mode mode)
{
	return 0;
}
