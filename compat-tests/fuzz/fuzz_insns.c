/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Instruction streams into PROG_LOAD; what verifies is run. Words with the immediate 0x6d617000 + n
 * (in the fd's place) stand for maps. */
#include <errno.h>

#include "backend.h"
#include "kern.h"
#include "target.h"

#define INSNS_MAX 256
#define MAPS	  3
#define MAP_MARK  0x6d617000
#define LOOP_HELPERS 181	/* bpf_loop: it may last */

static int maps[MAPS];
static char log_text[1 << 16];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	use_private_store();
	kern_host();
	maps[0] = map_create_simple(&emulated_backend, BPF_MAP_TYPE_ARRAY, 4, 16, 4, 0);
	maps[1] = map_create_simple(&emulated_backend, BPF_MAP_TYPE_HASH, 8, 64, 4, 0);
	maps[2] = map_create_simple(&emulated_backend, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	return 0;
}

static bool may_last(const struct bpf_insn *insns, uint32_t cnt)
{
	for (uint32_t i = 0; i < cnt; i++)
		if (insns[i].code == (BPF_JMP | BPF_CALL) && !insns[i].src_reg &&
		    insns[i].imm == LOOP_HELPERS)
			return true;
	return false;
}

/* A loop may be walked a million times before it is refused: without a text for each. */
static bool jumps_back(const struct bpf_insn *insns, uint32_t cnt)
{
	for (uint32_t i = 0; i < cnt; i++)
		if ((BPF_CLASS(insns[i].code) == BPF_JMP || BPF_CLASS(insns[i].code) == BPF_JMP32) &&
		    (insns[i].off < 0 || insns[i].imm < 0))
			return true;
	return false;
}

static void run(int prog)
{
	unsigned char packet[128] = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = attr.test.data_out = (uintptr_t)packet;
	attr.test.data_size_in = attr.test.data_size_out = sizeof(packet);
	kern_bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t types[] = { BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SOCKET_FILTER,
					  BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_KPROBE };
	struct bpf_insn insns[INSNS_MAX];
	struct input in = { data, size };
	uint32_t type = types[take_byte(&in) % 4], level = take_byte(&in) % 4, cnt;
	union bpf_attr attr;
	int prog;

	cnt = in.size / sizeof(insns[0]);
	cnt = cnt < INSNS_MAX ? cnt : INSNS_MAX;
	take(&in, insns, cnt * sizeof(insns[0]));
	for (uint32_t i = 0; i < cnt; i++)
		if ((uint32_t)insns[i].imm >> 8 == MAP_MARK >> 8)
			insns[i].imm = maps[(uint32_t)insns[i].imm % MAPS];
	level = jumps_back(insns, cnt) ? 0 : level;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = cnt;
	attr.license = (uintptr_t)"GPL";
	attr.log_level = level;
	attr.log_buf = level ? (uintptr_t)log_text : 0;
	attr.log_size = level ? sizeof(log_text) : 0;
	prog = kern_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (prog < 0)
		return 0;
	if (!may_last(insns, cnt))
		run(prog);
	kern_fd_close(prog);
	return 0;
}
