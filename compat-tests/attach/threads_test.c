/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Attachments change while events happen (S67): threads attach and detach in every way, to cgroups above
 * and below, to an interface, by netlink; others fire. After a detach returned nothing runs through it.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpfx/hook.h>
#include <bpfx/net.h>

#include "asm.h"
#include "calls.h"
#include "cgroup_dirs.h"
#include "nl_call.h"

#define FIRING	 2
#define CHANGING 3
#define LEVELS	 3

static const struct backend *const b = &emulated_backend;
static atomic_bool stop;
static int levels[LEVELS];
static atomic_ulong events, changes;

static const unsigned char frame[64] = { [12] = 8, [14] = 0x45 };

/* In any thread: the process ends with the reason. */
static void give_up(const char *what, int result)
{
	fprintf(stderr, "%s: %s\n", what, result_name(result));
	abort();
}

static void fire(uint32_t attach_type, uint64_t cgroup)
{
	bool is_tcx = attach_type == BPF_TCX_INGRESS;
	unsigned char buffer[64];
	struct bpfx_skb event = { .sz = sizeof(event), .attach_type = attach_type, .ifindex = 1,
				  .cgroup_id = cgroup, .buffer = buffer,
				  .buffer_size = sizeof(buffer), .offset = is_tcx ? 0 : 14,
				  .size = is_tcx ? 64 : 50 };
	int ran;

	memcpy(buffer, frame, sizeof(frame));
	ran = bpfx_skb_event(&event);
	if (ran < 0)
		give_up("fire a packet", ran);
	atomic_fetch_add(&events, 1);
}

static void *firing(void *arg)
{
	uint64_t cgroup = bpfx_cgroup(levels[LEVELS - 1]);

	(void)arg;
	while (!atomic_load(&stop)) {
		unsigned char buffer[64] = { 0 };
		struct bpfx_xdp_packet packet = { .sz = sizeof(packet), .ifindex = 1,
						  .buffer = buffer, .buffer_size = 64, .size = 64 };
		int ran;

		fire(BPF_CGROUP_INET_EGRESS, cgroup);
		fire(BPF_TCX_INGRESS, 0);
		ran = bpfx_xdp_receive(&packet);
		if (ran < 0)
			give_up("receive a packet", ran);
	}
	return NULL;
}

/* A program that counts its runs in a map of its own. */
static int counting(uint32_t type, uint32_t attach_type, int map, int result)
{
	const struct bpf_insn insns[] = {
		STORE_IMM(W, BPF_REG_10, -4, 0),
		MOV_REG(BPF_REG_2, BPF_REG_10),
		ALU_IMM(ADD, BPF_REG_2, -4),
		MAP_FD(BPF_REG_1, map),
		CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(JEQ, BPF_REG_0, 0, 2),
		MOV_IMM(BPF_REG_1, 1),
		RAW(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, 0, BPF_ADD),
		MOV_IMM(BPF_REG_0, result),
		EXIT(),
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.expected_attach_type = attach_type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = sizeof(insns) / sizeof(insns[0]);
	attr.license = (uintptr_t)"GPL";
	return b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static uint64_t count_of(int map)
{
	uint64_t value = 0;
	uint32_t key = 0;
	int err = map_lookup(b, map, &key, &value);

	if (err)
		give_up("read the counter", err);
	return value;
}

static int set_xdp(int prog)
{
	struct ifinfomsg info = { .ifi_index = 1 };
	struct nl_message message;
	struct nlattr *nest;

	nl_init(&message, RTM_SETLINK, NLM_F_ACK, &info, sizeof(info));
	nest = nl_open(&message, IFLA_XDP);
	nl_add(&message, IFLA_XDP_FD, &prog, sizeof(prog));
	nl_close(&message, nest);
	return nl_call(b, &message, NULL, NULL, NULL);
}

static void check_silence(int map)
{
	uint64_t before = count_of(map);

	usleep(200);
	if (count_of(map) != before)
		give_up("a detached program ran", 0);
}

/* Attached for a while; nothing runs when it is off again. */
static void once(unsigned int way, int map)
{
	bool is_tcx = way == 2 || way == 3, by_link = way & 1;
	struct attach_args args = {
		.target = is_tcx ? 1 : levels[rand() % LEVELS],
		.type = is_tcx ? BPF_TCX_INGRESS : BPF_CGROUP_INET_EGRESS,
		.flags = is_tcx || by_link ? 0 : BPF_F_ALLOW_MULTI,
	};
	int link, err;

	args.prog = counting(is_tcx ? BPF_PROG_TYPE_SCHED_CLS : BPF_PROG_TYPE_CGROUP_SKB,
			     is_tcx ? 0 : BPF_CGROUP_INET_EGRESS, map, is_tcx ? TCX_NEXT : 1);
	link = by_link ? attach_link(b, &args) : attach_prog(b, &args);
	if (link < 0)
		give_up("attach", link);
	usleep(rand() % 300);
	args.flags = 0;
	err = by_link ? detach_link(b, link) : detach_prog(b, &args);
	if (err)
		give_up("detach", err);
	check_silence(map);
	if (by_link)
		b->close(link);
	b->close(args.prog);
}

static void *changing(void *arg)
{
	unsigned int way = (uintptr_t)arg;
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);

	while (!atomic_load(&stop)) {
		once(way++ % 4, map);
		atomic_fetch_add(&changes, 1);
	}
	b->close(map);
	return NULL;
}

static void set_xdp_for_sure(int prog)
{
	int err = set_xdp(prog);

	if (err)
		give_up(prog < 0 ? "remove XDP" : "set XDP", err);
}

static void *changing_by_netlink(void *arg)
{
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);

	(void)arg;
	while (!atomic_load(&stop)) {
		int prog = counting(BPF_PROG_TYPE_XDP, 0, map, XDP_PASS);

		set_xdp_for_sure(prog);
		usleep(rand() % 300);
		set_xdp_for_sure(-1);
		check_silence(map);
		b->close(prog);
		atomic_fetch_add(&changes, 1);
	}
	b->close(map);
	return NULL;
}

