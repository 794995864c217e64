/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Policies on connections and on binding as eBPF for Windows has them. They are hooks of their own,
 * with rules of their own; those that Linux has, too, stand under Linux's names and rules.
 */
#include "policy.h"

#define READ	   BPFX_FIELD_READ
#define READ_WRITE (BPFX_FIELD_READ | BPFX_FIELD_WRITE)
#define NARROW	   BPFX_FIELD_NARROW

/* ---- sock_policy ---- */

#define AT(field, at) offsetof(struct bpfx_sock_policy, field) + (at)
#define WORD(field, at, field_flags)                                                               \
	{ #field, AT(field, at), 4, BPFX_FIELD_SCALAR, field_flags, AT(field, at), 4,              \
	  .type_name = NULL }
#define ADDRESS(field)                                                                             \
	WORD(field, 0, READ_WRITE | NARROW), WORD(field, 4, READ_WRITE | NARROW),                  \
	WORD(field, 8, READ_WRITE | NARROW), WORD(field, 12, READ_WRITE | NARROW)

static const struct bpfx_ctx_field policy_fields[] = {
	WORD(family, 0, READ),
	WORD(type, 0, READ),
	WORD(protocol, 0, READ),
	WORD(user_ip4, 0, READ_WRITE | NARROW),
	ADDRESS(user_ip6),
	WORD(user_port, 0, READ_WRITE | NARROW),
	WORD(msg_src_ip4, 0, READ | NARROW),
	WORD(msg_src_ip6, 0, READ | NARROW),
	WORD(msg_src_ip6, 4, READ | NARROW),
	WORD(msg_src_ip6, 8, READ | NARROW),
	WORD(msg_src_ip6, 12, READ | NARROW),
	WORD(msg_src_port, 0, READ | NARROW),
	WORD(compartment_id, 0, READ),
	{ "interface_luid", AT(interface_luid, 0), 8, BPFX_FIELD_SCALAR, READ,
	  AT(interface_luid, 0), 8, .type_name = NULL },
};

static const struct bpfx_ctx_desc policy_ctx = {
	.size = sizeof(struct bpfx_sock_policy),
	.real_size = sizeof(struct policy_args),
	.type_name = "bpfx_sock_policy",
	.fields = policy_fields,
	.field_cnt = ARRAY_CNT(policy_fields),
	.real_data = -1,
	.real_data_end = -1,
	.real_data_meta = -1,
};

static uint64_t help_pid_tgid(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
			      void *ctx)
{
	return ((const struct policy_args *)ctx)->owner.pid_tgid;
}

static uint64_t help_cookie(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
			    void *ctx)
{
	return ((const struct policy_args *)(uintptr_t)r1)->cookie;
}

static const struct bpfx_helper policy_rows[] = {
	{ BPF_FUNC_get_current_pid_tgid, "get_current_pid_tgid", help_pid_tgid, BPFX_RET_INTEGER,
	  .flags = BPFX_HELPER_IMPLICIT_CTX },
	{ BPF_FUNC_get_socket_cookie, "get_socket_cookie", help_cookie, BPFX_RET_INTEGER,
	  { BPFX_ARG_CTX }, .flags = 0 },
};

/* ---- bind ---- */

#define MD(field)   offsetof(struct bpfx_bind_md, field)
#define REAL(field) offsetof(struct bind_args, field)
#define MD_FIELD(field, size)                                                                      \
	{ #field, MD(field), size, BPFX_FIELD_SCALAR, READ | NARROW, REAL(md) + MD(field), size,   \
	  .type_name = NULL }

static const struct bpfx_ctx_field bind_fields[] = {
	{ "app_id_start", MD(app_id_start), 8, BPFX_FIELD_PACKET, READ, REAL(app_id_start), 8,
	  .type_name = NULL },
	{ "app_id_end", MD(app_id_end), 8, BPFX_FIELD_PACKET_END, READ, REAL(app_id_end), 8,
	  .type_name = NULL },
	{ "process_id", MD(process_id), 8, BPFX_FIELD_SCALAR, READ | NARROW, REAL(process_id), 8,
	  .type_name = NULL },
	MD_FIELD(socket_address, 16),
	MD_FIELD(socket_address_length, 1),
	MD_FIELD(operation, 4),
	MD_FIELD(protocol, 1),
};

static const struct bpfx_ctx_desc bind_ctx = {
	.size = sizeof(struct bpfx_bind_md),
	.real_size = sizeof(struct bind_args),
	.type_name = "bpfx_bind_md",
	.fields = bind_fields,
	.field_cnt = ARRAY_CNT(bind_fields),
	.real_data = REAL(app_id_start),
	.real_data_end = REAL(app_id_end),
	.real_data_meta = -1,
};

static const struct bpfx_prog_type types[] = {
	{
		.name = "sock_policy",
		.flags = BPFX_PROG_CAP_NET_ADMIN,
		.ctx = &policy_ctx,
		.helpers = policy_rows,
		.helper_cnt = ARRAY_CNT(policy_rows),
		.test_run = policy_test_run,
	},
	{
		.name = "bind",
		.flags = BPFX_PROG_CAP_NET_ADMIN | BPFX_PROG_PKT_READ,
		.ctx = &bind_ctx,
		.test_run = bind_test_run,
	},
};

/* ---- how results combine ---- */

static bool destination_changed(const struct policy_args *args)
{
	return memcmp(&args->ctx, &args->before, sizeof(args->ctx)) != 0;
}

