/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Plugins for the registry's test: a good one, one of another ABI, one without a context header. */
#include <bpfx/extension.h>

#ifndef PLUGIN_ABI
#define PLUGIN_ABI BPFX_ABI_VERSION
#endif
#ifndef PLUGIN_HEADER
#define PLUGIN_HEADER BPFX_CTX_HEADER_SIZE
#endif

static const struct bpfx_ctx_field fields[] = {
	{ "value", 0, 8, BPFX_FIELD_SCALAR, BPFX_FIELD_READ, 0, 8, .type_name = NULL },
};

static const struct bpfx_ctx_desc ctx = { 8, 8, PLUGIN_NAME, fields, 1, -1, -1, -1 };

static const struct bpfx_prog_type types[] = {
	{ .name = PLUGIN_NAME, .ctx = &ctx },
};

extern const struct bpfx_extension bpfx_extension;
__attribute__((visibility("default"))) const struct bpfx_extension bpfx_extension = {
	.size = sizeof(struct bpfx_extension),
	.abi_version = PLUGIN_ABI,
	.context_header_size = PLUGIN_HEADER,
	.prog_type_size = sizeof(struct bpfx_prog_type),
	.ctx_desc_size = sizeof(struct bpfx_ctx_desc),
	.ctx_field_size = sizeof(struct bpfx_ctx_field),
	.name = PLUGIN_NAME,
	.version = "1",
	.prog_types = types,
	.prog_type_cnt = 1,
};
