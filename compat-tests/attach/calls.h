/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The calls that attach, detach and ask, in the words of these tests. */
#ifndef ATTACH_CALLS_H
#define ATTACH_CALLS_H

#include "backend.h"

#define ANSWER_MAX 128u
#define UNTOUCHED  0xeeeeeeeeu

/* Everything that a call may say; what is not named is zero. */
struct attach_args {
	int target, prog;
	uint32_t type, flags;
	int replace;
	uint32_t relative;
	uint64_t revision;
};

int attach_prog(const struct backend *b, const struct attach_args *args);
int detach_prog(const struct backend *b, const struct attach_args *args);
int attach_link(const struct backend *b, const struct attach_args *args);
int update_link(const struct backend *b, int link, int prog, uint32_t flags, int old);
int detach_link(const struct backend *b, int link);
/* RAW_TRACEPOINT_OPEN. */
int open_tp(const struct backend *b, const char *name, int prog, uint64_t cookie);

/* What PROG_QUERY wrote; what it did not is UNTOUCHED or as it was. */
struct attach_answer {
	int ret;
	uint32_t attach_flags, cnt;
	uint64_t revision;
	uint32_t ids[ANSWER_MAX], flags[ANSWER_MAX], links[ANSWER_MAX], link_flags[ANSWER_MAX];
};

#define ASK_IDS	       0x01u
#define ASK_FLAGS      0x02u
#define ASK_LINKS      0x04u
#define ASK_LINK_FLAGS 0x08u

void ask(const struct backend *b, int target, uint32_t type, uint32_t query_flags, uint32_t what,
	 uint32_t room, struct attach_answer *answer);

/* "r0 = result; exit" for an attach type. fd, fails the test otherwise. */
int load_for(const struct backend *b, uint32_t prog_type, uint32_t attach_type, int result);

/* Lines of the link's fdinfo from "link_type" on, without those that only ids differ in. */
void link_fdinfo_of(const struct backend *b, int fd, char *out, size_t size);

int link_info(const struct backend *b, int fd, struct bpf_link_info *info);
uint32_t link_id(const struct backend *b, int fd);

#endif