/* The most restrictive word counts; a refusal is the last one. */
static int restrict_to(uint32_t *result, uint32_t next)
{
	if (next == BPFX_POLICY_PROCEED_HARD)
		*result = BPFX_POLICY_PROCEED_HARD;
	else if (next != BPFX_POLICY_PROCEED_SOFT)
		*result = BPFX_POLICY_REJECT;
	return *result == BPFX_POLICY_REJECT;
}

/* A connection that goes elsewhere is judged there, not by who is next in this chain. */
static int combine_redirect(void *ctx, uint32_t *result, uint32_t next)
{
	return restrict_to(result, next) || destination_changed(ctx);
}

/* What is written here comes too late: the next program sees the connection as it is. */
static int combine_policy(void *ctx, uint32_t *result, uint32_t next)
{
	struct policy_args *args = ctx;

	args->ctx = args->before;
	return restrict_to(result, next);
}

/* ---- attach parameters ---- */

/*
 * The compartment that a program is for, four bytes where bpf_link_create takes iter_info. None, or
 * compartment 0: all that have no program of their own.
 */
static int take_compartment(const struct bpfx_host *host, struct bpfx_attach *attach)
{
	const union bpf_attr *attr = attach->attr;
	uint32_t size = attr->link_create.iter_info_len, compartment = 0;

	if (attr->link_create.flags) {
		attach->reason = "it takes no flags";
		return -EINVAL;
	}
	if (!size && !attr->link_create.iter_info)
		return 0;
	if (size != sizeof(compartment)) {
		attach->reason = "its parameter is a compartment id of four bytes";
		return -EINVAL;
	}
	if (host->copy_from_user(&compartment, attr->link_create.iter_info, size)) {
		attach->reason = "its parameter cannot be read";
		return -EFAULT;
	}
	attach->target = compartment;
	attach->info[0] = compartment;
	return 0;
}

static int take_nothing(const struct bpfx_host *host, struct bpfx_attach *attach)
{
	const union bpf_attr *attr = attach->attr;

	if (!attr->link_create.flags && !attr->link_create.iter_info &&
	    !attr->link_create.iter_info_len)
		return 0;
	attach->reason = "it takes no parameters";
	return -EINVAL;
}

/* ---- hooks ---- */

#define PROGRAMS_PER_COMPARTMENT 16

static struct bpfx_hook_state states[HOOK_CNT];

/* Who cannot be asked has not agreed: all of them fail closed. */
#define POLICY_HOOK(row, hook_name, hook_flags, combined)                                          \
	[row] = {                                                                                  \
		.name = hook_name, .prog_type = "sock_policy",                                     \
		.flags = BPFX_HOOK_DYNAMIC | BPFX_HOOK_FAIL_CLOSED | (hook_flags),                 \
		.context_header_size = BPFX_CTX_HEADER_SIZE, .attach = take_compartment,           \
		.combine_ctx = combined, .state = &states[row], .fire = policy_fire,               \
		.max_programs = (hook_flags) ? PROGRAMS_PER_COMPARTMENT : 0,                       \
	}
#define MANY BPFX_HOOK_MULTI

const struct bpfx_hook policy_hooks[HOOK_CNT] = {
	POLICY_HOOK(HOOK_REDIRECT4, "connect_redirect4", MANY, combine_redirect),
	POLICY_HOOK(HOOK_REDIRECT6, "connect_redirect6", MANY, combine_redirect),
	POLICY_HOOK(HOOK_AUTHORIZATION4, "connect_authorization4", MANY, combine_policy),
	POLICY_HOOK(HOOK_AUTHORIZATION6, "connect_authorization6", MANY, combine_policy),
	POLICY_HOOK(HOOK_ACCEPT4, "recv_accept4", 0, combine_policy),
	POLICY_HOOK(HOOK_ACCEPT6, "recv_accept6", 0, combine_policy),
	POLICY_HOOK(HOOK_LISTEN4, "listen4", 0, combine_policy),
	POLICY_HOOK(HOOK_LISTEN6, "listen6", 0, combine_policy),
	[HOOK_BIND] = {
		.name = "bind", .prog_type = "bind",
		.flags = BPFX_HOOK_DYNAMIC | BPFX_HOOK_FAIL_CLOSED,
		.context_header_size = BPFX_CTX_HEADER_SIZE, .attach = take_nothing,
		.state = &states[HOOK_BIND],
		.fire = bind_fire,
	},
};

#define SECTION(hook_name)                                                                         \
	{ .name = "cgroup/" hook_name, .prog_type = "sock_policy", .hook = hook_name, .prefix = 0 }

static const struct bpfx_section sections[] = {
	SECTION("connect_redirect4"), SECTION("connect_redirect6"),
	SECTION("connect_authorization4"), SECTION("connect_authorization6"),
	SECTION("recv_accept4"), SECTION("recv_accept6"), SECTION("listen4"), SECTION("listen6"),
	{ .name = "bind", .prog_type = "bind", .hook = "bind", .prefix = 1 },
};

extern const struct bpfx_extension net_policy_extension;
const struct bpfx_extension net_policy_extension = {
	BPFX_EXTENSION_HEAD,
	.name = "net_policy",
	.version = "1",
	.prog_types = types,
	.prog_type_cnt = ARRAY_CNT(types),
	.hooks = policy_hooks,
	.hook_cnt = HOOK_CNT,
	.sections = sections,
	.section_cnt = ARRAY_CNT(sections),
};
