/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * A little of everything that the emulated kernel does, in steps that each end as on a machine with
 * memory enough or with -ENOMEM, and leave nothing behind.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

struct step {
	const char *name;
	/* 0, or the first result that was not as it should be; everything it made is gone again. */
	int (*run)(void);
};

extern const struct step workload[];
extern const unsigned int workload_cnt;

/* What steps need to know and must not ask for while memory fails. Once, before the first. */
void workload_prepare(void);

#endif
