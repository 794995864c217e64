/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Connections and bindings of applications, judged; and test runs of the programs that judge. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "policy.h"

#define EXPORT __attribute__((visibility("default")))

static uint64_t failures;

EXPORT uint64_t bpfx_policy_failures(void)
{
	return __atomic_load_n(&failures, __ATOMIC_RELAXED);
}

static void count_failure(void)
{
	__atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED);
}

/* ---- connections ---- */

struct policy_run {
	struct bpfx_ctx_header header;
	struct policy_args args;
};

static const struct bpfx_hook *hook_of(const struct bpfx_sock_policy_event *event)
{
	static const uint32_t rows[] = {
		[BPFX_CONNECT_REDIRECT] = HOOK_REDIRECT4,
		[BPFX_CONNECT_AUTHORIZATION] = HOOK_AUTHORIZATION4,
		[BPFX_RECV_ACCEPT] = HOOK_ACCEPT4,
		[BPFX_LISTEN] = HOOK_LISTEN4,
	};

	/* Those of IPv6 come right behind those of IPv4. */
	return &policy_hooks[rows[event->event] + (event->address->sa_family == AF_INET6)];
}

static bool is_good(const struct bpfx_sock_policy_event *event)
{
	uint32_t family;

	if (event->sz < sizeof(*event) || event->event > BPFX_LISTEN || !event->address ||
	    event->address_size < sizeof(family) || event->verdict > BPFX_POLICY_PROCEED_HARD)
		return false;
	family = event->address->sa_family;
	return (family == AF_INET && event->address_size >= sizeof(struct sockaddr_in)) ||
	       (family == AF_INET6 && event->address_size >= sizeof(struct sockaddr_in6));
}

static void fill(struct policy_args *args, const struct net_sock *sock,
		 const struct bpfx_sock_policy_event *event)
{
	struct bpfx_sock_policy *ctx = &args->ctx;
	struct bpf_sock_addr address;

	memset(args, 0, sizeof(*args));
	sock_read_address(event->address, &address);
	ctx->family = event->address->sa_family;
	ctx->type = sock->common.type;
	ctx->protocol = sock->common.protocol;
	ctx->user_ip4 = address.user_ip4;
	memcpy(ctx->user_ip6, address.user_ip6, sizeof(ctx->user_ip6));
	ctx->user_port = address.user_port;
	if (ctx->family == AF_INET)
		ctx->msg_src_ip4 = event->source.address[0];
	else
		memcpy(ctx->msg_src_ip6, event->source.address, sizeof(ctx->msg_src_ip6));
	ctx->msg_src_port = htons(event->source.port);
	ctx->compartment_id = event->compartment_id;
	ctx->interface_luid = event->interface_luid;
	args->before = *ctx;
	args->cookie = sock->cookie;
	args->owner = event->owner.known ? sock_owner_of(&event->owner) : sock->owner;
}

static void tell_address(const struct policy_args *args, struct bpfx_sock_policy_event *event)
{
	struct bpf_sock_addr address = { .user_ip4 = args->ctx.user_ip4 };

	event->changed = memcmp(&args->ctx, &args->before, sizeof(args->ctx)) != 0;
	if (!event->changed)
		return;
	memcpy(address.user_ip6, args->ctx.user_ip6, sizeof(address.user_ip6));
	address.user_port = args->ctx.user_port;
	sock_write_address(&address, event->address);
}

/* Programs of this compartment, else those of all others. */
static int ask(const struct bpfx_hook *hook, struct policy_args *args, uint32_t compartment,
	       uint32_t *result)
{
	int ran = 0;

	if (compartment)
		ran = net_host->run_hook(hook, compartment, args, result);
	if (!ran)
		ran = net_host->run_hook(hook, 0, args, result);
	return ran;
}

EXPORT int bpfx_sock_policy_fire(struct bpfx_sock *sock, struct bpfx_sock_policy_event *event)
{
	const struct bpfx_hook *hook;
	struct policy_run run;
	int ran;

	if (!is_good(event))
		return -EINVAL;
	hook = hook_of(event);
	event->changed = 0;
	if (event->verdict == BPFX_POLICY_REJECT || !bpfx_hook_active(hook))
		return 0;
	memset(&run.header, 0, sizeof(run.header));
	fill(&run.args, sock_state_of(sock), event);
	ran = ask(hook, &run.args, event->compartment_id, &event->verdict);
	if (ran < 0) {
		count_failure();
		event->verdict = BPFX_POLICY_REJECT;
		return ran;
	}
	tell_address(&run.args, event);
	return ran;
}

