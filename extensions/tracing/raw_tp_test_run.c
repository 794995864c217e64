/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BPF_PROG_TEST_RUN of raw tracepoint programs: one run on arguments that the caller gives. Those with
 * typed arguments are not run: nobody could make up the objects behind pointers. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tracing_private.h"

static int check_attr(const struct bpfx_host *host, const struct bpfx_test_run *run)
{
	const union bpf_attr *attr = run->attr;

	if (attr->test.data_in || attr->test.data_out || attr->test.ctx_out ||
	    attr->test.duration || attr->test.repeat || attr->test.batch_size)
		return -EINVAL;
	if (attr->test.ctx_size_in < host->prog_ctx_size(run->prog) ||
	    attr->test.ctx_size_in > BPFX_TRACEPOINT_ARGS_MAX * sizeof(uint64_t))
		return -EINVAL;
	/* Other flags are not looked at. */
	return !(attr->test.flags & BPF_F_TEST_RUN_ON_CPU) && attr->test.cpu ? -EINVAL : 0;
}

int raw_tp_test_run(const struct bpfx_host *host, struct bpfx_test_run *run)
{
	const union bpf_attr *attr = run->attr;
	struct bpfx_tracepoint_ctx r;
	uint32_t result = 0;
	int err = check_attr(host, run);

	if (err)
		return err;
	memset(&r, 0, sizeof(r));
	if (attr->test.ctx_in &&
	    host->copy_from_user(r.args, attr->test.ctx_in, attr->test.ctx_size_in))
		return -EFAULT;
	if (attr->test.flags & BPF_F_TEST_RUN_ON_CPU &&
	    attr->test.cpu >= (uint32_t)sysconf(_SC_NPROCESSORS_CONF))
		return -ENXIO;
	err = host->run_prog(run->prog, r.args, &result);
	if (err)
		return err;
	run->out.retval = result;
	run->out.data_size_out = attr->test.data_size_out;
	run->out.ctx_size_out = attr->test.ctx_size_out;
	run->write_out = 1;
	return 0;
}

int btf_target_test_run(const struct bpfx_host *host, struct bpfx_test_run *run)
{
	const union bpf_attr *attr = run->attr;

	return attr->test.flags || attr->test.cpu || attr->test.batch_size ? -EINVAL : -EFAULT;
}
