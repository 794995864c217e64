/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* CPU lists of sysfs: which CPUs are possible, which are online. */
#include "cpus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <bpf/libbpf.h>

#include "sys.h"
#include "util.h"

/* Longer than any list of CPUs that Linux supports. */
#define MAX_CPUS 65536

static int set_range(bool **mask, int *count, unsigned long first, unsigned long last)
{
	bool *bigger;

	if (first > last || last >= MAX_CPUS)
		return -EINVAL;
	if (last >= (unsigned long)*count) {
		bigger = realloc(*mask, last + 1);
		if (!bigger)
			return -ENOMEM;
		memset(bigger + *count, 0, last + 1 - *count);
		*mask = bigger;
		*count = last + 1;
	}
	memset(*mask + first, 1, last - first + 1);
	return 0;
}

/* "0-3,7,9-11" */
int cpu_list_parse(const char *text, bool **mask, int *count)
{
	unsigned long first, last;
	int err = 0;
	char *end;

	*mask = NULL;
	*count = 0;
	while (*text && *text != '\n' && !err) {
		first = last = strtoul(text, &end, 10);
		if (end != text && *end == '-') {
			text = end + 1;
			last = strtoul(text, &end, 10);
		}
		err = end == text ? -EINVAL : set_range(mask, count, first, last);
		text = *end == ',' ? end + 1 : end;
	}
	if (!err && !*count)
		err = -EINVAL;
	if (err) {
		free(*mask);
		*mask = NULL;
		*count = 0;
	}
	return err;
}

int cpu_list_read(const char *path, bool **mask, int *count)
{
	size_t size;
	void *data;
	char *text;
	int err;

	err = file_read(path, &data, &size);
	if (err)
		return err;
	text = strndup(data, size);
	free(data);
	if (!text)
		return -ENOMEM;
	err = cpu_list_parse(text, mask, count);
	free(text);
	return err;
}

int libbpf_num_possible_cpus(void)
{
	static const char path[] = "/sys/devices/system/cpu/possible";
	static int cached;
	int count = __atomic_load_n(&cached, __ATOMIC_RELAXED), possible = 0, i;
	bool *mask;

	if (count)
		return count;
	possible = sys_possible_cpus();
	if (possible < 0) {
		int err = cpu_list_read(path, &mask, &count);

		if (err) {
			pr_warn("Failed to get number of possible CPUs from %s: %s\n", path,
				errstr(err));
			return libbpf_err(err);
		}
		for (possible = 0, i = 0; i < count; i++)
			possible += mask[i];
		free(mask);
	}
	__atomic_store_n(&cached, possible, __ATOMIC_RELAXED);
	return possible;
}
