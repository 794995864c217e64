/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Programs on device files that processes of a cgroup open or make. Access measured on Linux 6.18. */
#include "cgroup.h"

#define EXPORT __attribute__((visibility("default")))
#define READ   BPFX_FIELD_READ

#define ACCESS_KNOWN (BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE)

struct device_args {
	struct bpf_cgroup_dev_ctx uapi;
	int32_t retval;
};

struct device_run {
	struct bpfx_ctx_header header;
	struct device_args args;
};

#define FIELD(field, field_flags)                                                                  \
	{ #field, offsetof(struct bpf_cgroup_dev_ctx, field), 4, BPFX_FIELD_SCALAR, field_flags,   \
	  offsetof(struct device_args, uapi.field), 4, .type_name = NULL }

static const struct bpfx_ctx_field fields[] = {
	FIELD(access_type, READ | BPFX_FIELD_NARROW),
	FIELD(major, READ),
	FIELD(minor, READ),
};

const struct bpfx_ctx_desc cgroup_device_ctx = {
	.size = sizeof(struct bpf_cgroup_dev_ctx),
	.real_size = sizeof(struct device_args),
	.type_name = "bpf_cgroup_dev_ctx",
	.fields = fields,
	.field_cnt = ARRAY_CNT(fields),
	.real_data = -1,
	.real_data_end = -1,
	.real_data_meta = -1,
};

const uint32_t cgroup_no_retval[CGROUP_NO_RETVAL_CNT] = {
	BPF_CGROUP_INET_INGRESS, BPF_CGROUP_INET_EGRESS, BPF_CGROUP_SOCK_OPS,
	BPF_CGROUP_UDP4_RECVMSG, BPF_CGROUP_UDP6_RECVMSG, BPF_CGROUP_UNIX_RECVMSG,
	BPF_CGROUP_INET4_GETPEERNAME, BPF_CGROUP_INET6_GETPEERNAME, BPF_CGROUP_UNIX_GETPEERNAME,
	BPF_CGROUP_INET4_GETSOCKNAME, BPF_CGROUP_INET6_GETSOCKNAME, BPF_CGROUP_UNIX_GETSOCKNAME,
};

static uint64_t help_get_retval(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
				void *ctx)
{
	return (int64_t)cgroup_get_retval(&((struct device_args *)ctx)->retval, ctx);
}

static uint64_t help_set_retval(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
				void *ctx)
{
	cgroup_set_retval(&((struct device_args *)ctx)->retval, ctx, r1);
	return 0;
}

const struct bpfx_helper cgroup_device_rows[CGROUP_DEVICE_ROW_CNT] = {
	{ BPF_FUNC_get_retval, "get_retval", help_get_retval, BPFX_RET_INTEGER,
	  .flags = BPFX_HELPER_IMPLICIT_CTX | BPFX_HELPER_NOT_AT,
	  .attach_types = cgroup_no_retval, .attach_type_cnt = CGROUP_NO_RETVAL_CNT },
	{ BPF_FUNC_set_retval, "set_retval", help_set_retval, BPFX_RET_INTEGER,
	  { BPFX_ARG_ANY }, .flags = BPFX_HELPER_IMPLICIT_CTX | BPFX_HELPER_NOT_AT,
	  .attach_types = cgroup_no_retval, .attach_type_cnt = CGROUP_NO_RETVAL_CNT },
};

EXPORT int bpfx_cgroup_device(const struct bpfx_device *device)
{
	struct device_run run;
	uint32_t flags;
	int ran;

	if (device->sz < sizeof(*device) || !device->access || device->access & ~ACCESS_KNOWN ||
	    (device->type != BPF_DEVCG_DEV_BLOCK && device->type != BPF_DEVCG_DEV_CHAR))
		return -EINVAL;
	memset(&run, 0, sizeof(run));
	run.args.uapi.access_type = device->access << 16 | device->type;
	run.args.uapi.major = device->major_number;
	run.args.uapi.minor = device->minor_number;
	ran = cgroup_hook_run(BPF_CGROUP_DEVICE, device->cgroup_id, &run.args,
			      &run.args.retval, &flags);
	return ran < 0 ? ran : run.args.retval;
}

/* Linux has no test runs of these: a context in, the context out. */
int cgroup_device_test_run(const struct bpfx_host *host, struct bpfx_test_run *run)
{
	struct device_run test;
	int err = test_without_data(run->attr);

	memset(&test, 0, sizeof(test));
	err = err ? err : test_read_ctx(host, run, &test.args.uapi, sizeof(test.args.uapi));
	err = err < 0 ? err : test_run_ctx(host, run, &test.args);
	return err ? err : test_write_ctx(host, run, &test.args.uapi, sizeof(test.args.uapi));
}
