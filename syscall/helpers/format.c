/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Linux's printf of programs. What a format may contain is much less than libc's; the rules were
 * measured: flags "0+- " and a width for numbers, characters, texts; no precision, no short
 * integers; pointers with the kernel's suffixes.
 */
#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "fault.h"
#include "rows.h"

#define STRING_MAX 512	/* of one %s */
#define SPEC_MAX   32

struct output {
	char *buf;
	size_t size, len;	/* len may grow past size */
};

/* One conversion being read. */
struct spec {
	const char *at;
	char text[SPEC_MAX];	/* "%-5", for libc */
};

static void put(struct output *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++, out->len++)
		if (out->len + 1 < out->size)
			out->buf[out->len] = text[i];
}

static bool may_follow(char c)
{
	return !c || isspace((unsigned char)c) || ispunct((unsigned char)c);
}

/* Flags and width. -EINVAL: longer than anybody needs. */
static int read_flags(struct spec *spec)
{
	const char *start = spec->at, *s = start;

	while (*s && strchr("0+- ", *s))
		s++;
	while (isdigit((unsigned char)*s))
		s++;
	if (s - start > SPEC_MAX - 8)
		return -EINVAL;
	spec->text[0] = '%';
	memcpy(spec->text + 1, start, s - start);
	spec->text[1 + (s - start)] = 0;
	spec->at = s;
	return 0;
}

/* The text at an address that may be bad: then none. */
static void put_string(struct output *out, const struct spec *spec, uint64_t address)
{
	char text[STRING_MAX] = "", format[SPEC_MAX + 2], padded[STRING_MAX + 1];
	long len = fault_read_string(text, u64_to_ptr(address), sizeof(text));
	int cnt;

	text[len > 0 ? len - 1 : 0] = 0;
	snprintf(format, sizeof(format), "%ss", spec->text);
	cnt = snprintf(padded, sizeof(padded), format, text);
	put(out, padded, MIN(cnt, (int)sizeof(padded) - 1));
}

static uint32_t pointer_secret;

static void make_secret(void)
{
	if (getrandom(&pointer_secret, sizeof(pointer_secret), GRND_NONBLOCK) < 0)
		pointer_secret = ptr_to_u64(&pointer_secret);
}

/* Addresses are shown as numbers that only compare, like Linux's. */
uint64_t help_hide_pointer(uint64_t pointer)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint64_t mixed = pointer;

	if (!pointer)
		return 0;
	pthread_once(&once, make_secret);
	mixed = (mixed ^ pointer_secret) * 0x9e3779b97f4a7c15ull;
	return (uint32_t)(mixed >> 32) | 1;
}

static void put_hex(struct output *out, const char *format, uint64_t value)
{
	char text[32];

	put(out, text, snprintf(text, sizeof(text), format, (unsigned long long)value));
}

/* "%pi4", "%pI6" …: 4 or 16 bytes at an address; zeros where there are none. */
static void put_ip(struct output *out, const char *kind, uint64_t address)
{
	bool dense = kind[0] == 'i';
	unsigned char ip[16] = { 0 };
	char text[48];
	int len = 0;

	if (!fault_read(ip, u64_to_ptr(address), kind[1] == '4' ? 4 : 16))
		memset(ip, 0, sizeof(ip));
	if (kind[1] == '4')
		len = snprintf(text, sizeof(text), dense ? "%03u.%03u.%03u.%03u" : "%u.%u.%u.%u",
			       ip[0], ip[1], ip[2], ip[3]);
	for (int i = 0; kind[1] == '6' && i < 16; i += 2)
		len += snprintf(text + len, sizeof(text) - len, "%s%02x%02x",
				i && !dense ? ":" : "", ip[i], ip[i + 1]);
	put(out, text, len);
}

