/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What other rooms need of BTF beyond the public interface. */
#ifndef BPF_SHIM_BTF_UTIL_H
#define BPF_SHIM_BTF_UTIL_H

#include <stdbool.h>
#include <linux/btf.h>
#include <linux/types.h>
#include <bpf/btf.h>

/* Longest chain of typedefs, qualifiers and arrays that is followed. */
#define BTF_MAX_DEPTH 32

/* Size of a type record with what stands behind it; -EINVAL for an unknown kind. */
int btf_type_record_size(const struct btf_type *t);

static inline __u32 btf_make_info(__u32 kind, __u32 vlen, bool kflag)
{
	return (__u32)kflag << 31 | kind << 24 | (vlen & BTF_MAX_VLEN);
}

const char *btf_kind_str(const struct btf_type *t);
/* Name of a type, "" for none. Never NULL. */
const char *btf_type_name(const struct btf *btf, const struct btf_type *t);
const char *btf_str(const struct btf *btf, __u32 offset);

/* The id behind qualifiers and typedefs (…_mods: qualifiers only). Never fails: a chain that is
 * too long ends in void. */
const struct btf_type *btf_skip_mods_and_typedefs(const struct btf *btf, __u32 id, __u32 *result);
const struct btf_type *btf_skip_mods(const struct btf *btf, __u32 id, __u32 *result);

/* A writable type of a BTF that is the caller's own. */
struct btf_type *btf_type_writable(struct btf *btf, __u32 id);

/* Calls fn for each type id, or each string offset, of a type. Stops at a non-zero result. */
int btf_visit_ids(struct btf_type *t, int (*fn)(__u32 *id, void *ctx), void *ctx);
int btf_visit_strs(struct btf_type *t, int (*fn)(__u32 *off, void *ctx), void *ctx);

/* The first type with that name and kind from @start on. */
__s32 btf_find_from(const struct btf *btf, __u32 start, const char *name, __u32 kind);
/* Walk over the types of that name, in no order, base included: 0 begins and ends. */
struct btf_name_walk {
	const struct btf *btf;
	const void *entry;
};
__u32 btf_name_next(struct btf_name_walk *walk, const char *name);

struct btf *btf_parse_memory(const void *data, __u32 size, struct btf *base);
struct btf *btf_from_fd(int fd, struct btf *base);
/* Deep copy; the base is shared. */
struct btf *btf_copy(const struct btf *btf);

/* Loads into the kernel with log and token. Return: 0 or -errno. */
int btf_load_into_kernel(struct btf *btf, char *log_buf, __u32 log_size, __u32 log_level,
			 int token_fd);

/* ---- .BTF.ext ---- */

/* One kind of record: func_info, line_info or core_relo. */
struct btf_ext_info {
	const void *data;	/* struct btf_ext_info_sec, one after the other */
	__u32 len;
	__u32 rec_size;
};

struct btf_ext_info_sec {
	__u32 sec_name_off;
	__u32 num_info;
	__u8 data[];
};

struct btf_ext {
	void *raw;
	__u32 raw_size;
	void *swapped;		/* cache of the other byte order */
	bool foreign_endian;
	struct btf_ext_info func_info, line_info, core_relo;
};

/* The section after @sec; NULL begins and ends. */
const struct btf_ext_info_sec *btf_ext_next_sec(const struct btf_ext_info *info,
						const struct btf_ext_info_sec *sec);

int btf_ext_visit_ids(struct btf_ext *ext, int (*fn)(__u32 *id, void *ctx), void *ctx);
int btf_ext_visit_strs(struct btf_ext *ext, int (*fn)(__u32 *off, void *ctx), void *ctx);

#endif
