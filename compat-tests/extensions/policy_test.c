/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Policies on connections and on binding: order, how verdicts combine, limits, parameters, what
 * happens when nobody can be asked. Named after the scenarios of eBPF for Windows' rules.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <bpfx/fire.h>
#include <bpfx/hook.h>
#include <bpfx/net.h>
#include <bpfx/net_types.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define REJECT BPFX_POLICY_REJECT
#define SOFT   BPFX_POLICY_PROCEED_SOFT
#define HARD   BPFX_POLICY_PROCEED_HARD
#define LOG_MAX 16

static const struct backend *const b = &emulated_backend;

/* ---- programs and links ---- */

static int load_policy(const char *type, const struct bpf_insn *insns, uint32_t cnt)
{
	int fd = load_prog(b, bpfx_prog_type(type), insns, cnt);

	if (fd < 0)
		fail_msg("load: %s", result_name(fd));
	return fd;
}

#define POLICY(...)                                                                                \
	load_policy("sock_policy", (const struct bpf_insn[]){ __VA_ARGS__ },                       \
		    ARRAY_CNT(((const struct bpf_insn[]){ __VA_ARGS__ })))
#define BIND(...)                                                                                  \
	load_policy("bind", (const struct bpf_insn[]){ __VA_ARGS__ },                              \
		    ARRAY_CNT(((const struct bpf_insn[]){ __VA_ARGS__ })))

static int link_with(const char *hook, int prog, const void *parameter, uint32_t size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.attach_type = bpfx_attach_type(hook);
	attr.link_create.iter_info = (uintptr_t)parameter;
	attr.link_create.iter_info_len = size;
	return b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

/* Attached for one compartment, 0: for all others; the link alone keeps the program. */
static int attach(const char *hook, int prog, uint32_t compartment)
{
	int link = link_with(hook, prog, compartment ? &compartment : NULL,
			     compartment ? sizeof(compartment) : 0);

	b->close(prog);
	if (link < 0)
		fail_msg("attach to %s: %s", hook, result_name(link));
	return link;
}

/* ---- a log that programs write: their numbers in the order they ran ---- */

static int log_map;

static void make_log(void)
{
	log_map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8 * (1 + LOG_MAX), 1, 0);
	assert_true(log_map >= 0);
}

static void read_log(char *text)
{
	uint64_t value[1 + LOG_MAX] = { 0 }, empty[1 + LOG_MAX] = { 0 };
	uint32_t key = 0;

	assert_int_equal(map_lookup(b, log_map, &key, value), 0);
	assert_int_equal(map_update(b, log_map, &key, empty, BPF_ANY), 0);
	for (uint64_t i = 0; i < value[0]; i++)
		text[i] = '0' + value[1 + i];
	text[value[0]] = 0;
}

/* A program that notes its number and returns a verdict. */
static int noting(int number, int verdict)
{
	return POLICY(MAP_VALUE(1, log_map, 0), LOAD(DW, 2, 1, 0),
		      JUMP_IMM(JGE, 2, LOG_MAX, 7), MOV_REG(3, 2), ALU_IMM(LSH, 3, 3),
		      ALU_REG(ADD, 3, 1), STORE_IMM(DW, 3, 8, number), ALU_IMM(ADD, 2, 1),
		      STORE(DW, 1, 2, 0), JUMP(0), MOV_IMM(0, verdict), EXIT());
}

/* ---- events ---- */

static struct bpfx_sock *socket4;

static struct sockaddr_in an_address(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(80) };

	in.sin_addr.s_addr = htonl(0x0a000001);
	return in;
}

static uint32_t fire_at(struct sockaddr_in *in, enum bpfx_policy_event what, uint32_t compartment,
			uint32_t before, int want_ran)
{
	struct bpfx_sock_policy_event event = {
		.sz = sizeof(event), .event = what, .compartment_id = compartment,
		.address = (struct sockaddr *)in, .address_size = sizeof(*in), .verdict = before,
	};
	int ran = bpfx_sock_policy_fire(socket4, &event);

	if (ran != want_ran)
		fail_msg("%d programs ran, not %d", ran, want_ran);
	return event.verdict;
}

static uint32_t fire(enum bpfx_policy_event what, uint32_t compartment, int want_ran)
{
	struct sockaddr_in in = an_address();

	return fire_at(&in, what, compartment, SOFT, want_ran);
}

static int set_up(void **state)
{
	const struct bpfx_sock_info info = {
		.sz = sizeof(info), .family = AF_INET, .type = SOCK_STREAM,
	};

	make_log();
	return bpfx_sock_create(&info, &socket4);
}

