/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Which attached programs run, in which order, and what becomes of their results. On the real kernel
 * a process in the cgroup sends a packet over the loopback interface; the emulated one gets the event
 * from us.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpfx/fire.h>
#include <bpfx/hook.h>
#include <bpfx/net.h>

#include "asm.h"
#include "calls.h"
#include "cgroup_dirs.h"

#define MULTI	 BPF_F_ALLOW_MULTI
#define OVERRIDE BPF_F_ALLOW_OVERRIDE
#define PRE	 (BPF_F_ALLOW_MULTI | BPF_F_PREORDER)
#define LEVELS	 3
#define LOG_MAX	 24

/* ---- programs that write down that they ran ---- */

struct log {
	uint32_t cnt;
	uint32_t names[LOG_MAX];
};

static int load_logging(const struct backend *b, uint32_t prog_type, uint32_t attach_type, int map,
			char name, int result)
{
	const struct bpf_insn insns[] = {
		STORE_IMM(W, BPF_REG_10, -4, 0),
		MOV_REG(BPF_REG_2, BPF_REG_10),
		ALU_IMM(ADD, BPF_REG_2, -4),
		MAP_FD(BPF_REG_1, map),
		CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(JEQ, BPF_REG_0, 0, 8),
		LOAD(W, BPF_REG_1, BPF_REG_0, 0),
		JUMP_IMM(JGT, BPF_REG_1, LOG_MAX - 1, 6),
		MOV_REG(BPF_REG_2, BPF_REG_1),
		ALU_IMM(ADD, BPF_REG_2, 1),
		STORE(W, BPF_REG_0, BPF_REG_2, 0),
		ALU_IMM(LSH, BPF_REG_1, 2),
		ALU_REG(ADD, BPF_REG_0, BPF_REG_1),
		STORE_IMM(W, BPF_REG_0, 4, name),
		MOV_IMM(BPF_REG_0, result),
		EXIT(),
	};
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = prog_type;
	attr.expected_attach_type = attach_type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = sizeof(insns) / sizeof(insns[0]);
	attr.license = (uintptr_t)"GPL";
	fd = b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	assert_true(fd >= 0);
	return fd;
}

/* What ran since the last time, as a word. */
static void take_log(const struct backend *b, int map, char *out)
{
	struct log log;
	uint32_t key = 0, i;

	assert_int_equal(map_lookup(b, map, &key, &log), 0);
	for (i = 0; i < log.cnt && i < LOG_MAX; i++)
		out[i] = log.names[i];
	out[i] = 0;
	memset(&log, 0, sizeof(log));
	assert_int_equal(map_update(b, map, &key, &log, BPF_ANY), 0);
}

static int make_log(const struct backend *b)
{
	return map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct log), 1, 0);
}

/* ---- one packet ---- */

static int send_packet(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1, err = 0;

	/* Without this a packet that was dropped on its way is no error. */
	setsockopt(fd, IPPROTO_IP, 11 /* IP_RECVERR */, &on, sizeof(on));
	if (sendto(fd, "x", 1, 0, (void *)&to, sizeof(to)) < 0)
		err = errno;
	close(fd);
	return err;
}

/* A process of that cgroup sends it: 0 or its errno. */
static int send_from(const char *cgroup)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		char path[600];
		int fd;

		snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, "0", 1) != 1)
			_exit(255);
		_exit(send_packet());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 255);
	return WEXITSTATUS(status);
}

static const unsigned char packet[] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0,
	0x45, 0, 0, 29, 0, 0, 0x40, 0, 64, 17, 0x3c, 0xce, 127, 0, 0, 1, 127, 0, 0, 1,
	0x80, 0, 0, 9, 0, 9, 0, 0, 'x',
};

/* What Linux's sendto() makes of the verdict. */
static int errno_of(int32_t verdict, bool is_tcx)
{
	if (is_tcx)
		return verdict == TCX_DROP ? ENOBUFS : 0;
	return verdict < 0 ? -verdict : verdict == 1 ? ENOBUFS : 0;
}

