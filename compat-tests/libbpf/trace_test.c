/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Tracepoints, probes and perf buffers. */
#include "harness.h"

#include <sys/syscall.h>

/* Named by the section of a program in trace.bpf.c. */
int traced_function(int a, int b);

__attribute__((noinline)) int traced_function(int a, int b)
{
	asm volatile("");
	return a + b;
}

static struct bpf_object *load(void)
{
	struct bpf_object *obj = open_prog("trace");
	struct bpf_map *bss = bpf_object__find_map_by_name(obj, ".bss");
	int values[16] = { getpid() };
	size_t size;

	assert_non_null(bpf_map__initial_value(bss, &size));
	assert_true(size <= sizeof(values));
	assert_int_equal(bpf_map__set_initial_value(bss, values, size), 0);
	if (bpf_object__load(obj))
		fail_msg("%s", messages);
	return obj;
}

static __u64 hit(struct bpf_object *obj, int index)
{
	struct {
		int pid, pad;
		__u64 hits[4];
	} bss;
	int zero = 0;

	assert_int_equal(bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(obj, ".bss"), &zero,
					     &bss), 0);
	return bss.hits[index];
}

static struct bpf_link *attach(struct bpf_object *obj, const char *name)
{
	struct bpf_link *link;

	link = bpf_program__attach(bpf_object__find_program_by_name(obj, name));
	if (!link)
		fail_msg("%s: %s\n%s", name, strerror(errno), messages);
	return link;
}

struct seen {
	int count, lost;
	__u64 last;
};

static void on_sample(void *ctx, int cpu, void *data, __u32 size)
{
	struct seen *seen = ctx;

	assert_true(size >= 8);
	memcpy(&seen->last, data, 8);
	seen->count++;
}

static void on_lost(void *ctx, int cpu, __u64 count)
{
	((struct seen *)ctx)->lost += count;
}

static void a_tracepoint_writes_to_a_perf_buffer(void **state)
{
	struct bpf_object *obj = load();
	int fd = bpf_object__find_map_fd_by_name(obj, "events"), i;
	struct bpf_link *link = attach(obj, "tracepoint");
	struct seen seen = { 0 };
	struct perf_buffer *pb;

	assert_null(perf_buffer__new(fd, 3, on_sample, on_lost, &seen, NULL));
	assert_int_equal(errno, EINVAL);
	assert_null(perf_buffer__new(bpf_object__find_map_fd_by_name(obj, ".bss"), 1, on_sample,
				     on_lost, &seen, NULL));
	assert_int_equal(errno, EINVAL);
	pb = perf_buffer__new(fd, 1, on_sample, on_lost, &seen, NULL);
	if (!pb)
		fail_msg("%s", messages);
	assert_int_equal(perf_buffer__poll(pb, 0), 0);
	for (i = 0; i < 3; i++)
		syscall(SYS_getppid);
	assert_true(perf_buffer__poll(pb, 1000) > 0);
	assert_int_equal(perf_buffer__consume(pb), 0);
	assert_int_equal(seen.count, 3);
	assert_true(seen.last == 0x1122334455667788);
	assert_int_equal(hit(obj, 0), 3);
	/* a page holds some hundred: the rest is lost, and said to be */
	for (i = 0; i < 1000; i++)
		syscall(SYS_getppid);
	perf_buffer__consume(pb);
	syscall(SYS_getppid);
	perf_buffer__consume(pb);
	assert_true(seen.lost > 0);
	assert_int_equal(seen.count + seen.lost, 1004);
	assert_int_equal(perf_buffer__consume_buffer(pb, 100000), -EINVAL);
	perf_buffer__free(pb);
	assert_int_equal(bpf_link__destroy(link), 0);
	syscall(SYS_getppid);
	assert_int_equal(hit(obj, 0), 1004);
	bpf_object__close(obj);
}

static void raw_tracepoints_attach_by_name(void **state)
{
	struct bpf_object *obj = load();
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, "raw");
	struct bpf_link *link;

	assert_null(bpf_program__attach_raw_tracepoint(prog, "no_such_tracepoint"));
	assert_int_equal(errno, ENOENT);
	link = attach(obj, "raw");
	syscall(SYS_getppid);
	assert_int_equal(hit(obj, 1), 1);
	assert_int_equal(bpf_link__destroy(link), 0);
	bpf_object__close(obj);
}

static void probes_see_arguments_and_results(void **state)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .retprobe = true, .func_name = "traced_function",
		    .bpf_cookie = 1000);
	struct bpf_object *obj = load();
	struct bpf_program *leave = bpf_object__find_program_by_name(obj, "leave");
	struct bpf_link *entry_link = attach(obj, "entry"), *leave_link;

	/* a bare section does not say where */
	assert_null(bpf_program__attach(leave));
	assert_int_equal(errno, EOPNOTSUPP);
	leave_link = bpf_program__attach_uprobe_opts(leave, 0, "/proc/self/exe", 0, &opts);
	assert_non_null(leave_link);
	traced_function(4, 5);
	assert_int_equal(hit(obj, 2), 405);
	assert_int_equal(hit(obj, 3), 1009);
	assert_int_equal(bpf_link__destroy(entry_link), 0);
	assert_int_equal(bpf_link__destroy(leave_link), 0);
	opts.func_name = "no_such_function";
	assert_null(bpf_program__attach_uprobe_opts(leave, 0, "/proc/self/exe", 0, &opts));
	assert_int_equal(errno, ENOENT);
	bpf_object__close(obj);
}

static void bad_targets_are_refused(void **state)
{
	struct bpf_object *obj = load();
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, "tracepoint");

	assert_null(bpf_program__attach_tracepoint(prog, "syscalls", "no_such_event"));
	assert_int_equal(errno, ENOENT);
	assert_null(bpf_program__attach_perf_event(prog, -1));
	assert_int_equal(errno, EINVAL);
	bpf_object__close(obj);
	obj = open_prog("trace");
	prog = bpf_object__find_program_by_name(obj, "tracepoint");
	assert_null(bpf_program__attach_perf_event(prog, 0));
	assert_int_equal(errno, EINVAL);
	bpf_object__close(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tracepoint_writes_to_a_perf_buffer),
		cmocka_unit_test(raw_tracepoints_attach_by_name),
		cmocka_unit_test(probes_see_arguments_and_results),
		cmocka_unit_test(bad_targets_are_refused),
	};

	return run_group("trace", tests, COUNT(tests));
}
