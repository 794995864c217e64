/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Perf buffers: one perf event per CPU that programs write samples to, and its mapped ring. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpus.h"
#include "sys.h"
#include "util.h"

struct cpu_buffer {
	struct perf_buffer *pb;
	void *base;		/* the control page, then pages of data */
	void *copy;		/* of a record that wraps */
	size_t copy_size;
	int fd, cpu, map_key;
	int wait_fd;		/* stands for fd in the epoll set; -1: not there yet */
};

struct perf_buffer {
	perf_buffer_event_fn event_cb;
	perf_buffer_sample_fn sample_cb;
	perf_buffer_lost_fn lost_cb;
	void *ctx;
	size_t page_size, mmap_size;
	struct cpu_buffer **buffers;	/* NULL: that CPU is offline */
	struct epoll_event *events;
	int buffer_cnt;
	int epoll_fd, map_fd;
};

struct sample {
	struct perf_event_header header;
	__u32 size;
	char data[];
};

struct lost {
	struct perf_event_header header;
	__u64 id;
	__u64 lost;
};

/* ---- making and freeing ---- */

static void free_cpu_buffer(struct perf_buffer *pb, struct cpu_buffer *buffer)
{
	if (!buffer)
		return;
	if (buffer->base)
		sys_munmap(buffer->base, pb->mmap_size + pb->page_size);
	sys_wait_fd_close(buffer->fd, buffer->wait_fd);
	if (buffer->fd >= 0) {
		sys_perf_ioctl(buffer->fd, PERF_EVENT_IOC_DISABLE, 0);
		sys_close(buffer->fd);
	}
	free(buffer->copy);
	free(buffer);
}

void perf_buffer__free(struct perf_buffer *pb)
{
	int i;

	if (!pb || (unsigned long)pb >= (unsigned long)-4095)
		return;
	for (i = 0; pb->buffers && i < pb->buffer_cnt; i++) {
		if (!pb->buffers[i])
			continue;
		bpf_map_delete_elem(pb->map_fd, &pb->buffers[i]->map_key);
		free_cpu_buffer(pb, pb->buffers[i]);
	}
	free(pb->buffers);
	sys_close(pb->epoll_fd);
	free(pb->events);
	free(pb);
}

static struct cpu_buffer *open_cpu_buffer(struct perf_buffer *pb, struct perf_event_attr *attr,
					  int cpu, int map_key)
{
	struct cpu_buffer *buffer = calloc(1, sizeof(*buffer));
	int err;

	if (!buffer)
		return libbpf_err_ptr(-ENOMEM);
	buffer->pb = pb;
	buffer->cpu = cpu;
	buffer->map_key = map_key;
	buffer->wait_fd = -1;
	buffer->fd = sys_perf_event_open(attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	err = buffer->fd < 0 ? buffer->fd : 0;
	if (err)
		pr_warn("failed to open perf buffer event on cpu #%d: %s\n", cpu, errstr(err));
	if (!err) {
		err = sys_mmap(&buffer->base, pb->mmap_size + pb->page_size,
			       PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);
		if (err)
			pr_warn("failed to mmap perf buffer on cpu #%d: %s\n", cpu, errstr(err));
	}
	if (!err) {
		err = sys_perf_ioctl(buffer->fd, PERF_EVENT_IOC_ENABLE, 0);
		if (err)
			pr_warn("failed to enable perf buffer event on cpu #%d: %s\n", cpu,
				errstr(err));
	}
	if (err) {
		free_cpu_buffer(pb, buffer);
		return libbpf_err_ptr(err);
	}
	return buffer;
}

static int connect_cpu_buffer(struct perf_buffer *pb, struct cpu_buffer *buffer)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = buffer };
	int err;

	err = bpf_map_update_elem(pb->map_fd, &buffer->map_key, &buffer->fd, 0);
	if (err) {
		pr_warn("failed to set cpu #%d, key %d -> perf FD %d: %s\n", buffer->cpu,
			buffer->map_key, buffer->fd, errstr(err));
		return err;
	}
	buffer->wait_fd = sys_wait_fd(buffer->fd);
	err = buffer->wait_fd < 0 ? buffer->wait_fd : 0;
	if (!err && epoll_ctl(pb->epoll_fd, EPOLL_CTL_ADD, buffer->wait_fd, &event))
		err = -errno;
	if (err) {
		pr_warn("failed to epoll_ctl cpu #%d perf FD %d: %s\n", buffer->cpu, buffer->fd,
			errstr(err));
		return err;
	}
	return 0;
}

