/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* How a program wants its program information compared: a BTF tag of its main function. */
#include <string.h>

#include "err.h"
#include "prog_private.h"

#define TAG "bpfx:info_hash="

/* Value of the tag of function @func, NULL: it has none. */
static const char *tag_of(const struct kern_btf *btf, uint32_t func)
{
	for (uint32_t id = 1; id < kern_btf_type_cnt(btf); id++) {
		const struct btf_type *type = kern_btf_type(btf, id);
		const char *text;

		if (btf_kind(type) != BTF_KIND_DECL_TAG || type->type != func ||
		    ((const struct btf_decl_tag *)(type + 1))->component_idx != -1)
			continue;
		text = kern_btf_type_name(btf, type);
		if (!strncmp(text, TAG, strlen(TAG)))
			return text + strlen(TAG);
	}
	return NULL;
}

int prog_hash_kind(struct load *load)
{
	const char *kind = NULL;

	if (load->btf && load->func_info_cnt)
		kind = tag_of(load->btf, load->func_info[0].type_id);
	load->unhashed = kind && !strcmp(kind, "none");
	if (!kind || load->unhashed || !strcmp(kind, "SHA256"))
		return 0;
	ulog_printf(&load->log, "program information hash '%s' is unknown, use SHA256 or none\n", kind);
	return -EINVAL;
}
