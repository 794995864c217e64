/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the files of this room share: the parsed blob, and the state of a check in progress. */
#ifndef SYSCALL_BTF_INNER_H
#define SYSCALL_BTF_INNER_H

#include "bits.h"
#include "btf.h"
#include "err.h"
#include "ulog.h"

struct name_index;

struct kern_btf {
	void *owned;			/* copy of the blob; NULL: borrowed */
	const unsigned char *data;
	uint32_t size;
	const struct kern_btf *base;
	uint32_t first_id;		/* id of types[0] */
	uint32_t type_cnt;		/* one above the last id, base included */
	uint32_t first_str, str_size;	/* offsets of our strings begin behind the base's */
	const char *strings;
	const struct btf_type **types;	/* our own, types[id - first_id] */
	void *aligned;			/* copy of the type section where hdr_len is odd */
	struct name_index *index;	/* built by the first search; atomic */
};

/* The type section, as addresses that may be read as 32-bit words. */
struct btf_section {
	const unsigned char *start, *end;
};

/* ---- a check in progress ---- */

#define RESOLVE_DEPTH_MAX 32

enum visit { NOT_VISITED, VISITED, RESOLVED };

/* Where the walk began decides where it ends: a pointer does not look into structs, a struct does
 * not look behind pointers. */
enum resolve_mode { RESOLVE_ANY, RESOLVE_PTR, RESOLVE_STRUCT_OR_ARRAY };

struct visit_frame {
	const struct btf_type *type;
	uint32_t id;
	uint32_t next_member;		/* members before it are done */
};

struct btf_check {
	struct kern_btf *btf;
	struct ulog *log;
	uint32_t log_id;		/* type that messages are about */
	bool first_pass;		/* each type by itself; then how they refer to others */
	/* By id - first_id: */
	uint8_t *visits;
	uint32_t *resolved_ids;		/* modifiers, variables: the type below */
	uint32_t *resolved_sizes;	/* arrays: bytes */
	struct visit_frame stack[RESOLVE_DEPTH_MAX];
	uint32_t depth;
	enum resolve_mode mode;
};

/* One row per kind, indexed by BTF_KIND_*. */
struct btf_kind_row {
	const char *text;
	uint16_t fixed_size, item_size;	/* bytes behind struct btf_type: once, and per vlen */
	/* First pass: the type by itself, then (after its line was printed) its items. */
	int (*check)(struct btf_check *c, const struct btf_type *t);
	int (*items)(struct btf_check *c, const struct btf_type *t);
	void (*details)(struct btf_check *c, const struct btf_type *t);
	/* Second pass; NULL: refers to nothing. Either asks for another type to be visited first
	 * (and is called again) or says resolve_done(). */
	int (*resolve)(struct btf_check *c, struct visit_frame *frame);
	/* As a member of @s: plain, and where @s has sizes of bit-fields. NULL: cannot be one. */
	int (*member)(struct btf_check *c, const struct btf_type *s, const struct btf_member *m,
		      const struct btf_type *t);
	int (*bit_member)(struct btf_check *c, const struct btf_type *s, const struct btf_member *m,
			  const struct btf_type *t);
};

extern const struct btf_kind_row btf_kinds[NR_BTF_KINDS];

/* check.c */
int btf_check_all(struct kern_btf *btf, struct btf_section types, struct ulog *log);

/* check_log.c: Linux's lines. Each returns -EINVAL so that a refusal is one statement. */
int check_refuse(struct btf_check *c, const struct btf_type *t, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Without the kind's details, for what cannot be printed yet. */
int check_refuse_basic(struct btf_check *c, const struct btf_type *t, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int check_refuse_member(struct btf_check *c, const struct btf_type *s, const struct btf_member *m,
			const char *format, ...) __attribute__((format(printf, 4, 5)));
int check_refuse_var(struct btf_check *c, const struct btf_type *section,
		     const struct btf_var_secinfo *info, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void check_print_type(struct btf_check *c, const struct btf_type *t);
void check_print_member(struct btf_check *c, const struct btf_type *s, const struct btf_member *m);
void check_print_var(struct btf_check *c, const struct btf_type *section,
		     const struct btf_var_secinfo *info);
const char *check_name(const struct btf_check *c, uint32_t offset);

/* fields.c: structs with special fields, as BTF_LOAD checks them. */
int btf_check_objects(const struct kern_btf *btf);

/* names.c */
bool btf_name_is_identifier(const struct kern_btf *btf, uint32_t offset);
bool btf_name_is_section(const struct kern_btf *btf, uint32_t offset);

/* resolve.c */
int btf_resolve(struct btf_check *c, const struct btf_type *t, uint32_t id);
int btf_check_func_proto(struct btf_check *c, const struct btf_type *t);
/* Type with a size behind @id; NULL: none has one. Updates @id; @size may be NULL. */
const struct btf_type *resolved_size(const struct btf_check *c, uint32_t *id, uint32_t *size);
/* What modifier @id was resolved to. */
const struct btf_type *resolved_type(const struct btf_check *c, uint32_t *id);
int resolve_modifier(struct btf_check *c, struct visit_frame *frame);
int resolve_ptr(struct btf_check *c, struct visit_frame *frame);
int resolve_var(struct btf_check *c, struct visit_frame *frame);
int resolve_array(struct btf_check *c, struct visit_frame *frame);
int resolve_struct(struct btf_check *c, struct visit_frame *frame);
int resolve_func(struct btf_check *c, struct visit_frame *frame);
int resolve_datasec(struct btf_check *c, struct visit_frame *frame);
int resolve_decl_tag(struct btf_check *c, struct visit_frame *frame);

/* members.c */
#define MEMBER_CHECK(name)                                                                         \
	int name(struct btf_check *c, const struct btf_type *s, const struct btf_member *m,        \
		 const struct btf_type *t)
MEMBER_CHECK(member_int);
MEMBER_CHECK(member_int_bits);
MEMBER_CHECK(member_sized);
MEMBER_CHECK(member_ptr);
MEMBER_CHECK(member_array);
MEMBER_CHECK(member_enum_bits);
MEMBER_CHECK(member_float);
MEMBER_CHECK(member_modifier);
MEMBER_CHECK(member_plain_bits);
bool btf_int_is_regular(const struct btf_type *t);

/* ---- questions about a type ---- */
static inline uint32_t btf_int_word(const struct btf_type *t)
{
	return *(const uint32_t *)(t + 1);
}

static inline bool btf_is_modifier(const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return true;
	}
	return false;
}

static inline bool btf_is_composite(const struct btf_type *t)
{
	return btf_kind(t) == BTF_KIND_STRUCT || btf_kind(t) == BTF_KIND_UNION;
}

/* Its size is in the type itself. */
static inline bool btf_has_size(const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_DATASEC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_ENUM64:
		return true;
	}
	return false;
}

/* Can never have one. */
static inline bool btf_has_no_size(const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_UNKN:
	case BTF_KIND_FWD:
	case BTF_KIND_FUNC:
	case BTF_KIND_FUNC_PROTO:
	case BTF_KIND_DECL_TAG:
		return true;
	}
	return false;
}

/* Refers to others, but nothing but its own kind of user refers to it. */
static inline bool btf_is_source_only(const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
	case BTF_KIND_DATASEC:
		return true;
	}
	return false;
}

#endif
