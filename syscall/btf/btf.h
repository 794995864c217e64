/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * BTF as the emulated kernel keeps it: checked once, then immutable. Knows no fds and no files.
 * Layout: linux/btf.h, kernel Documentation/bpf/btf.rst. Messages and limits: Linux 6.18.
 */
#ifndef SYSCALL_BTF_H
#define SYSCALL_BTF_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/btf.h>

struct ulog;
struct kern_btf;

/**
 * kern_btf_parse() - check a blob as BTF_LOAD does and index it
 * @data: copied; the caller keeps it
 * @log: receives Linux's messages; may be NULL
 * @base: split BTF: the BTF whose ids and strings come first; NULL otherwise; not owned
 * Return: 0 and *out (free with kern_btf_free()), or -EINVAL, -E2BIG, -ENOTSUPP, -ENOMEM …
 */
int kern_btf_parse(const void *data, uint32_t size, const struct kern_btf *base, struct ulog *log,
		   struct kern_btf **out);

/* As above for data that was checked before (from the store): no log, memory is borrowed and must
 * outlive the result. */
int kern_btf_open(const void *data, uint32_t size, const struct kern_btf *base,
		  struct kern_btf **out);
void kern_btf_free(struct kern_btf *btf);

const void *kern_btf_raw(const struct kern_btf *btf, uint32_t *size);

/* Number of types, void (id 0) included. */
uint32_t kern_btf_type_cnt(const struct kern_btf *btf);
/* Type 0 is a void of kind UNKN; NULL for an id out of range. */
const struct btf_type *kern_btf_type(const struct kern_btf *btf, uint32_t id);
/* "" for offset 0, NULL for one out of range. */
const char *kern_btf_name(const struct kern_btf *btf, uint32_t offset);
const char *kern_btf_type_name(const struct kern_btf *btf, const struct btf_type *type);
/* Id of the first type of that name and kind; 0: none. */
uint32_t kern_btf_find(const struct kern_btf *btf, const char *name, uint32_t kind);

/* Past typedefs and qualifiers (and type tags): the type below and, if wanted, its id. */
const struct btf_type *kern_btf_skip_modifiers(const struct kern_btf *btf, uint32_t id,
					       uint32_t *real_id);
/* Bytes of a type after modifiers: 0 or -EINVAL for what has no size. */
int kern_btf_size(const struct kern_btf *btf, uint32_t id, uint32_t *size);

static inline uint32_t btf_kind(const struct btf_type *t)
{
	return BTF_INFO_KIND(t->info);
}

static inline bool btf_is_struct_or_union(const struct btf_type *t)
{
	return btf_kind(t) == BTF_KIND_STRUCT || btf_kind(t) == BTF_KIND_UNION;
}

static inline uint32_t btf_vlen(const struct btf_type *t)
{
	return BTF_INFO_VLEN(t->info);
}

static inline bool btf_kflag(const struct btf_type *t)
{
	return BTF_INFO_KFLAG(t->info);
}

static inline const struct btf_member *btf_members(const struct btf_type *t)
{
	return (const struct btf_member *)(t + 1);
}

static inline const struct btf_param *btf_params(const struct btf_type *t)
{
	return (const struct btf_param *)(t + 1);
}

static inline const struct btf_array *btf_array(const struct btf_type *t)
{
	return (const struct btf_array *)(t + 1);
}

static inline const struct btf_var_secinfo *btf_secinfos(const struct btf_type *t)
{
	return (const struct btf_var_secinfo *)(t + 1);
}

static inline uint32_t btf_member_bit_offset(const struct btf_type *t, const struct btf_member *m)
{
	return btf_kflag(t) ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;
}

/* Bits of a bit-field member, 0 for a plain one. */
static inline uint32_t btf_member_bits(const struct btf_type *t, const struct btf_member *m)
{
	return btf_kflag(t) ? BTF_MEMBER_BITFIELD_SIZE(m->offset) : 0;
}

/* ---- special fields of map values and local objects ---- */
enum kern_btf_field_kind {
	BTF_FIELD_SPIN_LOCK = 1 << 0,
	BTF_FIELD_TIMER = 1 << 1,
	BTF_FIELD_KPTR_UNREF = 1 << 2,
	BTF_FIELD_KPTR_REF = 1 << 3,
	BTF_FIELD_KPTR_PERCPU = 1 << 4,
	BTF_FIELD_LIST_HEAD = 1 << 5,
	BTF_FIELD_LIST_NODE = 1 << 6,
	BTF_FIELD_RB_ROOT = 1 << 7,
	BTF_FIELD_RB_NODE = 1 << 8,
	BTF_FIELD_REFCOUNT = 1 << 9,
	BTF_FIELD_WORKQUEUE = 1 << 10,
	BTF_FIELD_UPTR = 1 << 11,
	BTF_FIELD_RES_SPIN_LOCK = 1 << 12,
	BTF_FIELD_TASK_WORK = 1 << 13,
};

struct kern_btf_field {
	uint32_t kind;		/* one bit of enum kern_btf_field_kind */
	uint32_t offset, size;	/* bytes in the value */
	uint32_t type_id;	/* pointed-to or contained type, where the kind has one */
	uint32_t node_offset;	/* list head, rb root: offset of the node in the contained type */
};

#define BTF_FIELDS_MAX 11

struct kern_btf_fields {
	uint32_t mask;		/* kinds that occur */
	uint32_t cnt;
	struct kern_btf_field field[BTF_FIELDS_MAX];	/* by ascending offset */
};

/**
 * kern_btf_find_fields() - special fields of a struct (or DATASEC) as Linux finds them
 * @kinds: kinds that count; others are ignored as Linux does for the map type in question
 * Return: 0, or Linux's -EINVAL, -E2BIG, -EEXIST for malformed and repeated ones.
 */
int kern_btf_find_fields(const struct kern_btf *btf, uint32_t type_id, uint32_t kinds,
			 uint32_t value_size, struct kern_btf_fields *fields);

#endif