static int tear_down(void **state)
{
	bpfx_sock_destroy(socket4);
	b->close(log_map);
	return 0;
}

/* ---- scenarios ---- */

static void s70_programs_run_in_order_of_attachment(void **state)
{
	int links[5];
	char log[LOG_MAX + 1];

	for (int i = 0; i < 5; i++)
		links[i] = attach("connect_redirect4", noting(i + 1, SOFT), 0);
	fire(BPFX_CONNECT_REDIRECT, 0, 5);
	read_log(log);
	assert_string_equal(log, "12345");
	b->close(links[2]);
	fire(BPFX_CONNECT_REDIRECT, 0, 4);
	read_log(log);
	assert_string_equal(log, "1245");
	links[2] = attach("connect_redirect4", noting(3, SOFT), 0);
	fire(BPFX_CONNECT_REDIRECT, 0, 5);
	read_log(log);
	assert_string_equal(log, "12453");
	for (int i = 0; i < 5; i++)
		b->close(links[i]);
	fire(BPFX_CONNECT_REDIRECT, 0, 0);
}

/* What three verdicts come to, and how many programs are asked; 7 is no verdict and refuses. */
static void s71_the_most_restrictive_verdict_wins(void **state)
{
	static const int verdicts[] = { REJECT, SOFT, HARD, 7 };

	for (int n = 0; n < 4 * 4 * 4; n++) {
		int v[] = { verdicts[n & 3], verdicts[n >> 2 & 3], verdicts[n >> 4] };
		int links[3], asked = 0;
		uint32_t want = SOFT, got;

		for (int i = 0; i < 3; i++)
			links[i] = attach("connect_authorization4", noting(i, v[i]), 0);
		while (asked < 3 && want != REJECT) {
			want = v[asked] == SOFT ? want : v[asked] == HARD ? HARD : REJECT;
			asked++;
		}
		got = fire(BPFX_CONNECT_AUTHORIZATION, 0, asked);
		if (got != want)
			fail_msg("%d %d %d: %u, not %u", v[0], v[1], v[2], got, want);
		for (int i = 0; i < 3; i++)
			b->close(links[i]);
	}
}

#define USER_IP4 offsetof(struct bpfx_sock_policy, user_ip4)

static void s72_a_redirect_ends_the_chain(void **state)
{
	int first = attach("connect_redirect4", POLICY(STORE_IMM(W, 10, -4, 0), MOV_IMM(2, 0x0100007f),
			   STORE(W, 1, 2, USER_IP4), MOV_IMM(0, SOFT), EXIT()), 0);
	int second = attach("connect_redirect4", noting(2, REJECT), 0);
	struct sockaddr_in in = an_address();
	char log[LOG_MAX + 1];

	read_log(log);		/* of those before */
	assert_int_equal(fire_at(&in, BPFX_CONNECT_REDIRECT, 0, SOFT, 1), SOFT);
	read_log(log);
	assert_string_equal(log, "");
	assert_int_equal(in.sin_addr.s_addr, 0x0100007f);
	assert_int_equal(in.sin_port, htons(80));
	b->close(first);
	b->close(second);
}

static void s72_authorization_changes_nothing_and_weakens_nothing(void **state)
{
	/* The second sees the address as it is. */
	int first = attach("connect_authorization4", POLICY(MOV_IMM(2, 0), STORE(W, 1, 2, USER_IP4),
			   MOV_IMM(0, SOFT), EXIT()), 0);
	int second = attach("connect_authorization4", POLICY(LOAD(W, 2, 1, USER_IP4),
			    MOV_IMM(0, SOFT), JUMP_IMM(JNE, 2, 0, 1), MOV_IMM(0, REJECT), EXIT()), 0);
	struct sockaddr_in in = an_address();

	assert_int_equal(fire_at(&in, BPFX_CONNECT_AUTHORIZATION, 0, SOFT, 2), SOFT);
	assert_int_equal(in.sin_addr.s_addr, htonl(0x0a000001));
	assert_int_equal(fire_at(&in, BPFX_CONNECT_AUTHORIZATION, 0, HARD, 2), HARD);
	/* Refused before: nobody is asked. */
	assert_int_equal(fire_at(&in, BPFX_CONNECT_AUTHORIZATION, 0, REJECT, 0), REJECT);
	b->close(first);
	b->close(second);
}

