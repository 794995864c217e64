/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BPF_PROG_TEST_RUN: common checks and results; the program type's extension does the rest. */
#include <stddef.h>
#include <string.h>

#include "err.h"
#include "fault.h"
#include "prog_private.h"

/* As Linux does, without a look at the size of the caller's attr: all fields are older than any caller. */
static int write_result(uint64_t user_attr, size_t offset, uint32_t value)
{
	return user_write(user_attr + offset, &value, sizeof(value));
}

static int write_results(uint64_t user_attr, const struct bpfx_test_run *run)
{
	int err = write_result(user_attr, offsetof(union bpf_attr, test.data_size_out),
			       run->out.data_size_out);

	err = err ? err : write_result(user_attr, offsetof(union bpf_attr, test.retval),
				       run->out.retval);
	err = err ? err : write_result(user_attr, offsetof(union bpf_attr, test.duration),
				       run->out.duration);
	if (err || !run->attr->test.ctx_out)
		return err;
	return write_result(user_attr, offsetof(union bpf_attr, test.ctx_size_out),
			    run->out.ctx_size_out);
}

int prog_test_run(const union bpf_attr *attr, uint64_t user_attr, const struct bpfx_host *host)
{
	struct bpfx_test_run run = { .attr = attr };
	const struct bpfx_prog_type *type;
	struct kern_prog *prog;
	int err, written;

	/* A context and its size come together; this is looked at before the fd. */
	if ((attr->test.ctx_size_in && !attr->test.ctx_in) ||
	    (!attr->test.ctx_size_in && attr->test.ctx_in))
		return -EINVAL;
	if ((attr->test.ctx_size_out && !attr->test.ctx_out) ||
	    (!attr->test.ctx_size_out && attr->test.ctx_out))
		return -EINVAL;
	err = prog_get_fd(attr->test.prog_fd, &prog);
	if (err)
		return err;
	fault_check_handler();
	run.prog = (struct bpfx_prog *)prog;
	run.out.ctx_size_out = attr->test.ctx_size_out;
	type = prog_type_of(prog);
	err = !type ? -EINVAL : type->test_run ? type->test_run(host, &run) : -ENOTSUPP;
	if (run.write_out) {
		written = write_results(user_attr, &run);
		err = written ? written : err;
	}
	prog_put(prog);
	return err;
}
