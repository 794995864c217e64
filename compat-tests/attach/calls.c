/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* One function per call; see calls.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asm.h"
#include "calls.h"
#include "kern.h"

static int legacy(const struct backend *b, int cmd, const struct attach_args *args)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = args->target;
	attr.attach_bpf_fd = args->prog;
	attr.attach_type = args->type;
	attr.attach_flags = args->flags;
	attr.replace_bpf_fd = args->replace;
	attr.relative_fd = args->relative;
	attr.expected_revision = args->revision;
	return b->bpf(cmd, &attr, sizeof(attr));
}

int attach_prog(const struct backend *b, const struct attach_args *args)
{
	return legacy(b, BPF_PROG_ATTACH, args);
}

int detach_prog(const struct backend *b, const struct attach_args *args)
{
	return legacy(b, BPF_PROG_DETACH, args);
}

int attach_link(const struct backend *b, const struct attach_args *args)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = args->prog;
	attr.link_create.target_fd = args->target;
	attr.link_create.attach_type = args->type;
	attr.link_create.flags = args->flags;
	attr.link_create.tcx.relative_fd = args->relative;
	attr.link_create.tcx.expected_revision = args->revision;
	return b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

int update_link(const struct backend *b, int link, int prog, uint32_t flags, int old)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_update.link_fd = link;
	attr.link_update.new_prog_fd = prog;
	attr.link_update.flags = flags;
	attr.link_update.old_prog_fd = old;
	return b->bpf(BPF_LINK_UPDATE, &attr, sizeof(attr));
}

int detach_link(const struct backend *b, int link)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_detach.link_fd = link;
	return b->bpf(BPF_LINK_DETACH, &attr, sizeof(attr));
}

int open_tp(const struct backend *b, const char *name, int prog, uint64_t cookie)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.name = (uintptr_t)name;
	attr.raw_tracepoint.prog_fd = prog;
	attr.raw_tracepoint.cookie = cookie;
	return b->bpf(BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
}

void ask(const struct backend *b, int target, uint32_t type, uint32_t query_flags, uint32_t what,
	 uint32_t room, struct attach_answer *answer)
{
	union bpf_attr attr;

	memset(answer, 0xee, sizeof(*answer));
	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = target;
	attr.query.attach_type = type;
	attr.query.query_flags = query_flags;
	attr.query.prog_cnt = room;
	attr.query.prog_ids = what & ASK_IDS ? (uintptr_t)answer->ids : 0;
	attr.query.prog_attach_flags = what & ASK_FLAGS ? (uintptr_t)answer->flags : 0;
	attr.query.link_ids = what & ASK_LINKS ? (uintptr_t)answer->links : 0;
	attr.query.link_attach_flags = what & ASK_LINK_FLAGS ? (uintptr_t)answer->link_flags : 0;
	answer->ret = b->bpf(BPF_PROG_QUERY, &attr, sizeof(attr));
	answer->attach_flags = attr.query.attach_flags;
	answer->cnt = attr.query.prog_cnt;
	answer->revision = attr.query.revision;
}

int load_for(const struct backend *b, uint32_t prog_type, uint32_t attach_type, int result)
{
	struct bpf_insn insns[] = { MOV_IMM(BPF_REG_0, result), EXIT() };
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = prog_type;
	attr.expected_attach_type = attach_type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = 2;
	attr.license = (uintptr_t)"GPL";
	fd = b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	assert_true(fd >= 0);
	return fd;
}

static void read_fdinfo(const struct backend *b, int fd, char *text, size_t size)
{
	char path[64];
	FILE *file;

	if (b->emulated) {
		assert_true(kern_fdinfo(fd, text, size) > 0);
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	assert_non_null(file);
	text[fread(text, 1, size - 1, file)] = 0;
	fclose(file);
}

void link_fdinfo_of(const struct backend *b, int fd, char *out, size_t size)
{
	static const char *const ids[] = { "link_id:", "prog_id:", "prog_tag:" };
	char text[4096], *line, *rest = text;
	bool is_link = false;

	read_fdinfo(b, fd, text, sizeof(text));
	out[0] = 0;
	while ((line = strsep(&rest, "\n"))) {
		bool is_id = false;

		is_link |= !strncmp(line, "link_type:", 10);
		for (int i = 0; i < 3; i++)
			is_id |= !strncmp(line, ids[i], strlen(ids[i]));
		if (!is_link || is_id || !line[0])
			continue;
		assert_true(strlen(out) + strlen(line) + 2 < size);
		strcat(strcat(out, line), "\n");
	}
}

int link_info(const struct backend *b, int fd, struct bpf_link_info *info)
{
	uint32_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return obj_info(b, fd, info, &len);
}

uint32_t link_id(const struct backend *b, int fd)
{
	struct bpf_link_info info;

	return link_info(b, fd, &info) ? 0 : info.id;
}
