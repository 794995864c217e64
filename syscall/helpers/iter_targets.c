/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Iterators by name: the function that the kernel's BTF has for each, and what programs may expect of its
 * arguments. What they walk over stands in the iters room. */
#include <string.h>
#include "rows.h"

#define META { "struct bpf_iter_meta *", "meta" }
#define OR_NULL		{ .args = { [1] = ITERATOR_ARG_OR_NULL } }
#define TRUSTED_OR_NULL { .args = { [1] = ITERATOR_ARG_TRUSTED_OR_NULL } }

#define NOT_HERE(name, ...)                                                                        \
	{ ITER_FUNCTION name, .facts = { .args = { __VA_ARGS__ }, .not_here = true } }

static const struct iter_target targets[] = {
	{ ITER_FUNCTION "bpf_map", { META, { "struct bpf_map *", "map" } }, TRUSTED_OR_NULL, .of_map = false },
	{ ITER_FUNCTION "bpf_prog", { META, { "struct bpf_prog *", "prog" } }, OR_NULL, .of_map = false },
	{ ITER_FUNCTION "bpf_link", { META, { "struct bpf_link *", "link" } }, OR_NULL, .of_map = false },
	{ ITER_FUNCTION "bpf_map_elem",
	  { META, { "struct bpf_map *", "map" }, { "void *", "key" }, { "void *", "value" } },
	  { .args = { [2] = ITERATOR_ARG_RDONLY_BUF, [3] = ITERATOR_ARG_RDWR_BUF } },
	  .of_map = true },
	/* Those of Linux that are not here: with the BTF of a real kernel (BPF_SHIM_KERNEL_BTF) their programs
	 * are verified as there. The emulated kernel's own BTF does not name them. */
	NOT_HERE("bpf_sk_storage_map", [2] = ITERATOR_ARG_OR_NULL, [3] = ITERATOR_ARG_RDWR_BUF),
	NOT_HERE("cgroup", [1] = ITERATOR_ARG_TRUSTED_OR_NULL),
	NOT_HERE("dmabuf", [1] = ITERATOR_ARG_OR_NULL),
	NOT_HERE("ipv6_route", [1] = ITERATOR_ARG_OR_NULL),
	NOT_HERE("kmem_cache", [1] = ITERATOR_ARG_TRUSTED_OR_NULL),
	NOT_HERE("ksym", [1] = ITERATOR_ARG_OR_NULL),
	NOT_HERE("netlink", [1] = ITERATOR_ARG_OR_NULL),
	NOT_HERE("sockmap", [2] = ITERATOR_ARG_RDONLY_BUF, [3] = ITERATOR_ARG_OR_NULL),
	NOT_HERE("task", [1] = ITERATOR_ARG_TRUSTED_OR_NULL),
	NOT_HERE("task_file", [1] = ITERATOR_ARG_OR_NULL, [3] = ITERATOR_ARG_OR_NULL),
	NOT_HERE("task_vma", [1] = ITERATOR_ARG_OR_NULL, [2] = ITERATOR_ARG_OR_NULL),
	NOT_HERE("tcp", [1] = ITERATOR_ARG_TRUSTED_OR_NULL),
	NOT_HERE("udp", [1] = ITERATOR_ARG_TRUSTED_OR_NULL),
	NOT_HERE("unix", [1] = ITERATOR_ARG_OR_NULL),
};

const struct iter_target *iter_target_row(uint32_t n)
{
	return n < ARRAY_SIZE(targets) && !targets[n].facts.not_here ? &targets[n] : NULL;
}

const struct iter_target *iter_target(const char *function)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (!strcmp(targets[i].function, function))
			return &targets[i];
	return NULL;
}

const struct verifier_iterator *iter_facts(const char *function)
{
	const struct iter_target *target = iter_target(function);

	return target ? &target->facts : NULL;
}
