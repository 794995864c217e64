/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The steps of a CO-RE relocation: an access as a spec, its match in the target, its value. */
#ifndef BPF_SHIM_CORE_INTERNAL_H
#define BPF_SHIM_CORE_INTERNAL_H

#include "btf_util.h"
#include "core.h"
#include "hashmap.h"
#include "util.h"

#define CORE_MAX_STEPS 64

/* One step of an access: a named member, an array element, or (first) the type itself. */
struct core_step {
	__u32 type_id;		/* struct or array element that is stepped into */
	__u32 index;		/* member, enumerator or element */
	const char *name;	/* NULL for an element */
};

struct core_spec {
	const struct btf *btf;
	enum bpf_core_relo_kind kind;
	__u32 root_type_id;
	struct core_step steps[CORE_MAX_STEPS];	/* anonymous members are passed over */
	int step_count;
	__u32 raw[CORE_MAX_STEPS];		/* the access string as numbers */
	int raw_count;
	__u64 bit_offset;
};

bool core_kind_is_field(enum bpf_core_relo_kind kind);
bool core_kind_is_type(enum bpf_core_relo_kind kind);
bool core_kind_is_enumval(enum bpf_core_relo_kind kind);
const char *core_kind_name(enum bpf_core_relo_kind kind);

/* Length of a name without its ___flavor. */
size_t core_essential_len(const char *name);
bool core_names_equal(const char *a, const char *b);

int core_spec_parse(struct core_spec *spec, const struct btf *btf,
		    const struct bpf_core_relo *relo);
int core_spec_print(const struct core_spec *spec, char *buf, size_t size);

/* Return: 1 if @target_id matches, with @target filled; 0 if not; -errno. */
int core_spec_match(const struct core_spec *local, const struct btf *target_btf, __u32 target_id,
		    struct core_spec *target);

/* What matters of two values of an access, here and in the target. */
struct core_value {
	__u64 value;
	__u32 size;		/* of a plain field, 0 else */
	__u32 type_id;		/* of that field */
	bool validate;		/* the compiler's value in the instruction is known */
};

/* Return: 0, -EUCLEAN: this access makes no sense for the type, or -errno. */
int core_spec_value(const struct core_spec *spec, struct core_value *value);

#endif
