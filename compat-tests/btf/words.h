/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BTF types as words, for rows of tests. All rows share one string section. */
#ifndef BTF_WORDS_H
#define BTF_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/btf.h>

static const char test_strings[] =
	"\0int\0a\0b c\0s\0.data\0tag\0bpf_spin_lock\0bpf_timer\0bpf_list_head\0bpf_list_node\0"
	"contains:s:a\0kptr\0other";
enum {
	S_NONE = 0, S_INT = 1, S_A = 5, S_BAD = 7, S_S = 11, S_DATA = 13, S_TAG = 19,
	S_SPIN = 23, S_TIMER = 37, S_HEAD = 47, S_NODE = 61, S_CONTAINS = 75, S_KPTR = 88,
	S_OTHER = 93,
};

#define T(name, kind, vlen, size)  name, (uint32_t)(BTF_KIND_##kind << 24 | (vlen)), size
#define TK(name, kind, vlen, size) name, 1u << 31 | BTF_KIND_##kind << 24 | (vlen), size
#define T_INT(bytes, bits) T(S_INT, INT, 0, bytes), BTF_INT_SIGNED << 24 | (bits)
#define T_ARRAY(elem, index, cnt) T(0, ARRAY, 0, 0), elem, index, cnt
#define T_TAG(name, type, component) T(name, DECL_TAG, 0, type), (uint32_t)(component)
#define INT32 T_INT(4, 32)

#define BLOB_MAX 4096

/* Header, words and the strings above. Return: bytes at @out. */
static inline uint32_t make_blob(const uint32_t *words, uint32_t size, unsigned char *out)
{
	struct btf_header h = {
		.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(h),
		.type_len = size, .str_off = size, .str_len = sizeof(test_strings),
	};

	memcpy(out, &h, sizeof(h));
	memcpy(out + sizeof(h), words, size);
	memcpy(out + sizeof(h) + size, test_strings, sizeof(test_strings));
	return sizeof(h) + size + sizeof(test_strings);
}

#endif