/* ---- bindings ---- */

struct bind_run {
	struct bpfx_ctx_header header;
	struct bind_args args;
};

static uint32_t action_of(uint32_t result, uint32_t operation)
{
	if (operation == BPFX_BIND_OPERATION_UNBIND)
		return BPFX_BIND_PERMIT_SOFT;
	return result > BPFX_BIND_PERMIT_HARD ? BPFX_BIND_DENY : result;
}

static bool is_good_bind(const struct bpfx_bind_event *event)
{
	return event->sz >= sizeof(*event) && event->operation <= BPFX_BIND_OPERATION_UNBIND &&
	       event->protocol <= UINT8_MAX && event->app_id_size % 2 == 0 &&
	       (event->app_id || !event->app_id_size) &&
	       event->socket_address_length <= sizeof(event->socket_address);
}

EXPORT int bpfx_bind_fire(struct bpfx_bind_event *event)
{
	const struct bpfx_hook *hook = &policy_hooks[HOOK_BIND];
	uint32_t result = BPFX_BIND_PERMIT_SOFT;
	struct bind_run run;
	int ran;

	if (!is_good_bind(event))
		return -EINVAL;
	event->action = BPFX_BIND_PERMIT_SOFT;
	if (!bpfx_hook_active(hook))
		return 0;
	memset(&run, 0, sizeof(run));
	run.args.app_id_start = event->app_id;
	run.args.app_id_end = run.args.app_id_start + event->app_id_size;
	run.args.process_id = event->process_id;
	memcpy(run.args.md.socket_address, event->socket_address, sizeof(event->socket_address));
	run.args.md.socket_address_length = event->socket_address_length;
	run.args.md.operation = event->operation;
	run.args.md.protocol = event->protocol;
	ran = net_host->run_hook(hook, 0, &run.args, &result);
	if (ran < 0) {
		count_failure();
		result = BPFX_BIND_DENY;
	}
	event->action = action_of(result, event->operation);
	return ran;
}

/* ---- test runs ---- */

struct policy_in {
	struct bpfx_sock_policy ctx;
	struct bpfx_owner owner;
};

int policy_test_run(const struct bpfx_host *host, struct bpfx_test_run *run)
{
	struct policy_run test;
	struct policy_in in;
	int err = test_without_data(run->attr);

	memset(&in, 0, sizeof(in));
	err = err ? err : test_read_ctx(host, run, &in, sizeof(in));
	if (err < 0)
		return err;
	memset(&test, 0, sizeof(test));
	test.args.ctx = test.args.before = in.ctx;
	test.args.owner = sock_owner_of(&in.owner);
	test.args.cookie = 1;
	err = test_run_ctx(host, run, &test.args);
	return err ? err : test_write_ctx(host, run, &test.args.ctx, sizeof(test.args.ctx));
}

/* Data in: the application's name. */
static int bind_test_with(const struct bpfx_host *host, struct bpfx_test_run *run,
			  unsigned char *app_id, uint32_t size)
{
	struct bpfx_bind_md md;
	struct bind_run test;
	int err;

	if (size && host->copy_from_user(app_id, run->attr->test.data_in, size))
		return -EFAULT;
	err = test_read_ctx(host, run, &md, sizeof(md));
	if (err <= 0 || md.app_id_start || md.app_id_end)
		return err < 0 ? err : -EINVAL;
	memset(&test, 0, sizeof(test));
	test.args.md = md;
	test.args.process_id = md.process_id;
	test.args.app_id_start = app_id;
	test.args.app_id_end = app_id + size;
	err = test_run_ctx(host, run, &test.args);
	return err ? err : test_write_ctx(host, run, &md, sizeof(md));
}

int bind_test_run(const struct bpfx_host *host, struct bpfx_test_run *run)
{
	const union bpf_attr *attr = run->attr;
	uint32_t size = attr->test.data_size_in;
	unsigned char *app_id;
	int err;

	if (size % 2 || size > 4096 || (size && !attr->test.data_in) || attr->test.data_out ||
	    attr->test.data_size_out || attr->test.flags || attr->test.cpu ||
	    attr->test.batch_size || !attr->test.ctx_in ||
	    attr->test.ctx_size_in < sizeof(struct bpfx_bind_md))
		return -EINVAL;
	app_id = malloc(size ? size : 1);
	if (!app_id)
		return -ENOMEM;
	err = bind_test_with(host, run, app_id, size);
	free(app_id);
	return err;
}
