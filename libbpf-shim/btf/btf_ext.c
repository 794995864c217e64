/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * .BTF.ext: for each kind of record (function, line, CO-RE) a record size and then, for each
 * section of code, its name, a count and the records. Layout: kernel Documentation/bpf/btf.rst.
 */
#include "btf_util.h"

#include <byteswap.h>
#include <linux/bpf.h>

#include "util.h"

struct btf_ext_header {
	__u16 magic;
	__u8 version;
	__u8 flags;
	__u32 hdr_len;
	/* offsets count from the end of the header */
	__u32 func_info_off, func_info_len;
	__u32 line_info_off, line_info_len;
	/* absent from old compilers' output */
	__u32 core_relo_off, core_relo_len;
};

#define HEADER_LEN_MIN offsetof(struct btf_ext_header, core_relo_off)

/* Everything but the first word is 32-bit words. */
static void swap_words(void *data, __u32 size)
{
	__u32 *word = data, i;
	struct btf_ext_header *hdr = data;

	hdr->magic = bswap_16(hdr->magic);
	for (i = 1; i < size / 4; i++)
		word[i] = bswap_32(word[i]);
}

struct part {
	const char *name;
	__u32 off, len;
	__u32 min_rec_size;
	struct btf_ext_info *info;
};

static int bad_part(const struct part *part, const char *what)
{
	pr_debug("%s section: %s\n", part->name, what);
	return -EINVAL;
}

static int check_sections(const struct part *part)
{
	const struct btf_ext_info *info = part->info;
	const struct btf_ext_info_sec *sec;
	__u32 left = info->len;
	const char *pos = info->data;
	__u64 size;

	if (!left)
		return bad_part(part, "no records");
	while (left) {
		sec = (const void *)pos;
		if (left < sizeof(*sec) || !sec->num_info)
			return bad_part(part, "incorrect section header");
		size = sizeof(*sec) + (__u64)sec->num_info * info->rec_size;
		if (left < size)
			return bad_part(part, "records do not fit");
		left -= size;
		pos += size;
	}
	return 0;
}

static int parse_part(const struct btf_ext *ext, const struct part *part, __u32 hdr_len)
{
	struct btf_ext_info *info = part->info;
	const char *start = (const char *)ext->raw + hdr_len + part->off;
	__u32 rest = ext->raw_size - hdr_len;

	if (!part->len)
		return 0;
	if (part->off % 4)
		return bad_part(part, "not aligned to 4 bytes");
	if (part->off > rest || part->len > rest - part->off)
		return bad_part(part, "does not fit into .BTF.ext");
	if (part->len < sizeof(__u32))
		return bad_part(part, "no record size");
	info->rec_size = *(const __u32 *)start;
	if (info->rec_size < part->min_rec_size || info->rec_size % 4)
		return bad_part(part, "invalid record size");
	/* only a record size and no records is how compilers say "none" */
	if (part->len == sizeof(__u32))
		return 0;
	info->data = start + sizeof(__u32);
	info->len = part->len - sizeof(__u32);
	return check_sections(part);
}

static int parse(struct btf_ext *ext)
{
	const struct btf_ext_header *hdr = ext->raw;
	bool has_core = hdr->hdr_len >= sizeof(*hdr);
	struct part parts[] = {
		{ "func_info", hdr->func_info_off, hdr->func_info_len,
		  sizeof(struct bpf_func_info), &ext->func_info },
		{ "line_info", hdr->line_info_off, hdr->line_info_len,
		  sizeof(struct bpf_line_info), &ext->line_info },
		{ "core_relo", has_core ? hdr->core_relo_off : 0,
		  has_core ? hdr->core_relo_len : 0, sizeof(struct bpf_core_relo),
		  &ext->core_relo },
	};
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		err = parse_part(ext, &parts[i], hdr->hdr_len);
		if (err)
			return err;
	}
	return 0;
}

static int check_header(const struct btf_ext_header *hdr, __u32 size)
{
	if (hdr->version != BTF_VERSION) {
		pr_debug("Unsupported BTF.ext version:%u\n", hdr->version);
		return -ENOTSUP;
	}
	if (hdr->flags) {
		pr_debug("Unsupported BTF.ext flags:%x\n", hdr->flags);
		return -ENOTSUP;
	}
	if (hdr->hdr_len < HEADER_LEN_MIN || hdr->hdr_len > size || hdr->hdr_len % 4) {
		pr_debug("BTF.ext header length %u, size %u\n", hdr->hdr_len, size);
		return -EINVAL;
	}
	if (hdr->hdr_len == size) {
		pr_debug("BTF.ext has no data\n");
		return -EINVAL;
	}
	return 0;
}

static int load(struct btf_ext *ext, const __u8 *data, __u32 size)
{
	const struct btf_ext_header *hdr;
	int err;

	if (size < HEADER_LEN_MIN) {
		pr_debug("BTF.ext header not found\n");
		return -EINVAL;
	}
	ext->raw = calloc(1, MAX((size_t)size, sizeof(*hdr)));
	if (!ext->raw)
		return -ENOMEM;
	memcpy(ext->raw, data, size);
	ext->raw_size = size;
	hdr = ext->raw;
	ext->foreign_endian = hdr->magic == bswap_16(BTF_MAGIC);
	if (ext->foreign_endian) {
		swap_words(ext->raw, size);
	} else if (hdr->magic != BTF_MAGIC) {
		pr_debug("Invalid BTF.ext magic:%x\n", hdr->magic);
		return -EINVAL;
	}
	err = check_header(hdr, size);
	return err ? err : parse(ext);
}

