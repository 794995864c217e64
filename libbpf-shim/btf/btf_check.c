/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What must hold of BTF that comes from outside before anybody walks over it. Chains of
 * references may still be circular: whoever follows one counts its steps. */
#include "btf_internal.h"

struct check {
	const struct btf *btf;
	__u32 id;		/* being checked */
	__u32 type_count;
};

static int bad(const struct check *check, const char *what, __u32 value)
{
	pr_warn("btf: type [%u]: invalid %s %u\n", check->id, what, value);
	return -EINVAL;
}

static int check_id(__u32 *id, void *ctx)
{
	const struct check *check = ctx;

	return *id < check->type_count ? 0 : bad(check, "referenced type ID", *id);
}

static int check_str(__u32 *off, void *ctx)
{
	const struct check *check = ctx;

	return btf__str_by_offset(check->btf, *off) ? 0 : bad(check, "name offset", *off);
}

int btf_check_types(const struct btf *btf)
{
	struct check check = { .btf = btf, .type_count = btf__type_cnt(btf) };
	struct btf_type *t;
	size_t i;
	int err;

	for (i = 0; i < btf->own_count; i++) {
		check.id = btf->start_id + i;
		t = (struct btf_type *)(btf->types + btf->type_offs[i]);
		err = btf_visit_strs(t, check_str, &check);
		if (!err)
			err = btf_visit_ids(t, check_id, &check);
		if (err)
			return err;
	}
	return 0;
}
