/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Parts of BPF_PROG_TEST_RUN that are alike for many types. */
#include <net/if.h>
#include <stdlib.h>
#include <time.h>

#include "net.h"

#define CTX_SIZE_MAX	4096u
#define RUNS_PER_BATCH	1024u	/* batches hold a CPU: they must end */

bool net_interface_exists(uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	return if_indextoname(ifindex, name);
}

static bool all_zero(const unsigned char *bytes, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

int test_read_ctx(const struct bpfx_host *host, const struct bpfx_test_run *run, void *ctx,
		  uint32_t size)
{
	const union bpf_attr *attr = run->attr;
	unsigned char in[CTX_SIZE_MAX];
	uint32_t in_size = attr->test.ctx_size_in;

	if (!attr->test.ctx_in && !attr->test.ctx_out)
		return 0;
	memset(ctx, 0, size);
	if (!attr->test.ctx_in)
		return 1;
	if (in_size > CTX_SIZE_MAX)
		return -E2BIG;
	if (host->copy_from_user(in, attr->test.ctx_in, in_size))
		return -EFAULT;
	if (in_size > size && !all_zero(in + size, in_size - size))
		return -E2BIG;
	memcpy(ctx, in, MIN(in_size, size));
	return 1;
}

uint64_t test_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static int run_batch(const struct bpfx_host *host, struct bpfx_prog *prog, void *ctx,
		     uint32_t cnt, uint32_t *result)
{
	struct bpfx_batch batch;
	int err = host->batch_begin(&batch, sizeof(batch));

	if (err)
		return err;
	for (uint32_t i = 0; !err && i < cnt; i++)
		err = host->batch_run(&batch, prog, ctx, result);
	host->batch_end(&batch);
	return err;
}

int test_repeat(const struct bpfx_host *host, struct bpfx_test_run *run, void *ctx,
		uint32_t *result, uint32_t *duration_ns)
{
	uint32_t repeat = run->attr->test.repeat ? run->attr->test.repeat : 1;
	uint64_t start = test_now_ns(), mean;
	int err = 0;

	for (uint32_t done = 0; !err && done < repeat; done += RUNS_PER_BATCH)
		err = run_batch(host, run->prog, ctx, MIN(repeat - done, RUNS_PER_BATCH), result);
	mean = (test_now_ns() - start) / repeat;
	*duration_ns = mean > UINT32_MAX ? UINT32_MAX : mean;
	return err;
}

int test_write_data(const struct bpfx_host *host, struct bpfx_test_run *run, const void *data,
		    uint32_t linear, const void *frags, uint32_t frags_size, uint32_t result,
		    uint32_t duration_ns)
{
	uint32_t size = linear + frags_size, room = run->attr->test.data_size_out, copy = size;
	uint64_t out = run->attr->test.data_out;
	int err = 0;

	if (room && copy > room) {
		copy = room;
		err = -ENOSPC;
	}
	if (out) {
		/* Linux cuts from the linear part what the fragments need: less than that, and
		 * nothing at all is told. */
		if (copy < frags_size)
			return -ENOSPC;
		if (host->copy_to_user(out, data, copy - frags_size))
			return err ? err : -EFAULT;	/* what went wrong first is told */
		if (frags_size &&
		    host->copy_to_user(out + copy - frags_size, frags, frags_size))
			return err ? err : -EFAULT;
	}
	run->out.data_size_out = size;
	run->out.retval = result;
	run->out.duration = duration_ns;
	run->out.ctx_size_out = run->attr->test.ctx_size_out;
	run->write_out = 1;
	return err;
}

int test_write_ctx(const struct bpfx_host *host, struct bpfx_test_run *run, const void *ctx,
		   uint32_t size)
{
	uint32_t room = run->attr->test.ctx_size_out;
	int err = size > room ? -ENOSPC : 0;

	if (!run->attr->test.ctx_out)
		return 0;
	if (host->copy_to_user(run->attr->test.ctx_out, ctx, MIN(size, room)))
		return err ? err : -EFAULT;	/* what went wrong first is told */
	run->out.ctx_size_out = size;
	return err;
}

int test_without_data(const union bpf_attr *attr)
{
	if (attr->test.data_in || attr->test.data_size_in || attr->test.data_out ||
	    attr->test.data_size_out || attr->test.flags || attr->test.cpu ||
	    attr->test.batch_size)
		return -EINVAL;
	return 0;
}

int test_run_ctx(const struct bpfx_host *host, struct bpfx_test_run *run, void *ctx)
{
	uint32_t result = 0, duration = 0;
	int err = test_repeat(host, run, ctx, &result, &duration);

	if (err)
		return err;
	run->out.retval = result;
	run->out.duration = duration;
	run->out.ctx_size_out = run->attr->test.ctx_size_out;
	run->write_out = 1;
	return 0;
}