static int fire(uint32_t attach_type, uint64_t cgroup)
{
	bool is_tcx = attach_type == BPF_TCX_EGRESS;
	unsigned char buffer[128];
	struct bpfx_skb event = {
		.sz = sizeof(event),
		.attach_type = attach_type,
		.ifindex = 1,
		.cgroup_id = cgroup,
		.buffer = buffer,
		.buffer_size = sizeof(buffer),
		.offset = is_tcx ? 0 : 14,
		.size = sizeof(packet) - (is_tcx ? 0 : 14),
	};

	memcpy(buffer, packet, sizeof(packet));
	assert_true(bpfx_skb_event(&event) >= 0);
	return errno_of(event.verdict, is_tcx);
}

/* ---- cgroups ---- */

struct level {
	char path[600];
	int fd;
};

static void make_levels(const struct backend *b, struct level *levels)
{
	static const char *const names[LEVELS] = { "r", "r/s", "r/s/t" };

	for (int i = 0; i < LEVELS; i++) {
		levels[i].fd = cgroup_dirs_make(cgroup_dirs_for(b), names[i]);
		snprintf(levels[i].path, sizeof(levels[i].path), "%s/%s", cgroup_dirs_for(b),
			 names[i]);
	}
}

static void remove_levels(struct level *levels)
{
	for (int i = LEVELS - 1; i >= 0; i--) {
		close(levels[i].fd);
		assert_int_equal(rmdir(levels[i].path), 0);
	}
}

static int send_in(const struct backend *b, const struct level *level)
{
	if (!b->emulated)
		return send_from(level->path);
	return fire(BPF_CGROUP_INET_EGRESS, bpfx_cgroup(level->fd));
}

struct step {
	int level;		/* 0 is the uppermost */
	uint32_t flags;
	int result;
};

static const struct {
	const char *name;
	struct step steps[8];	/* the first is program 'a' */
	int cnt;
	const char *want[LEVELS];
	int want_errno;		/* in the lowest */
} cases[] = {
	{ "from_the_bottom_up", { { 0, MULTI, 1 }, { 1, MULTI, 1 }, { 2, MULTI, 1 } }, 3,
	  { "a", "ba", "cba" }, 0 },
	{ "in_the_order_of_attachment",
	  { { 2, MULTI, 1 }, { 0, MULTI, 1 }, { 2, MULTI, 1 }, { 0, MULTI, 1 } }, 4,
	  { "bd", "bd", "acbd" }, 0 },
	{ "preorder_from_the_top_down",
	  { { 0, MULTI, 1 }, { 0, PRE, 1 }, { 1, PRE, 1 }, { 1, MULTI, 1 }, { 2, PRE, 1 },
	    { 2, MULTI, 1 }, { 0, PRE, 1 } }, 7, { "bga", "bgcda", "bgcefda" }, 0 },
	{ "in_front", { { 2, MULTI, 1 }, { 2, MULTI | BPF_F_BEFORE, 1 },
			{ 2, PRE | BPF_F_BEFORE, 1 } }, 3, { "", "", "cba" }, 0 },
	{ "overridden", { { 0, OVERRIDE, 1 }, { 2, OVERRIDE, 1 } }, 2, { "a", "a", "b" }, 0 },
	{ "overridden_by_many", { { 0, OVERRIDE, 1 }, { 2, MULTI, 1 }, { 2, MULTI, 1 } }, 3,
	  { "a", "a", "bc" }, 0 },
	{ "one_below_many", { { 0, MULTI, 1 }, { 1, 0, 1 } }, 2, { "a", "ba", "ba" }, 0 },
	{ "all_run_though_one_refuses", { { 0, MULTI, 1 }, { 1, MULTI, 0 }, { 2, MULTI, 1 } }, 3,
	  { "a", "ba", "cba" }, EPERM },
	{ "congestion_is_no_error", { { 2, MULTI, 3 }, { 2, MULTI, 1 } }, 2, { "", "", "ab" }, 0 },
	{ "congestion_and_refusal_drop", { { 2, MULTI, 3 }, { 1, MULTI, 0 } }, 2, { "", "b", "ab" },
	  ENOBUFS },
	{ "refusal_with_congestion", { { 2, MULTI, 2 } }, 1, { "", "", "a" }, ENOBUFS },
};

