/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* From a blob to a struct kern_btf: header, sections, strings; and its end. */
#include <stdlib.h>
#include <string.h>

#include "inner.h"

#define BLOB_MAX (16u << 20)

struct parse {
	struct kern_btf *btf;
	struct ulog *log;
	struct btf_header header;	/* as far as the blob has it, the rest 0 */
};

static int refuse(struct parse *p, const char *text)
{
	ulog_printf(p->log, "%s", text);
	return -EINVAL;
}

/* Bytes of the header that this version does not know must be zero: then nothing is lost. */
static int read_header(struct parse *p)
{
	const struct kern_btf *btf = p->btf;
	uint32_t known = sizeof(p->header), hdr_len;

	if (btf->size < offsetof(struct btf_header, hdr_len) + sizeof(hdr_len))
		return refuse(p, "hdr_len not found");
	memcpy(&hdr_len, btf->data + offsetof(struct btf_header, hdr_len), sizeof(hdr_len));
	if (btf->size < hdr_len)
		return refuse(p, "btf_header not found");
	if (hdr_len > known && !is_zero(btf->data + known, hdr_len - known)) {
		ulog_printf(p->log, "Unsupported btf_header");
		return -E2BIG;
	}
	memcpy(&p->header, btf->data, MIN(hdr_len, known));
	return 0;
}

static void print_header(struct parse *p)
{
	const struct btf_header *h = &p->header;

	ulog_printf(p->log,
		    "magic: 0x%x\nversion: %u\nflags: 0x%x\nhdr_len: %u\ntype_off: %u\n"
		    "type_len: %u\nstr_off: %u\nstr_len: %u\nbtf_total_size: %u\n",
		    h->magic, h->version, h->flags, h->hdr_len, h->type_off, h->type_len,
		    h->str_off, h->str_len, p->btf->size);
}

/* Which section comes first. Measured: offsets compare as signed differences, then lengths. */
static bool comes_later(const uint32_t a[2], const uint32_t b[2])
{
	int32_t by_offset = a[0] - b[0], by_length = a[1] - b[1];

	return by_offset ? by_offset > 0 : by_length > 0;
}

/* The two sections fill what is behind the header: no gap, no overlap, nothing else. */
static int check_sections(struct parse *p)
{
	const struct btf_header *h = &p->header;
	const uint32_t types[2] = { h->type_off, h->type_len };
	const uint32_t strings[2] = { h->str_off, h->str_len };
	const bool strings_first = comes_later(types, strings);
	uint32_t expected = p->btf->size - h->hdr_len, total = 0;

	for (int i = 0; i < 2; i++) {
		const uint32_t *section = (i == 0) == strings_first ? strings : types;

		if (expected < section[0])
			return refuse(p, "Invalid section offset");
		if (total < section[0])
			return refuse(p, "Unsupported section found");
		if (total > section[0])
			return refuse(p, "Section overlap found");
		if (expected - total < section[1])
			return refuse(p, "Total section length too long");
		total += section[1];
	}
	return total == expected ? 0 : refuse(p, "Unsupported section found");
}

static int check_header(struct parse *p)
{
	const struct btf_header *h = &p->header;

	if (h->magic != BTF_MAGIC)
		return refuse(p, "Invalid magic");
	if (h->version != BTF_VERSION) {
		ulog_printf(p->log, "Unsupported version");
		return -ENOTSUPP;
	}
	if (h->flags) {
		ulog_printf(p->log, "Unsupported flags");
		return -ENOTSUPP;
	}
	if (!p->btf->base && p->btf->size == p->header.hdr_len)
		return refuse(p, "No data");
	return check_sections(p);
}

static int take_strings(struct parse *p)
{
	struct kern_btf *btf = p->btf;
	const struct btf_header *h = &p->header;
	const char *start = (const char *)btf->data + p->header.hdr_len + h->str_off;

	btf->strings = start;
	btf->str_size = h->str_len;
	if (p->header.hdr_len + h->str_off + h->str_len != btf->size)
		return refuse(p, "String section is not at the end");
	if (btf->base && !h->str_len)
		return 0;
	if (!h->str_len || h->str_len - 1 > BTF_MAX_NAME_OFFSET || start[h->str_len - 1] ||
	    (!btf->base && start[0]))
		return refuse(p, "Invalid string section");
	return 0;
}