struct params {
	struct perf_event_attr *attr;
	int cpu_cnt;		/* 0: all */
	const int *cpus, *map_keys;
};

static int open_cpu_buffers(struct perf_buffer *pb, const struct params *params,
			    const bool *online, int online_cnt)
{
	int i, n = 0, cpu, key, err;

	for (i = 0; i < pb->buffer_cnt; i++) {
		cpu = params->cpu_cnt ? params->cpus[i] : i;
		key = params->cpu_cnt ? params->map_keys[i] : i;
		/* CPUs that were named are wanted, offline or not */
		if (!params->cpu_cnt && (i >= online_cnt || !online[i]))
			continue;
		pb->buffers[n] = open_cpu_buffer(pb, params->attr, cpu, key);
		if (!pb->buffers[n])
			return -errno;
		err = connect_cpu_buffer(pb, pb->buffers[n++]);
		if (err)
			return err;
	}
	pb->buffer_cnt = n;
	return 0;
}

/* Older kernels cannot tell what a map is; then the numbers have to do. */
static int check_map(int map_fd, __u32 *max_entries)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	int err;

	*max_entries = 0;
	err = bpf_map_get_info_by_fd(map_fd, &info, &len);
	if (err) {
		if (err != -EINVAL)
			pr_warn("failed to get map info for map FD %d: %s\n", map_fd, errstr(err));
		return err == -EINVAL ? 0 : err;
	}
	if (info.type != BPF_MAP_TYPE_PERF_EVENT_ARRAY) {
		pr_warn("map '%s' should be BPF_MAP_TYPE_PERF_EVENT_ARRAY\n", info.name);
		return -EINVAL;
	}
	*max_entries = info.max_entries;
	return 0;
}

static int fill(struct perf_buffer *pb, const struct params *params)
{
	int online_cnt = 0, cpus, err;
	bool *online = NULL;
	__u32 max_entries;

	err = check_map(pb->map_fd, &max_entries);
	if (err)
		return err;
	pb->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (pb->epoll_fd < 0)
		return -errno;
	cpus = params->cpu_cnt ? params->cpu_cnt : libbpf_num_possible_cpus();
	if (cpus < 0)
		return cpus;
	if (!params->cpu_cnt && max_entries && max_entries < (__u32)cpus)
		cpus = max_entries;
	pb->buffer_cnt = cpus;
	pb->events = calloc(cpus, sizeof(*pb->events));
	pb->buffers = calloc(cpus, sizeof(*pb->buffers));
	if (!pb->events || !pb->buffers)
		return -ENOMEM;
	err = cpu_list_read("/sys/devices/system/cpu/online", &online, &online_cnt);
	if (err) {
		pr_warn("failed to get online CPU mask: %s\n", errstr(err));
		return err;
	}
	err = open_cpu_buffers(pb, params, online, online_cnt);
	free(online);
	return err;
}

