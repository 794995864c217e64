/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Making perf events for tracepoints and probes. All return an fd or -errno. */
#ifndef BPF_SHIM_PROBE_EVENTS_H
#define BPF_SHIM_PROBE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/types.h>

int tracepoint_event_open(const char *category, const char *name);

/* The number of the event source for kprobes or uprobes; -errno if the kernel has none. */
int probe_event_type(bool is_uprobe);
int probe_event_open(bool is_uprobe, bool retprobe, const char *name, __u64 offset, pid_t pid,
		     size_t ref_ctr_offset);

/* A probe made by writing to tracefs, for kernels without an event source; it has a name. */
struct legacy_probe {
	char name[128];
	bool is_uprobe, retprobe;
};

int legacy_probe_open(struct legacy_probe *probe, const char *target, __u64 offset, pid_t pid);
int legacy_probe_remove(const struct legacy_probe *probe);

#endif