/* ---- the first event of a process: it finds out what is attached while that goes ---- */

#define PROCESSES 300

static void *receiving(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop)) {
		unsigned char buffer[64] = { 0 };
		struct bpfx_xdp_packet packet = { .sz = sizeof(packet), .ifindex = 1,
						  .buffer = buffer, .buffer_size = 64, .size = 64 };

		bpfx_xdp_receive(&packet);
	}
	return NULL;
}

static void detach_at_the_first_event(unsigned int moment)
{
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	int prog = counting(BPF_PROG_TYPE_XDP, 0, map, XDP_PASS);
	pthread_t thread;

	set_xdp_for_sure(prog);
	pthread_create(&thread, NULL, receiving, NULL);
	usleep(moment);
	set_xdp_for_sure(-1);
	check_silence(map);
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
}

static void detaching_waits_for_the_first_event(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < PROCESSES; i++) {
		int status, pid = fork();

		if (!pid) {
			detach_at_the_first_event(i % 100);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

static unsigned int seconds(void)
{
	const char *wanted = getenv("BPF_SHIM_TEST_SECONDS");

	return wanted ? strtoul(wanted, NULL, 0) : 2;
}

static void s67_attachments_change_under_fire(void **state)
{
	pthread_t threads[FIRING + CHANGING + 1];
	const char *root = cgroup_dirs_for(b);
	uint32_t ids;
	int cnt = 0;

	(void)state;
	levels[0] = cgroup_dirs_make(root, "f");
	levels[1] = cgroup_dirs_make(root, "f/g");
	levels[2] = cgroup_dirs_make(root, "f/g/h");
	for (int i = 0; i < FIRING; i++)
		pthread_create(&threads[cnt++], NULL, firing, NULL);
	for (uintptr_t i = 0; i < CHANGING; i++)
		pthread_create(&threads[cnt++], NULL, changing, (void *)i);
	pthread_create(&threads[cnt++], NULL, changing_by_netlink, NULL);
	sleep(seconds());
	atomic_store(&stop, true);
	while (cnt)
		pthread_join(threads[--cnt], NULL);
	print_message("%lu events, %lu attachments\n", events, changes);
	assert_true(events && changes);
	/* Nothing is left. */
	assert_int_equal(next_id(b, BPF_PROG_GET_NEXT_ID, 0, &ids), -ENOENT);
	assert_int_equal(next_id(b, BPF_LINK_GET_NEXT_ID, 0, &ids), -ENOENT);
	for (int i = 0; i < LEVELS; i++)
		close(levels[i]);
	cgroup_dirs_remove(root, "f/g/h");
	cgroup_dirs_remove(root, "f/g");
	cgroup_dirs_remove(root, "f");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(detaching_waits_for_the_first_event),
		cmocka_unit_test(s67_attachments_change_under_fire),
	};

	use_private_store();
	return cmocka_run_group_tests_name("attach_threads", tests, NULL, NULL);
}