static struct perf_buffer *new_buffer(int map_fd, size_t page_cnt, const struct params *params,
				      const struct perf_buffer *callbacks)
{
	struct perf_buffer *pb;
	int err;

	if (!is_pow_of_2(page_cnt)) {
		pr_warn("page count should be power of two, but is %zu\n", page_cnt);
		return libbpf_err_ptr(-EINVAL);
	}
	pb = calloc(1, sizeof(*pb));
	if (!pb)
		return libbpf_err_ptr(-ENOMEM);
	*pb = *callbacks;
	pb->map_fd = map_fd;
	pb->epoll_fd = -1;
	pb->page_size = sysconf(_SC_PAGE_SIZE);
	pb->mmap_size = pb->page_size * page_cnt;
	err = fill(pb, params);
	if (err) {
		perf_buffer__free(pb);
		return libbpf_err_ptr(err);
	}
	return pb;
}

struct perf_buffer *perf_buffer__new(int map_fd, size_t page_cnt, perf_buffer_sample_fn sample_cb,
				     perf_buffer_lost_fn lost_cb, void *ctx,
				     const struct perf_buffer_opts *opts)
{
	struct perf_buffer callbacks = { .sample_cb = sample_cb, .lost_cb = lost_cb, .ctx = ctx };
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
	};
	struct params params = { .attr = &attr };
	__u32 period;

	if (!OPTS_VALID(opts, perf_buffer_opts))
		return libbpf_err_ptr(-EINVAL);
	period = OPTS_GET(opts, sample_period, 1);
	attr.sample_period = attr.wakeup_events = period ? period : 1;
	return new_buffer(map_fd, page_cnt, &params, &callbacks);
}

struct perf_buffer *perf_buffer__new_raw(int map_fd, size_t page_cnt, struct perf_event_attr *attr,
					 perf_buffer_event_fn event_cb, void *ctx,
					 const struct perf_buffer_raw_opts *opts)
{
	struct perf_buffer callbacks = { .event_cb = event_cb, .ctx = ctx };
	struct params params = { .attr = attr };

	if (!attr || !OPTS_VALID(opts, perf_buffer_raw_opts))
		return libbpf_err_ptr(-EINVAL);
	params.cpu_cnt = OPTS_GET(opts, cpu_cnt, 0);
	params.cpus = OPTS_GET(opts, cpus, NULL);
	params.map_keys = OPTS_GET(opts, map_keys, NULL);
	if (params.cpu_cnt < 0 || (params.cpu_cnt && (!params.cpus || !params.map_keys)))
		return libbpf_err_ptr(-EINVAL);
	return new_buffer(map_fd, page_cnt, &params, &callbacks);
}

/* ---- reading ---- */

static enum bpf_perf_event_ret process_record(struct cpu_buffer *buffer,
					      struct perf_event_header *event)
{
	struct perf_buffer *pb = buffer->pb;

	if (pb->event_cb)
		return pb->event_cb(pb->ctx, buffer->cpu, event);
	switch (event->type) {
	case PERF_RECORD_SAMPLE: {
		struct sample *sample = (struct sample *)event;

		if (pb->sample_cb)
			pb->sample_cb(pb->ctx, buffer->cpu, sample->data, sample->size);
		return LIBBPF_PERF_EVENT_CONT;
	}
	case PERF_RECORD_LOST: {
		struct lost *lost = (struct lost *)event;

		if (pb->lost_cb)
			pb->lost_cb(pb->ctx, buffer->cpu, lost->lost);
		return LIBBPF_PERF_EVENT_CONT;
	}
	default:
		pr_warn("unknown perf sample type %d\n", event->type);
		return LIBBPF_PERF_EVENT_ERROR;
	}
}

/* A record that runs over the end of the ring, in one piece. */
static struct perf_event_header *unwrap(struct cpu_buffer *buffer, char *data, size_t off,
					size_t size)
{
	size_t first = buffer->pb->mmap_size - off;

	if (buffer->copy_size < size) {
		free(buffer->copy);
		buffer->copy = malloc(size);
		buffer->copy_size = buffer->copy ? size : 0;
		if (!buffer->copy)
			return NULL;
	}
	memcpy(buffer->copy, data + off, first);
	memcpy((char *)buffer->copy + first, data, size - first);
	return buffer->copy;
}

