/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The context header. Every context that a program sees is preceded by 64 bytes which belong to
 * the runtime:
 *
 *	struct my_ctx {
 *		struct bpfx_ctx_header header;	// runtime's; zero it once when allocated
 *		struct my_args args;		// what the program's r1 points to
 *	};
 *
 * Programs cannot reach the header: context offsets start behind it and the verifier refuses
 * negative ones. The extension allocates it with the context (stack, per-flow object, …) and never
 * writes it again.
 */
#ifndef BPFX_CONTEXT_H
#define BPFX_CONTEXT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BPFX_CTX_HEADER_SIZE 64

/* Slots of the header, by index. Slots that are not named are reserved and zero. */
enum {
	BPFX_CTX_RUN = 0,	/* struct bpfx_run *: the run in progress, NULL outside of one */
	BPFX_CTX_DESC = 1,	/* const struct bpfx_ctx_desc * of the program's type */
	BPFX_CTX_HOOK = 2,	/* const struct bpfx_hook * that fired, NULL in a test run */
	BPFX_CTX_COOKIE = 3,	/* cookie of the attachment that runs */
	BPFX_CTX_RESULT = 4,	/* uint32_t *: the hook's result before this program's, else NULL */
};

struct bpfx_ctx_header {
	uint64_t slot[8];
};

/* The header in front of @ctx. */
static inline struct bpfx_ctx_header *bpfx_ctx_header(void *ctx)
{
	return (struct bpfx_ctx_header *)((char *)ctx - BPFX_CTX_HEADER_SIZE);
}

/* What a context field holds, as the verifier must treat it. */
enum bpfx_field_kind {
	BPFX_FIELD_SCALAR,
	BPFX_FIELD_PACKET,	/* start of the packet */
	BPFX_FIELD_PACKET_END,
	BPFX_FIELD_PACKET_META,	/* start of the metadata in front of the packet */
	BPFX_FIELD_SOCK_COMMON,	/* pointers to kernel objects */
	BPFX_FIELD_SOCKET,
	BPFX_FIELD_FLOW_KEYS,
	BPFX_FIELD_BTF_ID,	/* pointer to the kernel type named in type_name */
	BPFX_FIELD_MEM,		/* pointer to memory of mem_size bytes */
};

#define BPFX_FIELD_READ		0x01u
#define BPFX_FIELD_WRITE	0x02u
#define BPFX_FIELD_NARROW	0x04u	/* loads smaller than the field are fine */
#define BPFX_FIELD_NULLABLE	0x08u	/* pointer that may be NULL */
#define BPFX_FIELD_WIDE		0x10u	/* 8-byte access to two neighbouring 4-byte fields is fine */
#define BPFX_FIELD_NARROW_WRITE	0x20u	/* stores smaller than the field are fine */
#define BPFX_FIELD_NARROW_LOW	0x40u	/* smaller loads are fine at the field's offset only */

/*
 * One field of a context. The program sees offset and size; the engine accesses real_offset and
 * real_size in the struct the extension really passes (same base address). They are how 32-bit
 * fields such as xdp_md.data stand for 64-bit pointers. A SCALAR larger than 8 bytes is an area:
 * aligned loads of 1, 2, 4 and 8 bytes anywhere in it, real_size equals size.
 */
struct bpfx_ctx_field {
	const char *name;
	uint32_t offset, size;		/* as the program sees it */
	uint32_t kind;			/* enum bpfx_field_kind */
	uint32_t flags;			/* BPFX_FIELD_* */
	uint32_t real_offset, real_size;/* in the real struct; real_size 4 or 8, or 1, 2 */
	const char *type_name;		/* FIELD_BTF_ID */
	uint32_t mem_size;		/* FIELD_MEM */
	const uint32_t *attach_types;	/* only there for these expected_attach_types; NULL: all */
	uint32_t attach_type_cnt;
};

/* A context type: what r1 points to at a program's start. */
struct bpfx_ctx_desc {
	uint32_t size;			/* bytes the program may address */
	uint32_t real_size;		/* bytes of the struct the extension passes */
	const char *type_name;		/* C name: "xdp_md" */
	const struct bpfx_ctx_field *fields;
	uint32_t field_cnt;
	/* Offsets in the real struct of pointers that helpers want; -1: none. */
	int32_t real_data, real_data_end, real_data_meta;
	const char *kernel_name;	/* struct behind it in Linux ("sk_buff"): bpf_cast_to_kern_ctx() */
};

#ifdef __cplusplus
}
#endif

#endif
