/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Helpers by id: names of all that Linux has, rows of those that we have, who may call which. */
#include "registry.h"
#include "rows.h"

#define HELPERS_MAX __BPF_FUNC_MAX_ID

static const char *const names[HELPERS_MAX + 1] = {
#define NAME(name, id, ...) [id] = #name,
	___BPF_FUNC_MAPPER(NAME)
#undef NAME
};

static const struct helper_table *const tables[] = {
	&map_helpers,  &ringbuf_helpers, &time_helpers, &task_helpers,	&misc_helpers,
	&memory_helpers, &string_helpers, &loop_helpers, &trace_helpers,
	&spin_helpers, &dynptr_helpers, &seq_helpers, &cgroup_helpers, &perf_helpers, &show_helpers,
};

static const struct bpfx_helper *general_rows[HELPERS_MAX];

/* Rows are constant; only their place by id is noted when the library is loaded. */
__attribute__((constructor)) static void index_rows(void)
{
	for (uint32_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (uint32_t i = 0; i < tables[t]->cnt; i++)
			general_rows[tables[t]->rows[i].id] = &tables[t]->rows[i];
}

static bool type_lists(const struct bpfx_prog_type *type, uint32_t id)
{
	for (uint32_t i = 0; i < type->general_cnt; i++)
		if (type->general[i] == id)
			return true;
	return false;
}

static const struct bpfx_helper *own_row(const struct bpfx_prog_type *type, uint32_t id)
{
	for (uint32_t i = 0; i < type->helper_cnt; i++)
		if (type->helpers[i].id == id)
			return &type->helpers[i];
	return NULL;
}

static const struct bpfx_helper *general_row(uint32_t id)
{
	const struct bpfx_helper *row = id < HELPERS_MAX ? general_rows[id] : NULL;

	return row ? row : registry_helper(id);
}

const struct bpfx_helper *helper_row(const struct bpfx_prog_type *type, uint32_t id,
				     enum verifier_helper_state *state)
{
	const struct bpfx_helper *row = own_row(type, id);

	*state = VERIFIER_HELPER_OK;
	if (row)
		return row;
	row = general_row(id);
	if (row && (row->flags & BPFX_HELPER_BASE || type_lists(type, id)))
		return row;
	*state = row || id < HELPERS_MAX ? VERIFIER_HELPER_FORBIDDEN : VERIFIER_HELPER_UNKNOWN;
	return NULL;
}

const char *helper_name(uint32_t id)
{
	const struct bpfx_helper *row;

	if (id < HELPERS_MAX)
		return names[id];
	row = registry_helper(id);
	return row ? row->name : NULL;
}
