/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * An application with a hook of its own: it lets its users decide, by verified programs, which
 * requests it serves. guard PROGRAM.bpf.o runs four requests through what is attached.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>
#include <bpf/bpf.h>
#include <bpfx/hook.h>

#include "guard.h"

/* ---- what programs see: the context, as a table, and one helper ---- */

struct guard_ctx {
	struct bpfx_ctx_header header;	/* the runtime's; always in front */
	struct guard_request request;
};

#define FIELD(field, may)							\
	{ .name = #field, .offset = offsetof(struct guard_request, field),	\
	  .size = sizeof(((struct guard_request *)0)->field), .kind = BPFX_FIELD_SCALAR, \
	  .flags = may, .real_offset = offsetof(struct guard_request, field),	\
	  .real_size = sizeof(((struct guard_request *)0)->field) }

static const struct bpfx_ctx_field fields[] = {
	FIELD(size, BPFX_FIELD_READ),
	FIELD(user, BPFX_FIELD_READ),
	FIELD(priority, BPFX_FIELD_READ | BPFX_FIELD_WRITE),
};

static const struct bpfx_ctx_desc context = {
	.size = sizeof(struct guard_request),
	.real_size = sizeof(struct guard_request),
	.type_name = "guard_request",
	.fields = fields,
	.field_cnt = sizeof(fields) / sizeof(fields[0]),
	.real_data = -1, .real_data_end = -1, .real_data_meta = -1,
};

/* What the application knows of its users. */
static unsigned long long used[3];

/* The verifier has made sure that r1 is the context. */
static uint64_t help_used(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
			  void *ctx)
{
	const struct guard_request *request = (const void *)(uintptr_t)r1;

	(void)r2, (void)r3, (void)r4, (void)r5, (void)ctx;
	return request->user < 3 ? used[request->user] : 0;
}

static const struct bpfx_helper helpers[] = {
	{ .id = GUARD_FUNC_USED, .name = "guard_used", .fn = help_used, .ret = BPFX_RET_INTEGER,
	  .args = { BPFX_ARG_CTX } },
};

/* ---- the map type: a hash that nobody gets more than the maximum into ---- */

static int check_quotas(const struct bpfx_map_info *info, const char **reason)
{
	*reason = "a quota is 8 bytes";
	return info->value_size == 8 ? 0 : -EINVAL;
}

static int clamp_quota(struct bpfx_map *map, const void *user, void *value, uint64_t flags)
{
	unsigned long long *quota = value;

	(void)map, (void)user, (void)flags;
	if (*quota > GUARD_QUOTA_MAX)
		*quota = GUARD_QUOTA_MAX;
	return 0;
}

static const struct bpfx_map_type map_types[] = {
	{ .name = "guard_quota", .base = BPF_MAP_TYPE_HASH, .check = check_quotas,
	  .update = clamp_quota },
};

/* ---- the program type and the hook: many programs, the first one that denies ends it ---- */

static const struct bpfx_ret_range results[] = { { UINT32_MAX, GUARD_ALLOW, GUARD_DENY } };

static const struct bpfx_prog_type types[] = {
	{ .name = "guard", .ctx = &context, .helpers = helpers, .helper_cnt = 1,
	  .ret_ranges = results, .ret_range_cnt = 1 },
};

static int combine(uint32_t *result, uint32_t next)
{
	*result = next;
	return next == GUARD_DENY;
}

static struct bpfx_hook_state hook_state;

static const struct bpfx_hook hooks[] = {
	{ .name = "guard", .prog_type = "guard", .flags = BPFX_HOOK_MULTI | BPFX_HOOK_DYNAMIC,
	  .context_header_size = BPFX_CTX_HEADER_SIZE, .combine = combine, .state = &hook_state },
};

static const struct bpfx_section sections[] = {
	{ .name = "guard", .prog_type = "guard", .hook = "guard" },
};

static const struct bpfx_extension extension = {
	BPFX_EXTENSION_HEAD,
	.name = "guard",
	.version = "1",
	.prog_types = types, .prog_type_cnt = 1,
	.hooks = hooks, .hook_cnt = 1,
	.sections = sections, .section_cnt = 1,
	.map_types = map_types, .map_type_cnt = 1,
};

/* ---- the application ---- */

static void serve(const struct bpfx_host *host, unsigned int user, unsigned long long size)
{
	struct guard_ctx ctx = { .request = { .size = size, .user = user, .priority = 5 } };
	uint32_t verdict = GUARD_ALLOW;

	/* With nothing attached this is one load. */
	if (bpfx_hook_active(&hooks[0]))
		host->run_hook(&hooks[0], 0, &ctx.request, &verdict);
	if (verdict == GUARD_ALLOW)
		used[user] += size;
	printf("user %u, %4llu bytes: %s, priority %u\n", user, size,
	       verdict == GUARD_DENY ? "denied" : "served", ctx.request.priority);
}

/* Load a user's program with quotas in a map of our type: the link, NULL with the reason told. */
static struct bpf_link *admit(struct bpf_object *obj)
{
	static const unsigned long long quotas[] = { 0, 1000000, 100 };
	struct bpf_map *map = bpf_object__find_map_by_name(obj, "quotas");
	struct bpf_link *link;

	if (!map || bpf_map__set_type(map, bpfx_map_type("guard_quota")) || bpf_object__load(obj))
		return NULL;
	for (unsigned int user = 1; user < 3; user++)
		bpf_map__update_elem(map, &user, sizeof(user), &quotas[user], sizeof(quotas[user]),
				     BPF_ANY);
	link = bpf_program__attach(bpf_object__find_program_by_name(obj, "decide"));
	if (!link)
		fprintf(stderr, "guard: attach: %s: %s\n", strerror(errno), bpfx_reason());
	return link;
}

int main(int argc, char **argv)
{
	const struct bpfx_host *host;
	struct bpf_object *obj;
	struct bpf_link *link;

	if (argc != 2) {
		fputs("usage: guard PROGRAM.bpf.o\n", stderr);
		return 2;
	}
	if (bpfx_register(&extension)) {
		fprintf(stderr, "guard: extension: %s\n", bpfx_reason());
		return 1;
	}
	host = bpfx_host();
	serve(host, 2, 50);
	obj = bpf_object__open_file(argv[1], NULL);
	link = obj ? admit(obj) : NULL;
	if (!link)
		return 1;
	serve(host, 1, 4000);
	serve(host, 1, 2000);
	serve(host, 2, 2000);
	serve(host, 2, 50);
	bpf_link__destroy(link);
	bpf_object__close(obj);
	return bpfx_unregister(&extension) ? 1 : 0;
}
