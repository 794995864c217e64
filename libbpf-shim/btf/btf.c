/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BTF in memory: parsing raw data, access by id, offset and name, and raw data again. */
#include "btf_internal.h"

#include <byteswap.h>
#include <unistd.h>

#include "sys.h"

/* ---- life ---- */

static const char *str_of_key(uintptr_t key, void *ctx)
{
	const struct btf *btf = ctx;

	return key == BTF_SOUGHT_STR ? btf->sought_str : btf->strs + key;
}

static uint64_t hash_own_str(uintptr_t key, void *ctx)
{
	return hash_string(str_of_key(key, ctx));
}

static bool equal_own_str(uintptr_t a, uintptr_t b, void *ctx)
{
	return strcmp(str_of_key(a, ctx), str_of_key(b, ctx)) == 0;
}

/* Keys of the name index are addresses of names, so that a search needs no type. */
static uint64_t hash_name(uintptr_t name, void *ctx)
{
	return hash_string((const char *)name);
}

static bool equal_name(uintptr_t a, uintptr_t b, void *ctx)
{
	return strcmp((const char *)a, (const char *)b) == 0;
}

struct btf *btf_alloc(struct btf *base)
{
	struct btf *btf = calloc(1, sizeof(*btf));

	if (!btf)
		return NULL;
	btf->fd = -1;
	btf->base = base;
	btf->start_id = base ? btf__type_cnt(base) : 1;
	btf->start_str_off = base ? base->start_str_off + base->strs_len : 0;
	btf->ptr_size = base ? base->ptr_size : 0;
	btf->foreign_endian = base ? base->foreign_endian : false;
	btf->header_len = BTF_HEADER_LEN_LONG;
	hashmap_init(&btf->str_index, hash_own_str, equal_own_str, btf);
	hashmap_init(&btf->name_index, hash_name, equal_name, btf);
	return btf;
}

void btf__free(struct btf *btf)
{
	/* error pointers of the 0.x convention are let through */
	if (!btf || (unsigned long)btf >= (unsigned long)-4095)
		return;
	sys_close(btf->fd);
	hashmap_free(&btf->str_index);
	hashmap_free(&btf->name_index);
	if (btf->owns_base)
		btf__free(btf->base);
	free(btf->types);
	free(btf->type_offs);
	free(btf->strs);
	free(btf->raw);
	free(btf);
}

void btf_changed(struct btf *btf)
{
	free(btf->raw);
	btf->raw = NULL;
	/* names may have moved with the string section */
	hashmap_free(&btf->name_index);
	btf->name_indexed = 0;
}

/* ---- parsing ---- */

static __u32 word(__u32 value, bool swap)
{
	return swap ? bswap_32(value) : value;
}

/* A header of this machine's byte order, checked against the size of the data. */
static int parse_header(struct btf_header *hdr, const void *data, __u32 size, bool *swap)
{
	__u64 rest;

	if (size < sizeof(*hdr)) {
		pr_debug("BTF header not found\n");
		return -EINVAL;
	}
	memcpy(hdr, data, sizeof(*hdr));
	*swap = hdr->magic == bswap_16(BTF_MAGIC);
	if (!*swap && hdr->magic != BTF_MAGIC) {
		pr_debug("Invalid BTF magic: %x\n", hdr->magic);
		return -EINVAL;
	}
	hdr->hdr_len = word(hdr->hdr_len, *swap);
	hdr->type_off = word(hdr->type_off, *swap);
	hdr->type_len = word(hdr->type_len, *swap);
	hdr->str_off = word(hdr->str_off, *swap);
	hdr->str_len = word(hdr->str_len, *swap);
	if (hdr->hdr_len < sizeof(*hdr) || hdr->hdr_len > size) {
		pr_debug("BTF header length %u: data size %u\n", hdr->hdr_len, size);
		return -EINVAL;
	}
	rest = size - hdr->hdr_len;
	if ((__u64)hdr->str_off + hdr->str_len > rest) {
		pr_debug("Invalid BTF total size: %u\n", size);
		return -EINVAL;
	}
	if ((__u64)hdr->type_off + hdr->type_len > hdr->str_off) {
		pr_debug("Invalid BTF data sections layout: type data at %u + %u, strings data at %u + %u\n",
			 hdr->type_off, hdr->type_len, hdr->str_off, hdr->str_len);
		return -EINVAL;
	}
	if (hdr->type_off % 4) {
		pr_debug("BTF type section is not aligned to 4 bytes\n");
		return -EINVAL;
	}
	return 0;
}