static void check_case(const struct backend *b, size_t n, const struct level *levels, int log)
{
	int progs[8];
	char ran[LOG_MAX + 1];

	for (int i = 0; i < cases[n].cnt; i++) {
		const struct step *step = &cases[n].steps[i];

		progs[i] = load_logging(b, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, log,
					'a' + i, step->result);
		assert_int_equal(attach_prog(b, &(struct attach_args){
			levels[step->level].fd, progs[i], BPF_CGROUP_INET_EGRESS, step->flags }), 0);
	}
	for (int i = 0; i < LEVELS; i++) {
		int err = send_in(b, &levels[i]);

		take_log(b, log, ran);
		if (strcmp(ran, cases[n].want[i]))
			fail_msg("%s: in level %d ran '%s', want '%s'", cases[n].name, i, ran,
				 cases[n].want[i]);
		if (i == LEVELS - 1 && err != cases[n].want_errno)
			fail_msg("%s: %s", cases[n].name, strerror(err));
	}
	for (int i = cases[n].cnt - 1; i >= 0; i--) {
		assert_int_equal(detach_prog(b, &(struct attach_args){
			levels[cases[n].steps[i].level].fd, progs[i], BPF_CGROUP_INET_EGRESS }), 0);
		b->close(progs[i]);
	}
}

static void programs_of_a_cgroup_and_those_above_run_in_order(void **state)
{
	const struct backend *b = backend_of(state);
	struct level levels[LEVELS];
	int log = make_log(b);

	make_levels(b, levels);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_case(b, i, levels, log);
	b->close(log);
	remove_levels(levels);
}

/* What is attached, replaced or detached is so for the next packet. */
static void changes_hold_for_the_next_packet(void **state)
{
	const struct backend *b = backend_of(state);
	struct level levels[LEVELS];
	int log = make_log(b), progs[3], link;
	char ran[LOG_MAX + 1];

	make_levels(b, levels);
	for (int i = 0; i < 3; i++)
		progs[i] = load_logging(b, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, log,
					'a' + i, 1);
	link = attach_link(b, &(struct attach_args){ levels[1].fd, progs[0],
						     BPF_CGROUP_INET_EGRESS });
	assert_true(link >= 0);
	send_in(b, &levels[2]);
	assert_int_equal(update_link(b, link, progs[1], 0, 0), 0);
	send_in(b, &levels[2]);
	assert_int_equal(attach_prog(b, &(struct attach_args){ levels[1].fd, progs[0],
							       BPF_CGROUP_INET_EGRESS, MULTI }), 0);
	send_in(b, &levels[2]);
	assert_int_equal(attach_prog(b, &(struct attach_args){ levels[1].fd, progs[2],
		BPF_CGROUP_INET_EGRESS, MULTI | BPF_F_REPLACE, progs[0] }), 0);
	send_in(b, &levels[2]);
	assert_int_equal(detach_link(b, link), 0);
	send_in(b, &levels[2]);
	assert_int_equal(detach_prog(b, &(struct attach_args){ levels[1].fd, progs[2],
							       BPF_CGROUP_INET_EGRESS }), 0);
	send_in(b, &levels[2]);
	take_log(b, log, ran);
	assert_string_equal(ran, "abbabcc");
	b->close(link);
	for (int i = 0; i < 3; i++)
		b->close(progs[i]);
	b->close(log);
	remove_levels(levels);
}

/* ---- interfaces ---- */

static int send_over_lo(const struct backend *b)
{
	return b->emulated ? fire(BPF_TCX_EGRESS, 0) : send_packet();
}

static const struct {
	const char *name;
	int results[4], cnt;
	const char *want;
	int want_errno;
} chains[] = {
	{ "next_passes_on", { TCX_NEXT, TCX_NEXT, TCX_NEXT }, 3, "abc", 0 },
	{ "pass_ends_it", { TCX_NEXT, TCX_PASS, TCX_NEXT }, 3, "ab", 0 },
	{ "drop_ends_it", { TCX_NEXT, TCX_DROP, TCX_PASS }, 3, "ab", ENOBUFS },
	{ "unknown_results_end_it_and_pass", { 17, TCX_DROP }, 2, "a", 0 },
};

