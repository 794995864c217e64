/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The BPF Type Format: kernel Documentation/bpf/btf.rst. */
#ifndef __LINUX_BTF_H__
#define __LINUX_BTF_H__

#include <linux/types.h>

#define BTF_MAGIC	0xeB9F
#define BTF_VERSION	1

/* Offsets are relative to the end of this header. */
struct btf_header {
	__u16 magic;
	__u8 version;
	__u8 flags;
	__u32 hdr_len;
	__u32 type_off;
	__u32 type_len;
	__u32 str_off;
	__u32 str_len;
};

#define BTF_MAX_TYPE		0x000fffff
#define BTF_MAX_NAME_OFFSET	0x00ffffff
#define BTF_MAX_SIZE		0x0fffffff

/* Type 0 is void; the first record of the type section is type 1. */
struct btf_type {
	__u32 name_off;
	/* bits 0-15: vlen, 24-28: kind, 31: kind_flag */
	__u32 info;
	union {
		__u32 size;	/* INT, ENUM, STRUCT, UNION, DATASEC, FLOAT, ENUM64 */
		__u32 type;	/* PTR, TYPEDEF, qualifiers, FUNC, FUNC_PROTO, VAR, tags */
	};
};

#define BTF_INFO_KIND(info)	(((info) >> 24) & 0x1f)
#define BTF_INFO_VLEN(info)	((info) & 0xffff)
#define BTF_INFO_KFLAG(info)	((info) >> 31)
#define BTF_MAX_VLEN		0xffff

enum {
	BTF_KIND_UNKN = 0,
	BTF_KIND_INT = 1,
	BTF_KIND_PTR = 2,
	BTF_KIND_ARRAY = 3,
	BTF_KIND_STRUCT = 4,
	BTF_KIND_UNION = 5,
	BTF_KIND_ENUM = 6,
	BTF_KIND_FWD = 7,
	BTF_KIND_TYPEDEF = 8,
	BTF_KIND_VOLATILE = 9,
	BTF_KIND_CONST = 10,
	BTF_KIND_RESTRICT = 11,
	BTF_KIND_FUNC = 12,
	BTF_KIND_FUNC_PROTO = 13,
	BTF_KIND_VAR = 14,
	BTF_KIND_DATASEC = 15,
	BTF_KIND_FLOAT = 16,
	BTF_KIND_DECL_TAG = 17,
	BTF_KIND_TYPE_TAG = 18,
	BTF_KIND_ENUM64 = 19,
	NR_BTF_KINDS,
	BTF_KIND_MAX = NR_BTF_KINDS - 1,
};

/* The word behind an INT. */
#define BTF_INT_ENCODING(val)	(((val) & 0x0f000000) >> 24)
#define BTF_INT_OFFSET(val)	(((val) & 0x00ff0000) >> 16)
#define BTF_INT_BITS(val)	((val) & 0x000000ff)
#define BTF_INT_SIGNED		(1 << 0)
#define BTF_INT_CHAR		(1 << 1)
#define BTF_INT_BOOL		(1 << 2)

struct btf_enum {
	__u32 name_off;
	__s32 val;
};

struct btf_enum64 {
	__u32 name_off;
	__u32 val_lo32;
	__u32 val_hi32;
};

struct btf_array {
	__u32 type;
	__u32 index_type;
	__u32 nelems;
};

/* With kind_flag: bits 24-31 of offset are a bit-field's size, else offset is plain bits. */
struct btf_member {
	__u32 name_off;
	__u32 type;
	__u32 offset;
};
#define BTF_MEMBER_BITFIELD_SIZE(val)	((val) >> 24)
#define BTF_MEMBER_BIT_OFFSET(val)	((val) & 0xffffff)

struct btf_param {
	__u32 name_off;
	__u32 type;
};

enum {
	BTF_VAR_STATIC = 0,
	BTF_VAR_GLOBAL_ALLOCATED = 1,
	BTF_VAR_GLOBAL_EXTERN = 2,
};

enum btf_func_linkage {
	BTF_FUNC_STATIC = 0,
	BTF_FUNC_GLOBAL = 1,
	BTF_FUNC_EXTERN = 2,
};

struct btf_var {
	__u32 linkage;
};

struct btf_var_secinfo {
	__u32 type;
	__u32 offset;
	__u32 size;
};

/* -1: the tag belongs to the type itself, else to that member or argument. */
struct btf_decl_tag {
	__s32 component_idx;
};

#endif /* __LINUX_BTF_H__ */