static int parse_strings(struct btf *btf, const char *strs, __u32 len)
{
	if (!len && btf->base)
		return 0;
	if (!len || len - 1 > BTF_MAX_NAME_OFFSET || strs[len - 1] || (!btf->base && strs[0])) {
		pr_debug("Invalid BTF string section\n");
		return -EINVAL;
	}
	btf->strs = malloc(len);
	if (!btf->strs)
		return -ENOMEM;
	memcpy(btf->strs, strs, len);
	btf->strs_len = btf->strs_cap = len;
	return 0;
}

/* Find where each type begins. */
int btf_index_types(struct btf *btf)
{
	size_t off = 0;
	__u32 *slot;
	int size;

	btf->own_count = 0;
	while (off < btf->types_len) {
		if (btf->types_len - off < sizeof(struct btf_type))
			goto malformed;
		size = btf_type_record_size((struct btf_type *)(btf->types + off));
		if (size < 0) {
			pr_debug("Unsupported BTF_KIND:%u\n",
				 btf_kind((struct btf_type *)(btf->types + off)));
			return size;
		}
		if ((size_t)size > btf->types_len - off)
			goto malformed;
		slot = array_grow((void **)&btf->type_offs, &btf->own_count, &btf->type_offs_cap,
				  sizeof(*slot));
		if (!slot)
			return -ENOMEM;
		*slot = off;
		off += size;
	}
	return 0;

malformed:
	pr_warn("BTF type data is malformed\n");
	return -EINVAL;
}

static int parse_types(struct btf *btf, const void *types, __u32 len)
{
	btf->types = malloc(len ? len : 1);
	if (!btf->types)
		return -ENOMEM;
	if (len)
		memcpy(btf->types, types, len);
	btf->types_len = btf->types_cap = len;
	if (btf->foreign_endian)
		btf_swap_types(btf->types, len, true);
	return btf_index_types(btf);
}

static int parse_raw(struct btf *btf, const void *data, __u32 size)
{
	struct btf_header hdr;
	int err;

	err = parse_header(&hdr, data, size, &btf->foreign_endian);
	if (err)
		return err;
	btf->header_len = hdr.hdr_len == BTF_HEADER_LEN_LONG ? BTF_HEADER_LEN_LONG : sizeof(hdr);
	data = (const char *)data + hdr.hdr_len;
	err = parse_strings(btf, (const char *)data + hdr.str_off, hdr.str_len);
	if (!err)
		err = parse_types(btf, (const char *)data + hdr.type_off, hdr.type_len);
	return err ? err : btf_check_types(btf);
}

struct btf *btf_parse_memory(const void *data, __u32 size, struct btf *base)
{
	struct btf *btf = btf_alloc(base);
	int err;

	if (!btf)
		return libbpf_err_ptr(-ENOMEM);
	err = parse_raw(btf, data, size);
	if (err) {
		btf__free(btf);
		return libbpf_err_ptr(err);
	}
	return btf;
}

struct btf *btf__new(const void *data, __u32 size)
{
	return btf_parse_memory(data, size, NULL);
}

struct btf *btf__new_split(const void *data, __u32 size, struct btf *base_btf)
{
	return btf_parse_memory(data, size, base_btf);
}

struct btf *btf__new_empty_split(struct btf *base_btf)
{
	struct btf *btf = btf_alloc(base_btf);