static void tcx_programs_run_until_one_decides(void **state)
{
	const struct backend *b = backend_of(state);
	int log = make_log(b), progs[4];
	char ran[LOG_MAX + 1];

	for (size_t n = 0; n < sizeof(chains) / sizeof(chains[0]); n++) {
		int err;

		for (int i = 0; i < chains[n].cnt; i++) {
			progs[i] = load_logging(b, BPF_PROG_TYPE_SCHED_CLS, 0, log, 'a' + i,
						chains[n].results[i]);
			assert_int_equal(attach_prog(b, &(struct attach_args){ 1, progs[i],
									       BPF_TCX_EGRESS }), 0);
		}
		err = send_over_lo(b);
		take_log(b, log, ran);
		/* An answer that nobody listens comes back over the same interface. */
		ran[strlen(chains[n].want)] = 0;
		assert_string_equal(ran, chains[n].want);
		if (err != chains[n].want_errno)
			fail_msg("%s: %s", chains[n].name, strerror(err));
		for (int i = 0; i < chains[n].cnt; i++) {
			assert_int_equal(detach_prog(b, &(struct attach_args){ 1, progs[i],
									       BPF_TCX_EGRESS }), 0);
			b->close(progs[i]);
		}
	}
	b->close(log);
}

/* ---- made-up events ---- */

struct told {
	int64_t verdict, mark;
	uint32_t size;
};

static int give_number(const struct bpfx_fire *fire, const char *name, uint64_t *value)
{
	(void)fire;
	*value = 7;
	return strcmp(name, "mark") ? -ENOENT : 0;
}

static int give_text(const struct bpfx_fire *fire, const char *name, const char **value)
{
	(void)fire;
	(void)name;
	(void)value;
	return -ENOENT;
}

static void hear_number(struct bpfx_fire *fire, const char *name, int64_t value)
{
	struct told *told = fire->cookie;

	if (!strcmp(name, "verdict"))
		told->verdict = value;
	if (!strcmp(name, "mark"))
		told->mark = value;
}

static void hear_text(struct bpfx_fire *fire, const char *name, const char *value)
{
	(void)fire;
	fail_msg("%s: %s", name, value);
}

static void hear_data(struct bpfx_fire *fire, const void *data, uint32_t size)
{
	(void)data;
	((struct told *)fire->cookie)->size = size;
}

/* A frame of a capture reaches interfaces whole, and cgroups from its IP header on. */
static void packets_are_fired_by_name(void **state)
{
	const struct backend *b = backend_of(state);
	struct told told = { 0 };
	struct bpfx_fire fire = { sizeof(fire), 1, packet, sizeof(packet), 0, give_number, give_text,
				  hear_number, hear_text, hear_data, &told };
	struct level levels[LEVELS];
	int drop, refuse;

	if (!b->emulated)
		skip();
	make_levels(b, levels);
	drop = load_for(b, BPF_PROG_TYPE_SCHED_CLS, 0, TCX_DROP);
	refuse = load_for(b, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 0);
	assert_int_equal(attach_prog(b, &(struct attach_args){ 1, drop, BPF_TCX_INGRESS }), 0);
	assert_int_equal(attach_prog(b, &(struct attach_args){ levels[0].fd, refuse,
							       BPF_CGROUP_INET_EGRESS }), 0);
	assert_int_equal(bpfx_fire_hook("tcx_ingress", &fire), 1);
	assert_int_equal(told.verdict, TCX_DROP);
	assert_int_equal(told.mark, 7);
	assert_int_equal(told.size, sizeof(packet));
	fire.target = bpfx_cgroup(levels[2].fd);
	assert_int_equal(bpfx_fire_hook("cgroup_inet_egress", &fire), 1);
	assert_int_equal(told.verdict, -EPERM);
	assert_int_equal(told.size, sizeof(packet) - 14);
	fire.data_size = 0;
	fire.data = NULL;
	assert_int_equal(bpfx_fire_hook("cgroup_inet_egress", &fire), -EINVAL);
	assert_int_equal(detach_prog(b, &(struct attach_args){ 1, drop, BPF_TCX_INGRESS }), 0);
	b->close(drop);
	b->close(refuse);
	remove_levels(levels);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(programs_of_a_cgroup_and_those_above_run_in_order),
		BOTH(changes_hold_for_the_next_packet),
		BOTH(tcx_programs_run_until_one_decides),
		BOTH(packets_are_fired_by_name),
	};

	return run_on_both("attach_run", tests, sizeof(tests) / sizeof(tests[0]));
}