static void s73_limits_per_compartment(void **state)
{
	static const char *const single[] = {
		"recv_accept4", "recv_accept6", "listen4", "listen6",
	};
	static const char *const many[] = { "connect_redirect6", "connect_authorization4" };
	uint32_t five = 5, six = 6;
	int prog = noting(1, SOFT), links[17];

	for (size_t i = 0; i < ARRAY_CNT(many); i++) {
		for (int n = 0; n < 16; n++)
			assert_true((links[n] = link_with(many[i], prog, &five, 4)) >= 0);
		assert_int_equal(link_with(many[i], prog, &five, 4), -E2BIG);
		assert_true((links[16] = link_with(many[i], prog, &six, 4)) >= 0);
		b->close(links[0]);
		assert_true((links[0] = link_with(many[i], prog, &five, 4)) >= 0);
		for (int n = 0; n < 17; n++)
			b->close(links[n]);
	}
	for (size_t i = 0; i < ARRAY_CNT(single); i++) {
		assert_true((links[0] = link_with(single[i], prog, &five, 4)) >= 0);
		assert_int_equal(link_with(single[i], prog, &five, 4), -EBUSY);
		assert_true((links[1] = link_with(single[i], prog, &six, 4)) >= 0);
		b->close(links[0]);
		b->close(links[1]);
	}
	b->close(prog);
}

static void s74_a_compartments_own_program_comes_first(void **state)
{
	for (int order = 0; order < 2; order++) {
		int links[2];

		for (int n = 0; n < 2; n++)
			links[n] = attach("recv_accept4",
					  noting(n, n == order ? HARD : REJECT), n == order ? 5 : 0);
		assert_int_equal(fire(BPFX_RECV_ACCEPT, 5, 1), HARD);
		assert_int_equal(fire(BPFX_RECV_ACCEPT, 4, 1), REJECT);
		assert_int_equal(fire(BPFX_RECV_ACCEPT, 0, 1), REJECT);
		b->close(links[0]);
		b->close(links[1]);
	}
}

static void s74_no_parameter_and_zero_are_the_same(void **state)
{
	const unsigned char bytes[8] = { 0 };
	int prog = noting(1, SOFT), link = link_with("listen4", prog, bytes, 4);

	assert_true(link >= 0);
	assert_int_equal(link_with("listen4", prog, NULL, 0), -EBUSY);
	b->close(link);
	for (uint32_t size = 1; size <= 8; size++)
		if (size != 4)
			assert_int_equal(link_with("listen4", prog, bytes, size), -EINVAL);
	assert_int_equal(link_with("listen4", prog, bytes, 0), -EINVAL);
	assert_int_equal(link_with("listen4", prog, NULL, 4), -EFAULT);
	b->close(prog);
}

static void programs_see_the_connection(void **state)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(443) };
	const struct bpfx_owner owner = { .known = 1, .pid = 4321 };
	struct bpfx_sock_policy_event event = {
		.sz = sizeof(event), .event = BPFX_LISTEN, .compartment_id = 9,
		.address = (struct sockaddr *)&in6, .address_size = sizeof(in6),
		.interface_luid = 0x1122334455667788, .owner = owner, .verdict = SOFT,
		.source = { .address = { 1, 2, 3, 4 }, .port = 7 },
	};
	int link;

#define SEE(field, value)                                                                          \
	LOAD(W, 2, 6, offsetof(struct bpfx_sock_policy, field)), JUMP_IMM(JEQ, 2, value, 1), EXIT()
	link = attach("listen6", POLICY(MOV_REG(6, 1), MOV_IMM(0, REJECT), SEE(family, AF_INET6),
			SEE(type, SOCK_STREAM), SEE(protocol, IPPROTO_TCP), SEE(compartment_id, 9),
			SEE(user_port, htons(443)), SEE(msg_src_port, htons(7)),
			SEE(msg_src_ip6[3], 4), SEE(user_ip6[3], htonl(1)),
			LOAD(DW, 2, 6, offsetof(struct bpfx_sock_policy, interface_luid)),
			IMM64(3, 0x1122334455667788), JUMP_REG(JEQ, 2, 3, 1), EXIT(),
			CALL(BPF_FUNC_get_current_pid_tgid), MOV_REG(7, 0), ALU_IMM(RSH, 7, 32),
			MOV_IMM(0, REJECT), JUMP_IMM(JNE, 7, 4321, 1), MOV_IMM(0, HARD), EXIT()), 0);
	in6.sin6_addr = in6addr_loopback;
	assert_int_equal(bpfx_sock_policy_fire(socket4, &event), 1);
	assert_int_equal(event.verdict, HARD);
	assert_int_equal(event.changed, 0);
	b->close(link);
}

