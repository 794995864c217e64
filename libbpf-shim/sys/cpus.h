/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* CPU lists in sysfs' notation. */
#ifndef BPF_SHIM_CPUS_H
#define BPF_SHIM_CPUS_H

#include <stdbool.h>

/* @mask: one bool for each of @count CPUs, to be freed. Return: 0 or -errno. */
int cpu_list_parse(const char *text, bool **mask, int *count);
int cpu_list_read(const char *path, bool **mask, int *count);

#endif
