/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What is left to whoever drops capabilities: calls that work (surface_scenes.c), every map type and every
 * program type, under sets of capabilities. data/privilege-answers.tsv holds what a real 6.18
 * kernel answered where kernel.unprivileged_bpf_disabled is 2; BPF_SHIM_RECORD=FILE writes it anew.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "answers.h"
#include "surface.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define CAP(name)    (1ull << CAP_##name)

static const struct {
	const char *name;
	uint64_t caps;
} sets[] = {
	{ "none", 0 },
	{ "BPF", CAP(BPF) },
	{ "PERFMON", CAP(PERFMON) },
	{ "NET_ADMIN", CAP(NET_ADMIN) },
	{ "BPF and PERFMON", CAP(BPF) | CAP(PERFMON) },
	{ "BPF and NET_ADMIN", CAP(BPF) | CAP(NET_ADMIN) },
	{ "SYS_ADMIN", CAP(SYS_ADMIN) },
	{ "all but SYS_ADMIN", ~CAP(SYS_ADMIN) },
};

/* ---- capabilities of this thread ---- */

static void cap_call(int number, struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	assert_int_equal(syscall(number, &header, data), 0);
}

static uint64_t effective(void)
{
	struct __user_cap_data_struct data[2];

	cap_call(SYS_capget, data);
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

static void make_effective(uint64_t caps)
{
	struct __user_cap_data_struct data[2];

	cap_call(SYS_capget, data);
	data[0].effective = data[0].permitted & (uint32_t)caps;
	data[1].effective = data[1].permitted & (uint32_t)(caps >> 32);
	cap_call(SYS_capset, data);
}

static uint64_t all;	/* what this process began with */

/* ---- one call ---- */

static const char *ask(const struct backend *b, int cmd, union bpf_attr *attr, uint64_t caps)
{
	int ret;

	make_effective(caps);
	ret = b->bpf(cmd, attr, sizeof(*attr));
	make_effective(all);
	if (ret > 0)
		b->close(ret);
	return ret > 0 ? "fd" : result_name(ret);
}

static void every_command(const struct backend *b, struct objects *o, const char *set, uint64_t caps)
{
	struct line line = { .length = 0 };

	for (size_t i = 0; i < scene_cnt; i++) {
		union bpf_attr attr;
		const char *answer;

		places_clear();
		memset(&attr, 0, sizeof(attr));
		scenes[i].build(o, &attr);
		answer = ask(b, scenes[i].cmd, &attr, caps);
		line_say(&line, scenes[i].name, answer);
		if (strcmp(answer, "ok") && strcmp(answer, "fd"))
			continue;
		objects_drop(b, o);
		objects_make(b, o);
	}
	answers_judge(set, "commands", &line);
}

/* Shapes of maps; each type takes one of them. */
static const uint32_t shapes[][5] = {	/* key, value, entries, flags, extra */
	{ 4, 4, 4, 0, 0 },
	{ 0, 4, 4, 0, 0 },
	{ 8, 4, 4, BPF_F_NO_PREALLOC, 0 },
	{ 0, 0, 4096, 0, 0 },
	{ 4, 8, 4, 0, 0 },
};

static void every_map_type(const struct backend *b, const char *set, uint64_t caps)
{
	struct line line = { .length = 0 };

	for (uint32_t type = 1; type < 36; type++) {
		const char *answer = "EINVAL";
		char name[16];

		if (surface_map_type_is_absent(type))
			continue;
		for (size_t i = 0; i < ARRAY_CNT(shapes) && !strcmp(answer, "EINVAL"); i++) {
			union bpf_attr attr;

			memset(&attr, 0, sizeof(attr));
			attr.map_type = type;
			attr.key_size = shapes[i][0];
			attr.value_size = shapes[i][1];
			attr.max_entries = shapes[i][2];
			attr.map_flags = shapes[i][3];
			answer = ask(b, BPF_MAP_CREATE, &attr, caps);
		}
		snprintf(name, sizeof(name), "%u", type);
		line_say(&line, name, answer);
	}
	answers_judge(set, "map types", &line);
}

static void every_prog_type(const struct backend *b, const char *set, uint64_t caps)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct line line = { .length = 0 };

	for (uint32_t type = 0; type < 33; type++) {
		union bpf_attr attr;
		char name[16];

		if (surface_prog_type_is_absent(type))
			continue;
		memset(&attr, 0, sizeof(attr));
		attr.prog_type = type;
		attr.insns = (uintptr_t)insns;
		attr.insn_cnt = ARRAY_CNT(insns);
		attr.license = (uintptr_t)"GPL";
		if (type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR)
			attr.expected_attach_type = BPF_CGROUP_INET4_CONNECT;
		if (type == BPF_PROG_TYPE_CGROUP_SOCKOPT)
			attr.expected_attach_type = BPF_CGROUP_GETSOCKOPT;
		snprintf(name, sizeof(name), "%u", type);
		line_say(&line, name, ask(b, BPF_PROG_LOAD, &attr, caps));
	}
	answers_judge(set, "program types", &line);
}

/* Whoever may not load programs may not see them either. */
static void what_info_shows(const struct backend *b, const struct objects *o, const char *set,
			    uint64_t caps)
{
	struct bpf_prog_info info;
	uint32_t len = sizeof(info);
	struct line line = { .length = 0 };
	char text[96];
	int ret;

	memset(&info, 0, sizeof(info));
	make_effective(caps);
	ret = obj_info(b, o->xdp, &info, &len);
	make_effective(all);
	snprintf(text, sizeof(text), "%s, %s instructions, %u verified, uid %u, %s tag",
		 result_name(ret), info.xlated_prog_len ? "some" : "no", info.verified_insns,
		 info.created_by_uid, info.tag[0] || info.tag[1] ? "a" : "no");
	line_say(&line, "program", text);
	answers_judge(set, "info", &line);
}

static void who_drops_capabilities_is_judged_by_what_is_left(void **state)
{
	const struct backend *b = backend_of(state);
	struct objects objects;

	all = effective();
	if ((all & CAP(SYS_ADMIN)) == 0) {
		print_message("nothing to drop here\n");
		skip();
	}
	if (!answers_begin("privilege-answers.tsv", b))
		skip();
	objects_make(b, &objects);
	for (size_t i = 0; i < ARRAY_CNT(sets); i++) {
		every_command(b, &objects, sets[i].name, sets[i].caps);
		every_map_type(b, sets[i].name, sets[i].caps);
		every_prog_type(b, sets[i].name, sets[i].caps);
		what_info_shows(b, &objects, sets[i].name, sets[i].caps);
	}
	objects_drop(b, &objects);
	assert_int_equal(answers_end(), 0);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(who_drops_capabilities_is_judged_by_what_is_left),
	};

	return run_on_both("privilege", tests, ARRAY_CNT(tests));
}
