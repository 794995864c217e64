/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Linux's lines about types. In the first pass each type is printed once, as it is checked; a
 * refusal repeats its line with the reason behind it.
 */
#include <stdarg.h>

#include "inner.h"

const char *check_name(const struct btf_check *c, uint32_t offset)
{
	const char *name;

	if (!offset)
		return "(anon)";
	name = kern_btf_name(c->btf, offset);
	return name ? name : "(invalid-name-offset)";
}

static void print_reason(struct btf_check *c, const char *format, va_list args)
{
	if (format && *format) {
		ulog_printf(c->log, " ");
		ulog_vprintf(c->log, format, args);
	}
	ulog_printf(c->log, "\n");
}

static void print_type(struct btf_check *c, const struct btf_type *t, bool details)
{
	const struct btf_kind_row *row = &btf_kinds[btf_kind(t)];

	ulog_printf(c->log, "[%u] %s %s", c->log_id, row->text, check_name(c, t->name_off));
	if (details && row->details) {
		ulog_printf(c->log, " ");
		row->details(c, t);
	}
}

void check_print_type(struct btf_check *c, const struct btf_type *t)
{
	if (!ulog_enabled(c->log))
		return;
	print_type(c, t, true);
	ulog_printf(c->log, "\n");
}

int check_refuse(struct btf_check *c, const struct btf_type *t, const char *format, ...)
{
	va_list args;

	if (!ulog_enabled(c->log))
		return -EINVAL;
	va_start(args, format);
	print_type(c, t, true);
	print_reason(c, format, args);
	va_end(args);
	return -EINVAL;
}

int check_refuse_basic(struct btf_check *c, const struct btf_type *t, const char *format, ...)
{
	va_list args;

	if (!ulog_enabled(c->log))
		return -EINVAL;
	va_start(args, format);
	print_type(c, t, false);
	print_reason(c, format, args);
	va_end(args);
	return -EINVAL;
}

static void print_member(struct btf_check *c, const struct btf_type *s, const struct btf_member *m)
{
	/* In the first pass the line of the struct stands just above. */
	if (!c->first_pass)
		check_print_type(c, s);
	ulog_printf(c->log, "\t%s type_id=%u ", check_name(c, m->name_off), m->type);
	if (btf_kflag(s))
		ulog_printf(c->log, "bitfield_size=%u ", btf_member_bits(s, m));
	ulog_printf(c->log, "bits_offset=%u", btf_member_bit_offset(s, m));
}

void check_print_member(struct btf_check *c, const struct btf_type *s, const struct btf_member *m)
{
	if (!ulog_enabled(c->log))
		return;
	print_member(c, s, m);
	ulog_printf(c->log, "\n");
}

int check_refuse_member(struct btf_check *c, const struct btf_type *s, const struct btf_member *m,
			const char *format, ...)
{
	va_list args;

	if (!ulog_enabled(c->log))
		return -EINVAL;
	va_start(args, format);
	print_member(c, s, m);
	print_reason(c, format, args);
	va_end(args);
	return -EINVAL;
}

static void print_var(struct btf_check *c, const struct btf_type *section,
		      const struct btf_var_secinfo *info)
{
	if (!c->first_pass)
		check_print_type(c, section);
	ulog_printf(c->log, "\t type_id=%u offset=%u size=%u", info->type, info->offset,
		    info->size);
}

void check_print_var(struct btf_check *c, const struct btf_type *section,
		     const struct btf_var_secinfo *info)
{
	if (!ulog_enabled(c->log))
		return;
	print_var(c, section, info);
	ulog_printf(c->log, "\n");
}

int check_refuse_var(struct btf_check *c, const struct btf_type *section,
		     const struct btf_var_secinfo *info, const char *format, ...)
{
	va_list args;

	if (!ulog_enabled(c->log))
		return -EINVAL;
	va_start(args, format);
	print_var(c, section, info);
	print_reason(c, format, args);
	va_end(args);
	return -EINVAL;
}
