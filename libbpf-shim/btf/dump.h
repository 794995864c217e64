/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The printer's state, for the two files that print: declarations and values. */
#ifndef BPF_SHIM_BTF_DUMP_H
#define BPF_SHIM_BTF_DUMP_H

#include "btf_util.h"
#include "hashmap.h"
#include "strbuf.h"
#include "util.h"

enum dump_order { NOT_ORDERED, ORDERING, ORDERED };
enum dump_emit { NOT_EMITTED, EMITTING, EMITTED };

struct dump_state {
	unsigned char order, emit;
	bool fwd_emitted;	/* a forward declaration, or a typedef's definition, is out */
	bool referenced;	/* some other type uses it */
	bool name_resolved;
	char *unique_name;	/* if its own was taken */
};

struct btf_dump {
	const struct btf *btf;
	btf_dump_printf_fn_t printf_fn;
	void *ctx;
	size_t ptr_size;
	struct dump_state *states;	/* by type id */
	__u32 state_cnt;
	__u32 *queue;			/* ids to be emitted, in order */
	size_t queue_cnt, queue_cap;
	bool strip_mods;
	bool skip_anon_defs;		/* "struct" stands for an anonymous one */
	/* how often a name was used: struct and enum tags; typedefs and enumerators */
	struct hashmap tags, idents;
	int nesting;
};

void dump_printf(const struct btf_dump *d, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Room for the states of types that were added since. */
int dump_resize(struct btf_dump *d);

/* A name that no other type of its name space has in this output. */
const char *dump_type_name(struct btf_dump *d, __u32 id);

/**
 * dump_declare() - text that declares @name to be of a type
 * @name: "" for an abstract declarator
 * @level: how deep an anonymous struct in it is indented
 */
int dump_declare(struct btf_dump *d, struct strbuf *out, __u32 id, const char *name, int level);

#endif
