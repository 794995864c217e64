/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Programs with the verdict of Linux 6.18: rows named after what the program does. */
#ifndef VERIFIER_PROGRAMS_H
#define VERIFIER_PROGRAMS_H

#include <stdint.h>
#include <linux/bpf.h>

struct program {
	const char *name;
	const struct bpf_insn *insns;
	uint32_t cnt;
	int want;		/* 0 or -errno */
	const char *line;	/* a line of the log at level 1; NULL: none is asked for */
	uint32_t type;		/* 0: BPF_PROG_TYPE_XDP */
	uint32_t flags;		/* of the load */
};

/* What stands for the fd of a map in a program. */
enum program_map {
	MAP_ARRAY,		/* 4 entries of 16 bytes */
	MAP_HASH,		/* u64 to 16 bytes */
	MAP_RING,
	MAP_PROGS,
	MAP_ONE,		/* array of one value of 16 bytes: takes direct value addresses */
	MAP_READ_ONLY,		/* the same, frozen, BPF_F_RDONLY_PROG, "abc" */
	MAP_CNT,
};

extern const struct program programs[];
extern const uint32_t program_cnt;

#endif
