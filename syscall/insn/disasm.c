/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Instructions as text, in the form of Linux's verifier log and `bpftool prog dump xlated`.
 *
 * Directives of a row's text: %d destination and %s source register number, %i immediate, %x the
 * same in hex, %o offset with sign, %p immediate with sign, %c callee, %L 64-bit immediate,
 * %A the two address spaces of a cast.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include "insn_rows.h"

struct text {
	char *buf;
	size_t len;
};

static void __attribute__((format(printf, 2, 3))) put(struct text *t, const char *format, ...)
{
	size_t room = INSN_TEXT_MAX - t->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->buf + t->len, room, format, args);
	va_end(args);
	t->len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

static void put_callee(struct text *t, const struct insn_printer *p, const struct bpf_insn *raw)
{
	const char *name = NULL;

	if (raw->src_reg == BPF_PSEUDO_CALL) {
		put(t, "pc%+d", raw->imm);
		return;
	}
	if (raw->src_reg == BPF_PSEUDO_KFUNC_CALL) {
		if (p && p->kfunc_name)
			name = p->kfunc_name(p->cookie, raw);
		put(t, "%s#%d", name ? name : "kernel-function", raw->imm);
		return;
	}
	if (!raw->src_reg && p && p->helper_name)
		name = p->helper_name(p->cookie, raw->imm);
	if (name)
		put(t, "bpf_%s#%d", name, raw->imm);
	else
		put(t, "unknown#%d", raw->imm);
}

static void put_imm64(struct text *t, const struct insn_printer *p, const struct bpf_insn *raw)
{
	char resolved[64];

	if (p && p->imm64 && p->imm64(p->cookie, raw, resolved, sizeof(resolved)))
		put(t, "%s", resolved);
	else
		put(t, "0x%" PRIx64,
		    (uint64_t)(uint32_t)raw[1].imm << 32 | (uint32_t)raw[0].imm);
}

static void put_directive(struct text *t, const struct insn_printer *p, const struct bpf_insn *raw,
			  char directive)
{
	switch (directive) {
	case 'd':
		return put(t, "%d", raw->dst_reg);
	case 's':
		return put(t, "%d", raw->src_reg);
	case 'i':
		return put(t, "%d", raw->imm);
	case 'x':
		return put(t, "0x%x", raw->imm);
	case 'o':
		return put(t, "%+d", raw->off);
	case 'p':
		return put(t, "%+d", raw->imm);
	case 'A':
		return put(t, "%u, %u", (uint32_t)raw->imm >> 16, (uint16_t)raw->imm);
	case 'c':
		return put_callee(t, p, raw);
	case 'L':
		return put_imm64(t, p, raw);
	default:
		return put(t, "%c", directive);
	}
}

void insn_print(const struct insn_printer *printer, const struct bpf_insn *raw, char *buf)
{
	struct text t = { .buf = buf };
	int op = insn_lookup(raw);
	const char *c;

	if (op < 0)
		op = insn_first_row(raw->code);	/* wrong selector: show what it resembles */
	if (op < 0 || op == INSN_SECOND_SLOT ||
	    (BPF_CLASS(raw->code) == BPF_STX && insn_lookup(raw) < 0)) {
		put(&t, "BUG_%02x", raw->code);
		return;
	}
	put(&t, "(%02x) ", raw->code);
	for (c = insn_rows[op].text; *c; c++) {
		if (*c == '%')
			put_directive(&t, printer, raw, *++c);
		else
			put(&t, "%c", *c);
	}
}
