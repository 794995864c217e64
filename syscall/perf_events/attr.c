/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The caller's struct perf_event_attr: copied once, with Linux's checks in Linux's order. */
#include <time.h>

#include "bits.h"
#include "err.h"
#include "fault.h"
#include "perf_private.h"
#include "privilege.h"

#define ATTR_KNOWN	136u	/* bytes that Linux 6.18 knows */
#define ATTR_MAX	4096u
#define SAMPLE_KINDS	25	/* bits of sample_type */
#define READ_KINDS	5

/* The caller is told which size would have been right. */
static int refuse_size(uint64_t user)
{
	const uint32_t known = ATTR_KNOWN;

	user_write(user + offsetof(struct perf_event_attr, size), &known, sizeof(known));
	return -E2BIG;
}

static int check_tail(uint64_t user, uint32_t size)
{
	char tail[ATTR_MAX];

	if (size <= ATTR_KNOWN)
		return 0;
	if (user_read(tail, user + ATTR_KNOWN, size - ATTR_KNOWN))
		return -EFAULT;
	return is_zero(tail, size - ATTR_KNOWN) ? 0 : refuse_size(user);
}

static int copy(uint64_t user, struct perf_event_attr *attr)
{
	uint32_t size;
	int err;

	if (user_read(&size, user + offsetof(struct perf_event_attr, size), sizeof(size)))
		return -EFAULT;
	size = size ? size : PERF_ATTR_SIZE_VER0;
	if (size < PERF_ATTR_SIZE_VER0 || size > ATTR_MAX)
		return refuse_size(user);
	err = check_tail(user, size);
	if (err)
		return err;
	memset(attr, 0, sizeof(*attr));
	if (user_read(attr, user, MIN(size, sizeof(*attr))))
		return -EFAULT;
	attr->size = size;
	return 0;
}

/* Parts of a sample that want to be told more. */
static int check_sample_type(const struct perf_event_attr *attr)
{
	uint64_t type = attr->sample_type;

	if (type >> SAMPLE_KINDS || attr->read_format >> READ_KINDS)
		return -EINVAL;
	if (type & PERF_SAMPLE_BRANCH_STACK && !attr->branch_sample_type)
		return -EINVAL;
	if (type & PERF_SAMPLE_REGS_USER && !attr->sample_regs_user)
		return -EINVAL;
	if (type & PERF_SAMPLE_STACK_USER &&
	    (attr->sample_stack_user >= UINT16_MAX || attr->sample_stack_user % 8))
		return -EINVAL;
	if (type & PERF_SAMPLE_REGS_INTR && !attr->sample_regs_intr)
		return -EINVAL;
	return type & PERF_SAMPLE_WEIGHT && type & PERF_SAMPLE_WEIGHT_STRUCT ? -EINVAL : 0;
}

int perf_attr_copy(uint64_t user, struct perf_event_attr *attr)
{
	int err = copy(user, attr);

	if (err)
		return err;
	if (attr->__reserved_1 || attr->__reserved_2 || attr->__reserved_3)
		return -EINVAL;
	err = check_sample_type(attr);
	if (err)
		return err;
	if ((attr->inherit_thread && !attr->inherit) ||
	    (attr->remove_on_exec && attr->enable_on_exec) || attr->sigtrap)
		return -EINVAL;
	if (!attr->exclude_kernel && !privileged(PRIVILEGE_PERFMON))
		return -EACCES;
	if (attr->freq ? attr->sample_freq > 100000 : attr->sample_period >> 63)
		return -EINVAL;
	return 0;
}

/* ---- which clock ---- */

uint64_t perf_event_clock(const struct perf_event_attr *attr)
{
	struct timespec now;

	clock_gettime(attr->use_clockid ? attr->clockid : CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}