/* Type records are read as words: a header of odd length costs a copy. */
static int take_types(struct parse *p, struct btf_section *types)
{
	struct kern_btf *btf = p->btf;
	const struct btf_header *h = &p->header;
	const unsigned char *start = btf->data + p->header.hdr_len + h->type_off;

	if (h->type_off & (sizeof(uint32_t) - 1))
		return refuse(p, "Unaligned type_off");
	if (!btf->base && !h->type_len)
		return refuse(p, "No type found");
	if ((uintptr_t)start & (sizeof(uint32_t) - 1)) {
		btf->aligned = malloc(h->type_len + 1);
		if (!btf->aligned)
			return -ENOMEM;
		start = memcpy(btf->aligned, start, h->type_len);
	}
	*types = (struct btf_section){ start, start + h->type_len };
	return 0;
}

static int parse_sections(struct parse *p, struct btf_section *types)
{
	int err = read_header(p);

	if (err)
		return err;
	print_header(p);
	err = check_header(p);
	if (!err)
		err = take_strings(p);
	if (!err)
		err = take_types(p, types);
	return err;
}

static struct kern_btf *new_btf(const void *data, uint32_t size, const struct kern_btf *base)
{
	struct kern_btf *btf = calloc(1, sizeof(*btf));

	if (!btf)
		return NULL;
	btf->data = data;
	btf->size = size;
	btf->base = base;
	btf->first_id = base ? base->type_cnt : 1;
	btf->first_str = base ? base->first_str + base->str_size : 0;
	btf->type_cnt = btf->first_id;
	return btf;
}

int kern_btf_parse(const void *data, uint32_t size, const struct kern_btf *base, struct ulog *log,
		   struct kern_btf **out)
{
	struct parse p = { .log = log };
	struct btf_section types;
	struct kern_btf *btf;
	int err;

	if (size > BLOB_MAX)
		return -E2BIG;
	btf = new_btf(NULL, size, base);
	if (!btf)
		return -ENOMEM;
	p.btf = btf;
	err = -ENOMEM;
	btf->owned = malloc(size ? size : 1);
	if (!btf->owned)
		goto free_btf;
	btf->data = memcpy(btf->owned, data, size);
	err = parse_sections(&p, &types);
	if (!err)
		err = btf_check_all(btf, types, log);
	if (!err)
		err = btf_check_objects(btf);
	if (err)
		goto free_btf;
	*out = btf;
	return 0;

free_btf:
	kern_btf_free(btf);
	return err;
}

/* The blob passed kern_btf_parse() once; only memory safety is looked after here. */
static int index_types(struct kern_btf *btf, struct btf_section s)
{
	uint32_t cap = (s.end - s.start) / sizeof(struct btf_type);

	btf->types = malloc(((size_t)cap + 1) * sizeof(*btf->types));
	if (!btf->types)
		return -ENOMEM;
	while (s.start < s.end) {
		const struct btf_type *t = (const void *)s.start;
		size_t left = s.end - s.start, need = sizeof(*t);

		if (left < need || btf_kind(t) > BTF_KIND_MAX)
			return -EINVAL;
		need += btf_kinds[btf_kind(t)].fixed_size +
			(size_t)btf_kinds[btf_kind(t)].item_size * btf_vlen(t);
		if (left < need)
			return -EINVAL;
		btf->types[btf->type_cnt++ - btf->first_id] = t;
		s.start += need;
	}
	return 0;
}

int kern_btf_open(const void *data, uint32_t size, const struct kern_btf *base,
		  struct kern_btf **out)
{
	struct parse p = { 0 };
	struct btf_section types;
	int err;

	p.btf = new_btf(data, size, base);
	if (!p.btf)
		return -ENOMEM;
	err = parse_sections(&p, &types);
	if (!err)
		err = index_types(p.btf, types);
	if (err) {
		kern_btf_free(p.btf);
		return err;
	}
	*out = p.btf;
	return 0;
}

void kern_btf_free(struct kern_btf *btf)
{
	if (!btf)
		return;
	free(btf->index);
	free(btf->types);
	free(btf->aligned);
	free(btf->owned);
	free(btf);
}

const void *kern_btf_raw(const struct kern_btf *btf, uint32_t *size)
{
	*size = btf->size;
	return btf->data;
}