/* Behind "%p". */
static int put_pointer(struct output *out, struct spec *spec, uint64_t value)
{
	const char *s = spec->at;

	if ((s[0] == 'k' || s[0] == 'u') && s[1] == 's') {
		spec->at += 2;
		put_string(out, spec, value);
	} else if (may_follow(s[0]) || s[0] == 'K') {
		spec->at += s[0] == 'K';
		put_hex(out, "%016llx", help_hide_pointer(value));
	} else if (s[0] == 'x') {
		spec->at++;
		put_hex(out, "%016llx", value);
	} else if (s[0] == 's' || s[0] == 'S' || s[0] == 'B') {
		spec->at++;
		put_hex(out, "0x%llx", value);	/* no symbol has this address */
	} else if ((s[0] == 'i' || s[0] == 'I') && (s[1] == '4' || s[1] == '6')) {
		spec->at += 2;
		put_ip(out, s, value);
	} else {
		return -EINVAL;
	}
	return 0;
}

static int put_integer(struct output *out, struct spec *spec, uint64_t value)
{
	char format[SPEC_MAX + 4], text[STRING_MAX];
	const char *s = spec->at;
	bool is_long = *s == 'l';
	int len;

	s += is_long;
	s += is_long && *s == 'l';
	if (!*s || !strchr("iduxX", *s))
		return -EINVAL;
	spec->at = s + 1;
	if (!is_long)
		value = *s == 'i' || *s == 'd' ? (uint64_t)(int32_t)value : (uint32_t)value;
	snprintf(format, sizeof(format), "%sll%c", spec->text, *s);
	len = snprintf(text, sizeof(text), format, (unsigned long long)value);
	put(out, text, MIN(len, (int)sizeof(text) - 1));
	return 0;
}

static int put_char(struct output *out, struct spec *spec, uint64_t value)
{
	char format[SPEC_MAX + 2], text[STRING_MAX];
	int len;

	snprintf(format, sizeof(format), "%sc", spec->text);
	len = snprintf(text, sizeof(text), format, (int)(value & 0xff));
	put(out, text, MIN(len, (int)sizeof(text) - 1));
	return 0;
}

/* spec->at stands behind "%". */
static int put_conversion(struct output *out, struct spec *spec, uint64_t value)
{
	switch (*spec->at) {
	case 'p':
		spec->at++;
		return put_pointer(out, spec, value);
	case 's':
		spec->at++;
		if (!may_follow(*spec->at))
			return -EINVAL;
		put_string(out, spec, value);
		return 0;
	case 'c':
		spec->at++;
		return put_char(out, spec, value);
	default:
		return put_integer(out, spec, value);
	}
}

/* Of the ASCII characters only the printable ones and white space; all others are fine. */
static bool is_allowed(unsigned char c)
{
	return c >= 0x80 || isprint(c) || isspace(c);
}

bool helper_format_is_good(const char *format, uint32_t arg_cnt)
{
	static const uint64_t no_args[FORMAT_ARGS_MAX];

	return arg_cnt <= FORMAT_ARGS_MAX &&
	       help_format(NULL, 0, format, UINT32_MAX, no_args, arg_cnt) >= 0;
}

int help_format(char *buf, size_t size, const char *fmt, uint32_t fmt_size, const uint64_t *args,
		uint32_t arg_cnt)
{
	struct output out = { buf, size, 0 };
	struct spec spec;
	uint32_t used = 0;

	if (strnlen(fmt, fmt_size) == fmt_size)
		return -EINVAL;
	while (*fmt) {
		int err;

		if (!is_allowed(*fmt))
			return -EINVAL;
		if (*fmt != '%' || fmt[1] == '%') {
			put(&out, fmt, 1);
			fmt += 1 + (*fmt == '%');
			continue;
		}
		spec.at = fmt + 1;
		err = read_flags(&spec);
		if (err || used == arg_cnt)
			return -EINVAL;
		err = put_conversion(&out, &spec, args[used++]);
		if (err)
			return err;
		fmt = spec.at;
	}
	if (size)
		buf[MIN(out.len, size - 1)] = 0;
	return out.len;
}
