/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
#include <linux/capability.h>
#include <stdint.h>

#include "privilege.h"
#include "raw.h"

#define CAP(name) (1ull << CAP_##name)

static const uint64_t enough[] = {	/* one of them */
	[PRIVILEGE_BPF] = CAP(BPF) | CAP(SYS_ADMIN),
	[PRIVILEGE_PERFMON] = CAP(PERFMON) | CAP(SYS_ADMIN),
	[PRIVILEGE_NET_ADMIN] = CAP(NET_ADMIN) | CAP(SYS_ADMIN),
	[PRIVILEGE_SYS_ADMIN] = CAP(SYS_ADMIN),
};

static uint64_t at_start;	/* effective when the process began */

static uint64_t effective(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	if (raw_syscall(SYS_capget, (long)&header, (long)data, 0, 0, 0, 0))
		return 0;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

__attribute__((constructor)) static void remember(void)
{
	at_start = effective();
}

bool privileged(enum privilege privilege)
{
	return !(at_start & enough[privilege]) || (effective() & enough[privilege]);
}
