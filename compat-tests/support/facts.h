/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Rows of the fact tables in data/: what a real 6.18 kernel answered. */
#ifndef SUPPORT_FACTS_H
#define SUPPORT_FACTS_H

#include <stdint.h>

struct fact {
	char type[32];		/* map type, without BPF_MAP_TYPE_ */
	char what[96];		/* variant or operation */
	char want[48];		/* "ok", "EINVAL", "ok:count=2" … */
};

/* All rows of @file whose type is @type, in file order. Return: count; exits where the file cannot
 * be read. Free *out. */
int facts_of(const char *file, const char *type, struct fact **out);

/* A flag by its name without BPF_F_, also "bit31"; 0 and *known = 0 for others. */
uint32_t map_flag_by_name(const char *name, int *known);

#endif