static void bad_events_are_refused(void **state)
{
	struct sockaddr_in in = an_address();
	const struct bpfx_sock_policy_event good = {
		.sz = sizeof(good), .address = (struct sockaddr *)&in, .address_size = sizeof(in),
		.verdict = SOFT,
	};
	struct bpfx_sock_policy_event bad[6];

	for (size_t i = 0; i < ARRAY_CNT(bad); i++)
		bad[i] = good;
	bad[0].sz = 8;
	bad[1].event = BPFX_LISTEN + 1;
	bad[2].address = NULL;
	bad[3].address_size = sizeof(in) - 1;
	bad[4].verdict = HARD + 1;
	bad[5].address_size = 0;
	for (size_t i = 0; i < ARRAY_CNT(bad); i++)
		assert_int_equal(bpfx_sock_policy_fire(socket4, &bad[i]), -EINVAL);
	in.sin_family = AF_UNIX;
	bad[0] = good;
	assert_int_equal(bpfx_sock_policy_fire(socket4, &bad[0]), -EINVAL);
}

/* ---- made-up events ---- */

struct told {
	int64_t verdict, action, port;
	char address[64];
};

static int number_of(const struct bpfx_fire *fire, const char *name, uint64_t *value)
{
	static const struct { const char *name; uint64_t value; } numbers[] = {
		{ "port", 443 }, { "pid", 4321 }, { "process_id", 77 }, { "operation", 1 },
	};

	for (size_t i = 0; i < ARRAY_CNT(numbers); i++)
		if (!strcmp(numbers[i].name, name)) {
			*value = numbers[i].value;
			return 0;
		}
	return -ENOENT;
}

static int text_of(const struct bpfx_fire *fire, const char *name, const char **value)
{
	*value = "10.0.0.7";
	return strcmp(name, "address") ? -ENOENT : 0;
}

static void tell_number(struct bpfx_fire *fire, const char *name, int64_t value)
{
	struct told *told = fire->cookie;

	if (!strcmp(name, "verdict"))
		told->verdict = value;
	else if (!strcmp(name, "action"))
		told->action = value;
	else if (!strcmp(name, "port"))
		told->port = value;
}

static void tell_text(struct bpfx_fire *fire, const char *name, const char *value)
{
	snprintf(((struct told *)fire->cookie)->address, 64, "%s", value);
}

static struct bpfx_fire a_fire(struct told *told, uint64_t target)
{
	return (struct bpfx_fire){
		.sz = sizeof(struct bpfx_fire), .target = target, .number = number_of,
		.text = text_of, .tell_number = tell_number, .tell_text = tell_text, .cookie = told,
	};
}

static void events_are_made_up_by_name(void **state)
{
	struct told told = { -1, -1, -1, "" };
	struct bpfx_fire fire = a_fire(&told, 5);
	/* The first writes what is dropped: the second still sees the port. */
	int links[] = {
		attach("connect_authorization4", POLICY(MOV_IMM(2, 0),
		       STORE(W, 1, 2, offsetof(struct bpfx_sock_policy, user_port)),
		       MOV_IMM(0, SOFT), EXIT()), 5),
		attach("connect_authorization4", POLICY(
		       LOAD(W, 2, 1, offsetof(struct bpfx_sock_policy, user_port)), MOV_IMM(0, HARD),
		       JUMP_IMM(JEQ, 2, htons(443), 1), MOV_IMM(0, REJECT), EXIT()), 5),
		attach("bind", BIND(LOAD(W, 0, 1, offsetof(struct bpfx_bind_md, operation)),
				    ALU_IMM(ADD, 0, 2), EXIT()), 0),
	};

	assert_int_equal(bpfx_fire_hook("connect_authorization4", &fire), 2);
	assert_int_equal(told.verdict, HARD);
	assert_int_equal(told.port, 443);
	assert_string_equal(told.address, "10.0.0.7");
	assert_int_equal(bpfx_fire_hook("bind", &fire), 1);
	assert_int_equal(told.action, BPFX_BIND_PERMIT_HARD);
	for (size_t i = 0; i < ARRAY_CNT(links); i++)
		b->close(links[i]);
}

/* ---- bind ---- */

static struct bpfx_bind_event a_binding(uint32_t operation)
{
	static const char name[] = "a\0p\0p";

	return (struct bpfx_bind_event){
		.sz = sizeof(struct bpfx_bind_event), .app_id = name, .app_id_size = 6,
		.operation = operation, .process_id = 77, .socket_address_length = 16,
		.socket_address = { 2, 0, 0, 80 }, .protocol = IPPROTO_TCP,
	};
}

