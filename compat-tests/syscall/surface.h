/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Calls of every command that work as they are, for surface_test.c to spoil field by field. */
#ifndef SURFACE_H
#define SURFACE_H

#include "backend.h"

/* What calls name. */
struct objects {
	int hash, array, queue, percpu, lpm, ring;	/* maps */
	int xdp, xdp_other, skb, cgroup_skb, cgroup_other, raw_tp;	/* programs */
	int btf, link, null, directory, cgroup;
	uint32_t map_id, prog_id, btf_id, link_id;
};

struct scene {
	const char *name;
	int cmd;
	const char *part;	/* of the union, as data/bpf-attr-fields.tsv calls it */
	void (*build)(const struct objects *objects, union bpf_attr *attr);
};

extern const struct scene scenes[];
extern const size_t scene_cnt;

/* What successful calls of most commands change; the others are slow to make on the real kernel. */
void maps_make(const struct backend *b, struct objects *objects);
void maps_drop(const struct backend *b, struct objects *objects);

void objects_make(const struct backend *b, struct objects *objects);
void objects_drop(const struct backend *b, struct objects *objects);

/* Types of Linux that the emulated kernel does not have (README.md): they are not asked for. */
bool surface_map_type_is_absent(uint32_t type);
bool surface_prog_type_is_absent(uint32_t type);

/* Memory that ends where nothing is: what is read or written behind it faults. */
uint64_t place(const void *data, size_t size);
/* All of it is free again. */
void places_clear(void);
/* Addresses that cannot be used. */
uint64_t place_hole(void);
uint64_t place_read_only(void);

#endif
