/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * How fast programs are verified, beside the real kernel: loads objects with the same loader on both
 * kernels in turn, each time in a process of its own, and prints medians.
 *
 *	speed [-n ROUNDS] [-e] OBJECT...
 *	-n	loads on each kernel (5)
 *	-e	on the emulated kernel only
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define MAX_ROUNDS 99

struct load {
	double us;		/* of bpf_object__load() */
	unsigned long insns;	/* verified */
	long peak_kb;		/* of the process */
};

/* ---- one load, in this process ---- */

static int be_silent(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static unsigned long verified(const struct bpf_object *obj)
{
	unsigned long sum = 0;
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj) {
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);

		if (bpf_program__fd(prog) >= 0 &&
		    !bpf_prog_get_info_by_fd(bpf_program__fd(prog), &info, &len))
			sum += info.verified_insns;
	}
	return sum;
}

/* What holds stack traces is not there yet; no program of these uses it (selftests.sh -s). */
static void replace_stacks(struct bpf_object *obj)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
		if (bpf_map__type(map) == BPF_MAP_TYPE_STACK_TRACE)
			bpf_map__set_type(map, BPF_MAP_TYPE_ARRAY);
}

static int load_here(const char *path, struct load *load)
{
	struct bpf_object *obj;
	struct rusage usage;
	int err;

	libbpf_set_print(be_silent);
	obj = bpf_object__open_file(path, NULL);
	if (!obj)
		return 1;
	replace_stacks(obj);
	load->us = now_us();
	err = bpf_object__load(obj);
	load->us = now_us() - load->us;
	load->insns = verified(obj);
	getrusage(RUSAGE_SELF, &usage);
	load->peak_kb = usage.ru_maxrss;
	bpf_object__close(obj);
	return err ? 1 : 0;
}

static int load_and_tell(const char *path)
{
	struct load load;

	return load_here(path, &load) ||
	       write(STDOUT_FILENO, &load, sizeof(load)) != sizeof(load);
}

/* ---- many, in other processes ---- */

static int load_on(const char *backend, const char *path, struct load *load)
{
	int ends[2], status;
	bool complete;
	pid_t pid;

	if (pipe(ends))
		return 1;
	pid = fork();
	if (!pid) {
		/* The library asks for the backend once, at the start of a program. */
		if (dup2(ends[1], STDOUT_FILENO) >= 0 && !setenv("BPF_SHIM_BACKEND", backend, 1))
			execl("/proc/self/exe", "speed", "-1", path, NULL);
		_exit(1);
	}
	close(ends[1]);
	complete = read(ends[0], load, sizeof(*load)) == sizeof(*load);
	close(ends[0]);
	return pid < 0 || waitpid(pid, &status, 0) != pid || status || !complete;
}

static int by_time(const void *a, const void *b)
{
	const struct load *x = a, *y = b;

	return (x->us > y->us) - (x->us < y->us);
}

static double rate(const struct load *load)
{
	return load->insns / load->us;
}

/* Return: how many times faster the emulated kernel is; 0: somebody did not load it. */
static double compare(const char *path, int rounds, bool alone)
{
	struct load ours[MAX_ROUNDS], real[MAX_ROUNDS];
	const char *slash = strrchr(path, '/');
	struct load *a = &ours[rounds / 2], *b = &real[rounds / 2];

	printf("%-34s", slash ? slash + 1 : path);
	fflush(stdout);
	for (int i = 0; i < rounds; i++)
		if (load_on("emulated", path, &ours[i]) ||
		    (!alone && load_on("kernel", path, &real[i]))) {
			printf("not loaded\n");
			return 0;
		}
	qsort(ours, rounds, sizeof(*ours), by_time);
	qsort(real, alone ? 0 : rounds, sizeof(*real), by_time);
	printf("%9lu %9.0f us %6.1f M/s %6ld KiB", a->insns, a->us, rate(a), a->peak_kb);
	if (!alone)
		printf(" %9.0f us %5.1f M/s %6.1f x", b->us, rate(b), b->us / a->us);
	printf("\n");
	return alone ? 0 : b->us / a->us;
}

int main(int argc, char **argv)
{
	int rounds = 5, opt, cnt = 0;
	bool alone = false;
	double log_sum = 0;

	if (argc == 3 && !strcmp(argv[1], "-1"))
		return load_and_tell(argv[2]);
	while ((opt = getopt(argc, argv, "n:e")) != -1) {
		if (opt == 'n')
			rounds = atoi(optarg);
		else if (opt == 'e')
			alone = true;
		else
			return 2;
	}
	if (rounds < 1 || rounds > MAX_ROUNDS)
		return 2;
	for (int i = optind; i < argc; i++) {
		double ratio = compare(argv[i], rounds, alone);

		if (!ratio)
			continue;
		log_sum += log(ratio);
		cnt++;
	}
	if (cnt)
		printf("geometric mean of %d: %.1f x\n", cnt, exp(log_sum / cnt));
	return 0;
}