static void bindings_are_judged(void **state)
{
	static const struct { int returned; uint32_t operation, want; } rows[] = {
		{ 0, 0, 0 }, { 1, 0, 1 }, { 2, 0, 2 }, { 3, 0, 3 }, { 4, 0, 1 }, { -1, 0, 1 },
		{ 1, 1, 1 }, { 1, 2, 0 }, { 4, 2, 0 },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct bpfx_bind_event event = a_binding(rows[i].operation);
		int link = attach("bind", BIND(MOV_IMM(0, rows[i].returned), EXIT()), 0);

		assert_int_equal(bpfx_bind_fire(&event), 1);
		assert_int_equal(event.action, rows[i].want);
		b->close(link);
		assert_int_equal(bpfx_bind_fire(&event), 0);
		assert_int_equal(event.action, BPFX_BIND_PERMIT_SOFT);
	}
}

#define MD(field) offsetof(struct bpfx_bind_md, field)

static void bind_programs_see_the_application(void **state)
{
	struct bpfx_bind_event event = a_binding(BPFX_BIND_OPERATION_POST_BIND);
	/* Permit hard if the name begins with 'a' and all else is as told. */
	int prog = BIND(MOV_REG(6, 1), LOAD(DW, 2, 1, MD(app_id_start)), LOAD(DW, 3, 1, MD(app_id_end)),
			MOV_REG(4, 2), ALU_IMM(ADD, 4, 2), MOV_IMM(0, 1), JUMP_REG(JGT, 4, 3, 10),
			LOAD(H, 5, 2, 0), JUMP_IMM(JNE, 5, 'a', 8),
			LOAD(W, 5, 6, MD(operation)), JUMP_IMM(JNE, 5, 1, 6),
			LOAD(DW, 5, 6, MD(process_id)), JUMP_IMM(JNE, 5, 77, 4),
			LOAD(B, 5, 6, MD(socket_address) + 3), JUMP_IMM(JNE, 5, 80, 2), JUMP(0),
			MOV_IMM(0, 3), EXIT());
	int link = link_with("bind", prog, NULL, 0);

	assert_true(link >= 0);
	assert_int_equal(link_with("bind", prog, NULL, 0), -EBUSY);
	assert_int_equal(link_with("bind", prog, &event, 4), -EINVAL);
	assert_int_equal(bpfx_bind_fire(&event), 1);
	assert_int_equal(event.action, BPFX_BIND_PERMIT_HARD);
	event.app_id_size = 0;
	assert_int_equal(bpfx_bind_fire(&event), 1);
	assert_int_equal(event.action, BPFX_BIND_DENY);
	event.app_id_size = 3;
	assert_int_equal(bpfx_bind_fire(&event), -EINVAL);
	b->close(link);
	b->close(prog);
}

static void bind_programs_are_test_run(void **state)
{
	int prog = BIND(LOAD(B, 0, 1, MD(protocol)), EXIT());
	struct bpfx_bind_md md = { .protocol = 17 }, out;
	unsigned char name[] = { 'x', 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = (uintptr_t)name;
	attr.test.data_size_in = 2;
	attr.test.ctx_in = (uintptr_t)&md;
	attr.test.ctx_size_in = sizeof(md);
	attr.test.ctx_out = (uintptr_t)&out;
	attr.test.ctx_size_out = sizeof(out);
	assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	assert_int_equal(attr.test.retval, 17);
	assert_int_equal(out.protocol, 17);
	attr.test.data_size_in = 1;
	assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), -EINVAL);
	attr.test.data_size_in = 2;
	attr.test.ctx_size_in = sizeof(md) - 1;
	assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), -EINVAL);
	b->close(prog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s70_programs_run_in_order_of_attachment),
		cmocka_unit_test(s71_the_most_restrictive_verdict_wins),
		cmocka_unit_test(s72_a_redirect_ends_the_chain),
		cmocka_unit_test(s72_authorization_changes_nothing_and_weakens_nothing),
		cmocka_unit_test(s73_limits_per_compartment),
		cmocka_unit_test(s74_a_compartments_own_program_comes_first),
		cmocka_unit_test(s74_no_parameter_and_zero_are_the_same),
		cmocka_unit_test(programs_see_the_connection),
		cmocka_unit_test(bad_events_are_refused),
		cmocka_unit_test(events_are_made_up_by_name),
		cmocka_unit_test(bindings_are_judged),
		cmocka_unit_test(bind_programs_see_the_application),
		cmocka_unit_test(bind_programs_are_test_run),
	};

	use_private_store();
	kern_host();
	return cmocka_run_group_tests_name("extensions: policies", tests, set_up, tear_down);
}