struct btf_ext *btf_ext__new(const __u8 *data, __u32 size)
{
	struct btf_ext *ext = calloc(1, sizeof(*ext));
	int err;

	if (!ext)
		return libbpf_err_ptr(-ENOMEM);
	err = load(ext, data, size);
	if (err) {
		btf_ext__free(ext);
		return libbpf_err_ptr(err);
	}
	return ext;
}

void btf_ext__free(struct btf_ext *ext)
{
	if (!ext || (unsigned long)ext >= (unsigned long)-4095)
		return;
	free(ext->raw);
	free(ext->swapped);
	free(ext);
}

const void *btf_ext__raw_data(const struct btf_ext *ext_ro, __u32 *size)
{
	struct btf_ext *ext = (struct btf_ext *)ext_ro;

	*size = ext->raw_size;
	if (!ext->foreign_endian)
		return ext->raw;
	if (!ext->swapped) {
		ext->swapped = malloc(ext->raw_size);
		if (!ext->swapped)
			return libbpf_err_ptr(-ENOMEM);
		memcpy(ext->swapped, ext->raw, ext->raw_size);
		swap_words(ext->swapped, ext->raw_size);
	}
	return ext->swapped;
}

const void *btf_ext__get_raw_data(const struct btf_ext *ext, __u32 *size)
{
	return btf_ext__raw_data(ext, size);
}

enum btf_endianness btf_ext__endianness(const struct btf_ext *ext)
{
	bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	return big != ext->foreign_endian ? BTF_BIG_ENDIAN : BTF_LITTLE_ENDIAN;
}

int btf_ext__set_endianness(struct btf_ext *ext, enum btf_endianness endian)
{
	if (endian != BTF_LITTLE_ENDIAN && endian != BTF_BIG_ENDIAN)
		return libbpf_err(-EINVAL);
	if (endian != btf_ext__endianness(ext))
		ext->foreign_endian = !ext->foreign_endian;
	return 0;
}

/* ---- walks ---- */

const struct btf_ext_info_sec *btf_ext_next_sec(const struct btf_ext_info *info,
						const struct btf_ext_info_sec *sec)
{
	const char *end = (const char *)info->data + info->len;

	if (!info->data)
		return NULL;
	if (!sec)
		return info->data;
	sec = (const void *)(sec->data + (size_t)sec->num_info * info->rec_size);
	return (const char *)sec < end ? sec : NULL;
}

/* Which words of a record are type ids or string offsets. */
struct record_words {
	size_t info;		/* offset in struct btf_ext */
	size_t id, str1, str2;	/* offset in the record; 0 for none: word 0 is an instruction */
};

static const struct record_words record_words[] = {
	{ offsetof(struct btf_ext, func_info), offsetof(struct bpf_func_info, type_id), 0, 0 },
	{ offsetof(struct btf_ext, line_info), 0, offsetof(struct bpf_line_info, file_name_off),
	  offsetof(struct bpf_line_info, line_off) },
	{ offsetof(struct btf_ext, core_relo), offsetof(struct bpf_core_relo, type_id),
	  offsetof(struct bpf_core_relo, access_str_off), 0 },
};

static int visit_word(char *record, size_t offset, int (*fn)(__u32 *, void *), void *ctx)
{
	return offset ? fn((__u32 *)(record + offset), ctx) : 0;
}

static int visit(struct btf_ext *ext, bool ids, int (*fn)(__u32 *, void *), void *ctx)
{
	const struct btf_ext_info_sec *sec;
	const struct record_words *words;
	struct btf_ext_info *info;
	int err = 0;
	size_t k;
	__u32 i;

	free(ext->swapped);
	ext->swapped = NULL;
	for (k = 0; k < ARRAY_SIZE(record_words); k++) {
		words = &record_words[k];
		info = (struct btf_ext_info *)((char *)ext + words->info);
		for (sec = NULL; (sec = btf_ext_next_sec(info, sec)) != NULL;) {
			if (!ids)
				err = fn((__u32 *)&sec->sec_name_off, ctx);
			for (i = 0; i < sec->num_info && !err; i++) {
				char *record = (char *)sec->data + (size_t)i * info->rec_size;

				if (ids) {
					err = visit_word(record, words->id, fn, ctx);
					continue;
				}
				err = visit_word(record, words->str1, fn, ctx);
				if (!err)
					err = visit_word(record, words->str2, fn, ctx);
			}
			if (err)
				return err;
		}
	}
	return 0;
}

int btf_ext_visit_ids(struct btf_ext *ext, int (*fn)(__u32 *id, void *ctx), void *ctx)
{
	return visit(ext, true, fn, ctx);
}

int btf_ext_visit_strs(struct btf_ext *ext, int (*fn)(__u32 *off, void *ctx), void *ctx)
{
	return visit(ext, false, fn, ctx);
}
