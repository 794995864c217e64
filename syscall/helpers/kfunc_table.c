/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Kernel functions by name: rows of this room's files and of extensions, who may call which. */
#include <string.h>
#include "registry.h"
#include "rows.h"

static const struct kfunc_table *const tables[] = {
	&iter_kfuncs, &section_kfuncs, &dynptr_kfuncs, &linux_kfuncs,
};

static const struct bpfx_kfunc *find_row(const char *name)
{
	for (uint32_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (uint32_t i = 0; i < tables[t]->cnt; i++)
			if (!strcmp(tables[t]->rows[i].name, name))
				return &tables[t]->rows[i];
	return registry_kfunc(name);
}

static bool is_for_type(const struct bpfx_kfunc *row, const struct bpfx_prog_type *type)
{
	if (!row->prog_type_cnt)
		return true;
	for (uint32_t i = 0; i < row->prog_type_cnt; i++)
		if (!strcmp(row->prog_types[i], type->name))
			return true;
	return false;
}

const struct bpfx_kfunc *kfunc_row(const struct bpfx_prog_type *type, const char *name,
				   bool *allowed)
{
	const struct bpfx_kfunc *row = find_row(name);

	*allowed = row && is_for_type(row, type);
	return row;
}

const struct bpfx_kfunc *kfunc_runtime_row(uint32_t n)
{
	for (uint32_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (uint32_t i = 0; i < tables[t]->cnt; i++)
			if (tables[t]->rows[i].fn && !n--)
				return &tables[t]->rows[i];
	return NULL;
}
