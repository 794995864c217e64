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

extern const struct struct_def runtime_structs[];
extern const uint32_t runtime_struct_cnt;
extern const struct enum_def runtime_enums[];
extern const uint32_t runtime_enum_cnt;
extern const struct int_def runtime_ints[];
extern const uint32_t runtime_int_cnt;
extern const struct typedef_def runtime_typedefs[];
extern const uint32_t runtime_typedef_cnt;

#endif
