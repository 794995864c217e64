/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The tables behind kern_btf_runtime(). */
#ifndef SYSCALL_RUNTIME_TYPES_H
#define SYSCALL_RUNTIME_TYPES_H

#include <stdint.h>

/* One member. @type as in C, from the right: "struct bpf_sock *", "__u32[4]", "__u64". */
struct member_def {
	const char *name, *type;
	uint32_t offset;	/* bytes */
};

struct struct_def {
	const char *name;
	uint32_t size;
	const struct member_def *members;
	uint32_t cnt;
};

struct value_def {
	const char *name;
	uint32_t value;
};

struct enum_def {
	const char *name;
	const struct value_def *values;
	uint32_t cnt;
};

struct int_def {
	const char *name;
	uint8_t size, encoding;
};

struct typedef_def {
	const char *name, *type;
};

/* What one file brings. */
struct type_set {
	const struct struct_def *structs;
	uint32_t struct_cnt;
	const struct enum_def *enums;
	uint32_t enum_cnt;
};
extern const struct type_set runtime_uapi, runtime_objects;

/* Rows: a member where it is in our struct, a struct or enum that has the kernel's name. */
#define M(structure, field, type) { #field, type, offsetof(struct structure, field) }
#define STRUCT(structure)                                                                          \
	{ #structure, sizeof(struct structure), structure##_members,                               \
	  ARRAY_SIZE(structure##_members) }
#define V(name) { #name, name }
#define ENUM(name) { #name, name##_values, ARRAY_SIZE(name##_values) }

extern const struct int_def runtime_ints[];
extern const uint32_t runtime_int_cnt;
extern const struct typedef_def runtime_typedefs[];
extern const uint32_t runtime_typedef_cnt;

#endif
