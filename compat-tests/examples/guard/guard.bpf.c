/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* A user's program for the application's hook: nobody over quota, large requests later, and count. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "guard.h"

static unsigned long long (*guard_used)(struct guard_request *ctx) = (void *)GUARD_FUNC_USED;

/* The application gives it its own map type before the load: that has no number of its own. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, unsigned int);
	__type(value, unsigned long long);
} quotas SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, unsigned int);
	__type(value, unsigned long long);
} denied SEC(".maps");

SEC("guard")
int decide(struct guard_request *request)
{
	unsigned int user = request->user;
	unsigned long long one = 1, *count, *quota = bpf_map_lookup_elem(&quotas, &user);

	if (request->size > 1000)
		request->priority = 0;
	if (quota && guard_used(request) + request->size <= *quota)
		return GUARD_ALLOW;
	count = bpf_map_lookup_elem(&denied, &user);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&denied, &user, &one, BPF_ANY);
	return GUARD_DENY;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
