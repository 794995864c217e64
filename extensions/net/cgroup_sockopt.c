/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Programs on setsockopt(2) and getsockopt(2): they see the option's value in memory, may change it,
 * answer in the kernel's place or refuse. Access and rules measured on Linux 6.18.
 */
#include <stdlib.h>

#include "cgroup.h"

#define EXPORT	   __attribute__((visibility("default")))
#define READ	   BPFX_FIELD_READ
#define READ_WRITE (BPFX_FIELD_READ | BPFX_FIELD_WRITE)
#define PAGE	   4096
#define MAX_ERRNO  4095
#define SMALL	   16		/* setsockopt's programs have at least so much room */

struct sockopt_args {
	struct bpf_sockopt uapi;
	struct net_sock *sock;
	int32_t retval;			/* what the call returns; programs see it as ctx->retval */
};

struct sockopt_run {
	struct bpfx_ctx_header header;
	struct sockopt_args args;
};

static const uint32_t sets[] = { BPF_CGROUP_SETSOCKOPT };
static const uint32_t gets[] = { BPF_CGROUP_GETSOCKOPT };

#define AT(field) offsetof(struct bpf_sockopt, field)
#define POINTER(field, kind) { #field, AT(field), 8, kind, READ, AT(field), 8, .type_name = NULL }
#define WORD(field, field_flags)                                                                   \
	{ #field, AT(field), 4, BPFX_FIELD_SCALAR, field_flags, AT(field), 4, .type_name = NULL }
#define WORD_AT(field, types)                                                                      \
	{ #field, AT(field), 4, BPFX_FIELD_SCALAR, READ_WRITE, AT(field), 4,                       \
	  .attach_types = types, .attach_type_cnt = ARRAY_CNT(types) }

static const struct bpfx_ctx_field fields[] = {
	POINTER(sk, BPFX_FIELD_SOCKET),
	POINTER(optval, BPFX_FIELD_PACKET),
	POINTER(optval_end, BPFX_FIELD_PACKET_END),
	WORD(level, READ), WORD_AT(level, sets),
	WORD(optname, READ), WORD_AT(optname, sets),
	WORD(optlen, READ_WRITE),
	{ "retval", AT(retval), 4, BPFX_FIELD_SCALAR, READ_WRITE, offsetof(struct sockopt_args, retval),
	  4, .attach_types = gets, .attach_type_cnt = ARRAY_CNT(gets) },
};

const struct bpfx_ctx_desc cgroup_sockopt_ctx = {
	.size = sizeof(struct bpf_sockopt),
	.real_size = sizeof(struct sockopt_args),
	.type_name = "bpf_sockopt",
	.fields = fields,
	.field_cnt = ARRAY_CNT(fields),
	.real_data = AT(optval),
	.real_data_end = AT(optval_end),
	.real_data_meta = -1,
};

/* ---- helpers ---- */

#define HELPER(name)                                                                               \
	static uint64_t name(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,      \
			     void *ctx)

HELPER(help_get_retval)
{
	return (int64_t)cgroup_get_retval(&((struct sockopt_args *)ctx)->retval, ctx);
}

HELPER(help_set_retval)
{
	cgroup_set_retval(&((struct sockopt_args *)ctx)->retval, ctx, r1);
	return 0;
}

HELPER(help_netns_cookie)
{
	return r1 ? ((const struct sockopt_args *)(uintptr_t)r1)->sock->netns_cookie : 1;
}

HELPER(help_tcp_sock)
{
	return net_sock_of((void *)(uintptr_t)r1)->is_tcp ? r1 : 0;
}

/* Of the socket itself, not of the call. */
HELPER(help_setsockopt)
{
	return (int64_t)sock_option_set(net_sock_of((void *)(uintptr_t)r1), r2, r3,
					(void *)(uintptr_t)r4, r5);
}

HELPER(help_getsockopt)
{
	return (int64_t)sock_option_get(net_sock_of((void *)(uintptr_t)r1), r2, r3,
					(void *)(uintptr_t)r4, r5);
}

#define SK   BPFX_ARG_BTF_ID_SOCK_COMMON
#define ANY  BPFX_ARG_ANY
#define SIZE BPFX_ARG_SIZE
#define AT_SETS .attach_types = sets, .attach_type_cnt = ARRAY_CNT(sets)

const struct bpfx_helper cgroup_sockopt_rows[CGROUP_SOCKOPT_ROW_CNT] = {
	{ BPF_FUNC_get_retval, "get_retval", help_get_retval, BPFX_RET_INTEGER,
	  .flags = BPFX_HELPER_IMPLICIT_CTX },
	{ BPF_FUNC_set_retval, "set_retval", help_set_retval, BPFX_RET_INTEGER, { ANY },
	  .flags = BPFX_HELPER_IMPLICIT_CTX },
	{ BPF_FUNC_get_netns_cookie, "get_netns_cookie", help_netns_cookie, BPFX_RET_INTEGER,
	  { BPFX_ARG_CTX | BPFX_NULLABLE }, .flags = 0 },
	{ BPF_FUNC_tcp_sock, "tcp_sock", help_tcp_sock, BPFX_RET_TCP_SOCK | BPFX_RET_OR_NULL,
	  { BPFX_ARG_SOCK_COMMON }, .flags = 0 },
	{ BPF_FUNC_setsockopt, "setsockopt", help_setsockopt, BPFX_RET_INTEGER,
	  { SK, ANY, ANY, BPFX_ARG_MEM | BPFX_RDONLY, SIZE }, .flags = 0, AT_SETS },
	{ BPF_FUNC_getsockopt, "getsockopt", help_getsockopt, BPFX_RET_INTEGER,
	  { SK, ANY, ANY, BPFX_ARG_MEM | BPFX_UNINIT | BPFX_WRITE, SIZE }, .flags = 0, AT_SETS },
};

/* ---- events ---- */

/* A refusal goes where the program itself could have put it, so that the next one can change it. */
int sockopt_combine(void *ctx, uint32_t *result, uint32_t next)
{
	int32_t *retval = &((struct sockopt_args *)ctx)->retval;

	if (!(next & 1) && !(*retval < 0 && *retval >= -MAX_ERRNO))
		*retval = -EPERM;
	*result = 1;
	return 0;
}

/* The value with room behind it, as programs may change it: at most a page is seen. */
static int prepare(struct sockopt_args *args, struct net_sock *sock,
		   const struct bpfx_sockopt *event, int32_t room)
{
	unsigned char *value = calloc(1, room ? room : 1);

	if (!value)
		return -ENOMEM;
	if (event->optlen > 0)
		memcpy(value, event->optval, MIN(event->optlen, room));
	args->uapi.sk = &sock->common;
	args->uapi.optval = value;
	args->uapi.optval_end = value + room;
	args->uapi.level = event->level;
	args->uapi.optname = event->optname;
	args->uapi.optlen = event->optlen;
	args->sock = sock;
	return 0;
}

static int32_t room_for(int32_t optlen, int32_t least)
{
	int32_t room = optlen < least ? least : optlen;

	return room > PAGE ? PAGE : room;
}

/* A value that did not fit into what programs see and that they left alone is the kernel's own. */
static bool was_not_seen(const struct bpfx_sockopt *event, const struct sockopt_args *args)
{
	return event->optlen > PAGE && args->uapi.optlen > PAGE;
}

static int32_t judge_set(const struct sockopt_args *args, int32_t room, struct bpfx_sockopt *event)
{
	const struct bpf_sockopt *uapi = &args->uapi;

	if (args->retval)
		return args->retval;
	if (uapi->optlen == -1) {
		event->bypass = 1;
		return 0;
	}
	if (was_not_seen(event, args))
		return 0;
	if (uapi->optlen > room || uapi->optlen < -1)
		return -EFAULT;
	event->level = uapi->level;
	event->optname = uapi->optname;
	if (!uapi->optlen)
		return 0;		/* the program did not want to change it */
	if (uapi->optlen > event->room)
		return -ENOSPC;
	memcpy(event->optval, uapi->optval, uapi->optlen);
	event->optlen = uapi->optlen;
	return 0;
}

static int32_t judge_get(const struct sockopt_args *args, int32_t room, struct bpfx_sockopt *event)
{
	const struct bpf_sockopt *uapi = &args->uapi;

	if (args->retval < 0)
		return args->retval;
	if (was_not_seen(event, args))
		return args->retval;
	if (uapi->optlen > room || uapi->optlen < 0)
		return -EFAULT;
	if (uapi->optlen) {
		memcpy(event->optval, uapi->optval, uapi->optlen);
		event->optlen = uapi->optlen;
	}
	return args->retval;
}

static bool is_good(const struct bpfx_sockopt *event)
{
	return event->sz >= sizeof(*event) && event->optlen >= 0 && event->room >= event->optlen &&
	       (event->optval || !event->room) &&
	       (event->attach_type == BPF_CGROUP_SETSOCKOPT ||
		event->attach_type == BPF_CGROUP_GETSOCKOPT);
}

static int run(struct net_sock *sock, struct bpfx_sockopt *event)
{
	bool set = event->attach_type == BPF_CGROUP_SETSOCKOPT;
	int32_t room = set ? room_for(event->optlen, SMALL) : room_for(event->room, 0);
	struct sockopt_run r;
	uint32_t flags;
	int ran, err;

	memset(&r, 0, sizeof(r));
	err = prepare(&r.args, sock, event, room);
	if (err)
		return err;
	r.args.retval = set ? 0 : event->result;
	ran = cgroup_hook_run(event->attach_type, sock->cgroup_id, &r.args, &r.args.retval, &flags);
	if (ran > 0)
		event->result = set ? judge_set(&r.args, room, event)
				    : judge_get(&r.args, room, event);
	free(r.args.uapi.optval);
	return ran;
}

EXPORT int bpfx_sockopt_event(struct bpfx_sock *handle, struct bpfx_sockopt *event)
{
	int ran;

	if (!is_good(event))
		return -EINVAL;
	event->bypass = 0;
	if (!sock_hook_is_active(event->attach_type))
		return 0;
	if (!sock_take(handle))
		return -EBUSY;
	ran = run(net_sock_of_handle(handle), event);
	sock_give_back(handle);
	return ran;
}

/* ---- test runs, which Linux does not have: data is the value ---- */

static int test_value(const struct bpfx_host *host, struct bpfx_test_run *run,
		      struct sockopt_args *args, unsigned char *value, uint32_t size)
{
	struct bpf_sockopt *uapi = &args->uapi, out;
	int err;

	if (size && host->copy_from_user(value, run->attr->test.data_in, size))
		return -EFAULT;
	uapi->optval = value;
	uapi->optval_end = value + size;
	err = test_run_ctx(host, run, args);
	if (err)
		return err;
	err = test_write_data(host, run, value, size, NULL, 0, run->out.retval, run->out.duration);
	out = *uapi;
	out.sk = NULL;
	out.optval = out.optval_end = NULL;
	out.retval = args->retval;
	return err ? err : test_write_ctx(host, run, &out, sizeof(out));
}

int cgroup_sockopt_test_run(const struct bpfx_host *host, struct bpfx_test_run *run)
{
	const union bpf_attr *attr = run->attr;
	uint32_t size = attr->test.data_size_in;
	struct sockopt_run test;
	struct net_sock sock;
	unsigned char *value;
	int err;

	if (size > PAGE || (size && !attr->test.data_in) || attr->test.flags || attr->test.cpu ||
	    attr->test.batch_size)
		return -EINVAL;
	memset(&test, 0, sizeof(test));
	err = test_read_ctx(host, run, &test.args.uapi, sizeof(test.args.uapi));
	if (err < 0)
		return err;
	if (test.args.uapi.sk || test.args.uapi.optval || test.args.uapi.optval_end)
		return -EINVAL;
	net_sock_init(&sock, 0, 0, 0);
	test.args.uapi.sk = &sock.common;
	test.args.sock = &sock;
	test.args.retval = test.args.uapi.retval;
	value = calloc(1, size ? size : 1);
	if (!value)
		return -ENOMEM;
	err = test_value(host, run, &test.args, value, size);
	free(value);
	return err;
}
