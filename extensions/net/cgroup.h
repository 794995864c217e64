/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Programs of cgroups on other things than packets and addresses. */
#ifndef EXTENSIONS_NET_CGROUP_H
#define EXTENSIONS_NET_CGROUP_H

#include "sock.h"

#define CGROUP_DEVICE_ROW_CNT  2
#define CGROUP_SOCKOPT_ROW_CNT 6
#define CGROUP_SYSCTL_ROW_CNT  6

/* Attach types whose results nobody reads: no bpf_get_retval() there. Types that do not check what they
 * are loaded for get it for any other number. */
#define CGROUP_NO_RETVAL_CNT   12
extern const uint32_t cgroup_no_retval[CGROUP_NO_RETVAL_CNT];

extern const struct bpfx_ctx_desc cgroup_device_ctx, cgroup_sockopt_ctx, cgroup_sysctl_ctx;
extern const struct bpfx_helper cgroup_device_rows[CGROUP_DEVICE_ROW_CNT];
extern const struct bpfx_helper cgroup_sockopt_rows[CGROUP_SOCKOPT_ROW_CNT];
/* Of the hooks of socket options. */
int sockopt_combine(void *ctx, uint32_t *result, uint32_t next);
int cgroup_device_test_run(const struct bpfx_host *host, struct bpfx_test_run *run);
extern const struct bpfx_helper cgroup_sysctl_rows[CGROUP_SYSCTL_ROW_CNT];
int cgroup_sysctl_test_run(const struct bpfx_host *host, struct bpfx_test_run *run);
int cgroup_sockopt_test_run(const struct bpfx_host *host, struct bpfx_test_run *run);

/* Made-up events: access, type, major, minor; level, optname, result, and the value as data. */
int net_fire_device(const struct bpfx_host *host, const struct bpfx_hook *hook,
		    struct bpfx_fire *fire);
int net_fire_sockopt(const struct bpfx_host *host, const struct bpfx_hook *hook,
		     struct bpfx_fire *fire);

/* name, current, and what is written as data. */
int net_fire_sysctl(const struct bpfx_host *host, const struct bpfx_hook *hook,
		    struct bpfx_fire *fire);

#endif
