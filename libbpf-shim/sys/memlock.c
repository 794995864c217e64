/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* RLIMIT_MEMLOCK: kernels before 5.11 count BPF memory in it, so it is raised before first use. */
#include "sys.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <bpf/bpf.h>

#include "util.h"

static size_t wanted_limit = RLIM_INFINITY;
static bool done;

int libbpf_set_memlock_rlim(size_t memlock_bytes)
{
	if (__atomic_load_n(&done, __ATOMIC_RELAXED))
		return libbpf_err(-EBUSY);
	wanted_limit = memlock_bytes;
	return 0;
}

/* Memory is charged to the cgroup since the version that brought bpf_ktime_get_coarse_ns(). */
static bool charges_cgroup(void)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ktime_get_coarse_ns },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = ptr_to_u64(insns);
	attr.insn_cnt = ARRAY_SIZE(insns);
	attr.license = ptr_to_u64("GPL");
	fd = sys_bpf(BPF_PROG_LOAD, &attr, offsetofend(union bpf_attr, attach_btf_obj_fd));
	sys_close(fd);
	return fd >= 0;
}

void sys_raise_memlock(void)
{
	struct rlimit limit = { .rlim_cur = wanted_limit, .rlim_max = wanted_limit };

	if (__atomic_exchange_n(&done, true, __ATOMIC_RELAXED) || !wanted_limit)
		return;
	if (charges_cgroup())
		return;
	/* without the right to raise it, the kernel's EPERM at the map or program says so */
	setrlimit(RLIMIT_MEMLOCK, &limit);
}
