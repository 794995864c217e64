/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Random requests to both kernels: the driver is random_test.c, the steps are random_steps.c. */
#ifndef RANDOM_H
#define RANDOM_H

#include "backend.h"

/* Memory of the caller: one arena per kernel with the same content, a guard page behind. */
#define ARENA_SIZE	(128u << 10)
#define AT_KEY		0u		/* words that are small numbers */
#define AT_VALUE	4096u
#define AT_OUT		16384u
#define AT_INFO		32768u
#define AT_INSNS	36864u
#define AT_TEXT		40960u
#define AT_BTF		45056u
#define AT_ARRAYS	49152u
#define AT_LOG		65536u

#define PAIRS	48
#define FIXUPS	16

enum pair_kind { PAIR_MAP = 1, PAIR_PROG, PAIR_LINK, PAIR_BTF };

/* The same object on both kernels. */
struct pair {
	bool open;
	enum pair_kind kind;
	int fd[2];
	uint32_t id[2];
	uint32_t map_type, key_size, value_size, max_entries;
};

/* A field whose value differs between the kernels. */
struct fixup {
	uint32_t offset, size;
	uint64_t value[2];
};

struct request {
	int cmd;
	uint32_t size, mutable_from;
	enum pair_kind makes;		/* the result is an fd of this kind; 0: it is not */
	bool retry;			/* the real kernel may come to the result later */
	union bpf_attr attr;
	struct fixup fixups[FIXUPS];
	uint32_t fixup_cnt;
	struct pair *pair;
	/* Put what differs between kernels into the arena; make it equal afterwards. */
	void (*prepare)(const struct request *req, unsigned char *mem, int side);
	void (*normalise)(const struct request *req, unsigned char *mem, union bpf_attr *attr,
			  int side);
};

uint32_t rnd(uint32_t below);
uint32_t pick_from(const uint32_t *values, size_t cnt);
#define PICK(...)                                                                                  \
	pick_from((const uint32_t[]){ __VA_ARGS__ },                                               \
		  sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

void *arena_at(uint32_t offset);
struct pair *pair_any(enum pair_kind kind);
void pair_close(struct pair *pair);
void set_ptr(struct request *req, void *field, uint32_t at);
void set_ptr_exact(struct request *req, void *field, uint32_t at);
struct pair *set_fd(struct request *req, void *field, enum pair_kind kind);
void set_pair(struct request *req, void *field, uint32_t a, uint32_t b);
/* Return: the new pair, if there is one; *result: what the emulated kernel said. */
struct pair *request_run(struct request *req, int *result);

void map_create_step(void);
void element_step(void);
void batch_step(void);
void pin_step(void);
void id_step(void);
void info_step(void);
void load_step(void);
void bind_step(void);
void link_step(void);
void test_run_step(void);
void btf_step(void);

#endif
