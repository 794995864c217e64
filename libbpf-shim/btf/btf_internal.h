/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The struct behind `struct btf`, for the files of this room. */
#ifndef BPF_SHIM_BTF_INTERNAL_H
#define BPF_SHIM_BTF_INTERNAL_H

#include "btf_util.h"
#include "hashmap.h"
#include "util.h"

/* Header that libbpf 1.8 writes: two words (the offset and length of the kind layout section)
 * longer than the one the kernel needs; they are zero here, which every kernel accepts. */
#define BTF_HEADER_LEN_LONG (sizeof(struct btf_header) + 2 * sizeof(__u32))

/* Key of the string index for a string that is not (yet) in the string section. */
#define BTF_SOUGHT_STR UINTPTR_MAX

struct btf {
	/* types and strings of this BTF alone, in native byte order */
	unsigned char *types;
	size_t types_len, types_cap;
	__u32 *type_offs;		/* of type start_id + i */
	size_t own_count, type_offs_cap;
	char *strs;
	size_t strs_len, strs_cap;

	struct btf *base;
	__u32 start_id;			/* 1, or where the base ends */
	__u32 start_str_off;		/* 0, or where the base's strings end */

	__u32 header_len;
	bool foreign_endian;		/* raw data is in the other byte order */
	void *raw;			/* cache, dropped by every change */
	__u32 raw_size;

	struct hashmap str_index;	/* string offsets by content, filled on demand */
	bool str_indexed;
	const char *sought_str;		/* what the key BTF_SOUGHT_STR stands for */
	struct hashmap name_index;	/* own type ids by name, likewise */
	size_t name_indexed;		/* own types that are in it */

	int ptr_size;			/* 0: not known yet */
	int fd;
	bool owns_base;
};

/* What stands behind the twelve bytes of a type, by kind. */
struct btf_kind_info {
	const char *name;
	unsigned char fixed;		/* bytes once */
	unsigned char per_item;		/* bytes for each of vlen items */
	bool refers;			/* btf_type.type is a type id */
	bool has_size;			/* btf_type.size is bytes */
};

/* NULL for a kind that is not known. */
const struct btf_kind_info *btf_kind_info(const struct btf_type *t);

struct btf *btf_alloc(struct btf *base);
/* Everything derived from the contents is out of date. */
void btf_changed(struct btf *btf);
int btf_index_types(struct btf *btf);
int btf_check_types(const struct btf *btf);
void btf_swap_types(unsigned char *types, size_t len, bool from_foreign);

#endif