static enum bpf_perf_event_ret read_records(struct cpu_buffer *buffer)
{
	struct perf_event_mmap_page *page = buffer->base;
	size_t ring = buffer->pb->mmap_size, size, off;
	enum bpf_perf_event_ret ret = LIBBPF_PERF_EVENT_DONE;
	char *data = (char *)buffer->base + buffer->pb->page_size;
	__u64 head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	__u64 tail = page->data_tail;
	struct perf_event_header *event;

	while (tail != head) {
		off = tail & (ring - 1);
		/* records are 8-byte aligned: a header is never torn */
		event = (void *)(data + off);
		size = event->size;
		if (size < sizeof(*event) || size > ring)
			return LIBBPF_PERF_EVENT_ERROR;
		if (off + size > ring) {
			event = unwrap(buffer, data, off, size);
			if (!event) {
				ret = LIBBPF_PERF_EVENT_ERROR;
				break;
			}
		}
		ret = process_record(buffer, event);
		/* a callback that stops keeps its record for the next time */
		if (ret != LIBBPF_PERF_EVENT_CONT)
			break;
		tail += size;
	}
	__atomic_store_n(&page->data_tail, tail, __ATOMIC_RELEASE);
	return ret;
}

static int process(struct cpu_buffer *buffer)
{
	int ret;

	/* Before the ring is looked at: what comes later wakes again. */
	sys_wait_drain(buffer->fd, buffer->wait_fd);
	ret = read_records(buffer);

	if (ret == LIBBPF_PERF_EVENT_ERROR) {
		pr_warn("error while processing records: %s\n", errstr(ret));
		return libbpf_err(-EINVAL);
	}
	return 0;
}

int perf_buffer__poll(struct perf_buffer *pb, int timeout_ms)
{
	int n, i, err;

	n = epoll_wait(pb->epoll_fd, pb->events, pb->buffer_cnt, timeout_ms);
	if (n < 0)
		return libbpf_err(-errno);
	for (i = 0; i < n; i++) {
		err = process(pb->events[i].data.ptr);
		if (err)
			return err;
	}
	return n;
}

int perf_buffer__consume(struct perf_buffer *pb)
{
	int i, err;

	for (i = 0; i < pb->buffer_cnt; i++) {
		if (!pb->buffers[i])
			continue;
		err = process(pb->buffers[i]);
		if (err)
			return err;
	}
	return 0;
}

/* ---- access to one of them ---- */

static struct cpu_buffer *buffer_at(const struct perf_buffer *pb, size_t idx, int *err)
{
	*err = idx >= (size_t)pb->buffer_cnt ? -EINVAL : !pb->buffers[idx] ? -ENOENT : 0;
	return *err ? NULL : pb->buffers[idx];
}

int perf_buffer__consume_buffer(struct perf_buffer *pb, size_t buf_idx)
{
	int err;
	struct cpu_buffer *buffer = buffer_at(pb, buf_idx, &err);

	return buffer ? process(buffer) : libbpf_err(err);
}

int perf_buffer__buffer_fd(const struct perf_buffer *pb, size_t buf_idx)
{
	int err;
	struct cpu_buffer *buffer = buffer_at(pb, buf_idx, &err);

	return buffer ? buffer->fd : libbpf_err(err);
}

int perf_buffer__buffer(struct perf_buffer *pb, int buf_idx, void **buf, size_t *buf_size)
{
	int err;
	struct cpu_buffer *buffer = buffer_at(pb, buf_idx, &err);

	if (!buffer)
		return libbpf_err(err);
	*buf = buffer->base;
	*buf_size = pb->mmap_size;
	return 0;
}

int perf_buffer__epoll_fd(const struct perf_buffer *pb)
{
	return pb->epoll_fd;
}

size_t perf_buffer__buffer_cnt(const struct perf_buffer *pb)
{
	return pb->buffer_cnt;
}