	if (!btf)
		return libbpf_err_ptr(-ENOMEM);
	btf->types = calloc(1, 1);
	btf->strs = calloc(1, 1);
	if (!btf->types || !btf->strs) {
		btf__free(btf);
		return libbpf_err_ptr(-ENOMEM);
	}
	/* the empty string of a split BTF is its base's */
	btf->strs_cap = 1;
	btf->strs_len = base_btf ? 0 : 1;
	return btf;
}

struct btf *btf__new_empty(void)
{
	return btf__new_empty_split(NULL);
}

struct btf *btf_copy(const struct btf *btf)
{
	__u32 size;
	const void *raw = btf__raw_data(btf, &size);
	struct btf *copy;

	if (!raw)
		return NULL;
	copy = btf_parse_memory(raw, size, btf->base);
	if (copy)
		copy->ptr_size = btf->ptr_size;
	return copy;
}

/* ---- raw data ---- */

static void *make_raw(const struct btf *btf, bool swap, __u32 *size)
{
	struct btf_header *hdr;
	unsigned char *raw;

	*size = btf->header_len + btf->types_len + btf->strs_len;
	raw = calloc(1, *size);
	if (!raw)
		return NULL;
	hdr = (struct btf_header *)raw;
	hdr->magic = swap ? bswap_16(BTF_MAGIC) : BTF_MAGIC;
	hdr->version = BTF_VERSION;
	hdr->hdr_len = word(btf->header_len, swap);
	hdr->type_len = word(btf->types_len, swap);
	hdr->str_off = word(btf->types_len, swap);
	hdr->str_len = word(btf->strs_len, swap);
	if (btf->types_len)
		memcpy(raw + btf->header_len, btf->types, btf->types_len);
	if (swap)
		btf_swap_types(raw + btf->header_len, btf->types_len, false);
	if (btf->strs_len)
		memcpy(raw + btf->header_len + btf->types_len, btf->strs, btf->strs_len);
	return raw;
}

const void *btf__raw_data(const struct btf *btf_ro, __u32 *size)
{
	struct btf *btf = (struct btf *)btf_ro;

	if (!btf->raw) {
		btf->raw = make_raw(btf, btf->foreign_endian, &btf->raw_size);
		if (!btf->raw)
			return libbpf_err_ptr(-ENOMEM);
	}
	*size = btf->raw_size;
	return btf->raw;
}

const void *btf__get_raw_data(const struct btf *btf, __u32 *size)
{
	return btf__raw_data(btf, size);
}

enum btf_endianness btf__endianness(const struct btf *btf)
{
	bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	return big != btf->foreign_endian ? BTF_BIG_ENDIAN : BTF_LITTLE_ENDIAN;
}

int btf__set_endianness(struct btf *btf, enum btf_endianness endian)
{
	if (endian != BTF_LITTLE_ENDIAN && endian != BTF_BIG_ENDIAN)
		return libbpf_err(-EINVAL);
	if (endian != btf__endianness(btf)) {
		btf->foreign_endian = !btf->foreign_endian;
		free(btf->raw);
		btf->raw = NULL;
	}
	return 0;
}

/* ---- access ---- */

__u32 btf__type_cnt(const struct btf *btf)
{
	return btf->start_id + btf->own_count;
}

const struct btf *btf__base_btf(const struct btf *btf)
{
	return btf->base;
}

const struct btf_type *btf__type_by_id(const struct btf *btf, __u32 id)
{
	static const struct btf_type void_type;

	if (!id)
		return &void_type;
	while (id < btf->start_id)
		btf = btf->base;
	if (id - btf->start_id >= btf->own_count)
		return libbpf_err_ptr(-EINVAL);
	return (struct btf_type *)(btf->types + btf->type_offs[id - btf->start_id]);
}

struct btf_type *btf_type_writable(struct btf *btf, __u32 id)
{
	return (struct btf_type *)btf__type_by_id(btf, id);
}

