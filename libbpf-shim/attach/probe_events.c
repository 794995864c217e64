/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Perf events from what sysfs and tracefs say. */
#include "probe_events.h"

#include <ctype.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <unistd.h>

#include "sys.h"
#include "util.h"

/* One number, in a format that may have text before it. */
static int read_number(const char *path, const char *format)
{
	char real[4096];
	int number, err = 0;
	FILE *file;

	file = fopen(sys_path(path, real, sizeof(real)), "re");
	if (!file) {
		err = -errno;
		pr_debug("failed to open '%s': %s\n", path, errstr(err));
		return err;
	}
	if (fscanf(file, format, &number) != 1) {
		err = -EIO;
		pr_debug("failed to parse '%s'\n", path);
	}
	fclose(file);
	return err ? err : number;
}

static const char *tracefs(void)
{
	return sys_path_exists("/sys/kernel/debug/tracing") ? "/sys/kernel/debug/tracing" :
							      "/sys/kernel/tracing";
}

/* ---- tracepoints ---- */

int tracepoint_event_open(const char *category, const char *name)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr) };
	char path[512];
	int id;

	if (snprintf(path, sizeof(path), "%s/events/%s/%s/id", tracefs(), category, name) >=
	    (int)sizeof(path))
		return -E2BIG;
	id = read_number(path, "%d\n");
	if (id < 0) {
		pr_warn("failed to determine tracepoint '%s/%s' perf event ID: %s\n", category,
			name, errstr(id));
		return id;
	}
	attr.config = id;
	return sys_perf_event_open(&attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

/* ---- probes through their event sources ---- */

int probe_event_type(bool is_uprobe)
{
	return read_number(is_uprobe ? "/sys/bus/event_source/devices/uprobe/type" :
				       "/sys/bus/event_source/devices/kprobe/type", "%d\n");
}

static int retprobe_bit(bool is_uprobe)
{
	return read_number(is_uprobe ? "/sys/bus/event_source/devices/uprobe/format/retprobe" :
				       "/sys/bus/event_source/devices/kprobe/format/retprobe",
			   "config:%d\n");
}

#define REF_CTR_BITS  32
#define REF_CTR_SHIFT 32

int probe_event_open(bool is_uprobe, bool retprobe, const char *name, __u64 offset, pid_t pid,
		     size_t ref_ctr_offset)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	int type, bit;

	if (ref_ctr_offset >= 1ULL << REF_CTR_BITS)
		return -EINVAL;
	type = probe_event_type(is_uprobe);
	if (type < 0)
		return type;
	if (retprobe) {
		bit = retprobe_bit(is_uprobe);
		if (bit < 0)
			return bit;
		attr.config |= 1ULL << bit;
	}
	attr.type = type;
	attr.config |= (__u64)ref_ctr_offset << REF_CTR_SHIFT;
	attr.config1 = ptr_to_u64(name);
	attr.config2 = offset;
	/* pid filter only for uprobes; an event of every process is opened on one CPU */
	return sys_perf_event_open(&attr, pid < 0 ? -1 : pid, pid == -1 ? 0 : -1, -1,
				   PERF_FLAG_FD_CLOEXEC);
}

/* ---- probes through tracefs ---- */

static int append_to(const char *file, const char *text)
{
	char path[512], real[4096];
	int fd, err = 0;

	snprintf(path, sizeof(path), "%s/%s", tracefs(), file);
	fd = open(sys_path(path, real, sizeof(real)), O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static const char *events_file(const struct legacy_probe *probe)
{
	return probe->is_uprobe ? "uprobe_events" : "kprobe_events";
}

static const char *events_group(const struct legacy_probe *probe)
{
	return probe->is_uprobe ? "uprobes" : "kprobes";
}

/* Unique among all processes and all probes of this one. */
static void make_name(struct legacy_probe *probe, const char *target, __u64 offset)
{
	static int counter;
	const char *slash = strrchr(target, '/');
	char *c;

	snprintf(probe->name, sizeof(probe->name), "libbpf_%u_%d_%.64s_0x%llx", getpid(),
		 __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED), slash ? slash + 1 : target,
		 (unsigned long long)offset);
	for (c = probe->name; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
}

int legacy_probe_open(struct legacy_probe *probe, const char *target, __u64 offset, pid_t pid)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr) };
	char text[4400], path[512];
	int err, id;

	make_name(probe, target, offset);
	snprintf(text, sizeof(text), "%c:%s/%s %s%s0x%llx", probe->retprobe ? 'r' : 'p',
		 events_group(probe), probe->name, target, probe->is_uprobe ? ":" : "+",
		 (unsigned long long)offset);
	err = append_to(events_file(probe), text);
	if (err) {
		probe->name[0] = '\0';
		return err;
	}
	snprintf(path, sizeof(path), "%s/events/%s/%s/id", tracefs(), events_group(probe),
		 probe->name);
	id = read_number(path, "%d\n");
	if (id >= 0) {
		attr.config = id;
		id = sys_perf_event_open(&attr, pid < 0 ? -1 : pid, pid == -1 ? 0 : -1, -1,
					 PERF_FLAG_FD_CLOEXEC);
	}
	if (id < 0)
		legacy_probe_remove(probe);
	return id;
}

int legacy_probe_remove(const struct legacy_probe *probe)
{
	char text[256];

	snprintf(text, sizeof(text), "-:%s/%s", events_group(probe), probe->name);
	return append_to(events_file(probe), text);
}