const char *btf__str_by_offset(const struct btf *btf, __u32 offset)
{
	while (offset < btf->start_str_off)
		btf = btf->base;
	if (offset - btf->start_str_off < btf->strs_len)
		return btf->strs + (offset - btf->start_str_off);
	return libbpf_err_ptr(-EINVAL);
}

const char *btf__name_by_offset(const struct btf *btf, __u32 offset)
{
	return btf__str_by_offset(btf, offset);
}

const char *btf_str(const struct btf *btf, __u32 offset)
{
	const char *str = offset ? btf__str_by_offset(btf, offset) : "";

	return str ? str : "";
}

const char *btf_type_name(const struct btf *btf, const struct btf_type *t)
{
	return btf_str(btf, t->name_off);
}

int btf__fd(const struct btf *btf)
{
	return btf->fd;
}

void btf__set_fd(struct btf *btf, int fd)
{
	btf->fd = fd;
}

static const struct btf_type *skip(const struct btf *btf, __u32 id, __u32 *result, bool typedefs)
{
	const struct btf_type *t = btf__type_by_id(btf, id);
	int depth = 0;

	while (t && (btf_is_mod(t) || (typedefs && btf_is_typedef(t)))) {
		/* a longer chain can only be a circle */
		id = depth++ < BTF_MAX_DEPTH ? t->type : 0;
		t = btf__type_by_id(btf, id);
	}
	if (result)
		*result = t ? id : 0;
	return t ? t : btf__type_by_id(btf, 0);
}

const struct btf_type *btf_skip_mods_and_typedefs(const struct btf *btf, __u32 id, __u32 *result)
{
	return skip(btf, id, result, true);
}

const struct btf_type *btf_skip_mods(const struct btf *btf, __u32 id, __u32 *result)
{
	return skip(btf, id, result, false);
}

/* ---- names ---- */

static int fill_name_index(struct btf *btf)
{
	const char *name;
	struct btf_type *t;
	int err;

	for (; btf->name_indexed < btf->own_count; btf->name_indexed++) {
		t = (struct btf_type *)(btf->types + btf->type_offs[btf->name_indexed]);
		name = btf_type_name(btf, t);
		if (!*name)
			continue;
		err = hashmap_add(&btf->name_index, (uintptr_t)name,
				  btf->start_id + btf->name_indexed);
		if (err)
			return err;
	}
	return 0;
}

__u32 btf_name_next(struct btf_name_walk *walk, const char *name)
{
	const struct hashmap_entry *entry = walk->entry;

	while (walk->btf) {
		if (!entry && fill_name_index((struct btf *)walk->btf))
			return 0;
		entry = hashmap_next(&walk->btf->name_index, (uintptr_t)name, entry);
		if (entry) {
			walk->entry = entry;
			return entry->value;
		}
		walk->btf = walk->btf->base;
	}
	return 0;
}

__s32 btf_find_from(const struct btf *btf, __u32 start, const char *name, __u32 kind)
{
	struct btf_name_walk walk = { .btf = btf };
	__u32 id, first = 0;

	if (kind == BTF_KIND_UNKN || strcmp(name, "void") == 0)
		return 0;
	while ((id = btf_name_next(&walk, name)) != 0)
		if (id >= start && (!first || id < first) &&
		    btf_kind(btf__type_by_id(btf, id)) == kind)
			first = id;
	return first ? (__s32)first : libbpf_err(-ENOENT);
}

__s32 btf__find_by_name_kind(const struct btf *btf, const char *type_name, __u32 kind)
{
	return btf_find_from(btf, 1, type_name, kind);
}

__s32 btf__find_by_name(const struct btf *btf, const char *type_name)
{
	struct btf_name_walk walk = { .btf = btf };
	__u32 id, first = 0;

	if (strcmp(type_name, "void") == 0)
		return 0;
	while ((id = btf_name_next(&walk, type_name)) != 0)
		if (!first || id < first)
			first = id;
	return first ? (__s32)first : libbpf_err(-ENOENT);
}
