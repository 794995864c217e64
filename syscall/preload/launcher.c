/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * bpf-shim: runs programs on the emulated kernel, by setting their environment, and looks after
 * stores. It is not part of the preload library.
 */
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kern.h"

#define PRELOAD_NAME "libbpf-shim-preload.so"

static const char usage_text[] =
	"usage: bpf-shim run [--private | --store DIR] [--] COMMAND [ARGUMENT...]\n"
	"       bpf-shim gc\n"
	"       bpf-shim store\n"
	"       bpf-shim --help | --version\n"
	"\n"
	"run    start COMMAND, and what it starts, on the emulated BPF kernel\n"
	"         --private    a store of its own, gone when the last process of it ends\n"
	"         --store DIR  the store in DIR (absolute path; created if missing)\n"
	"gc     remove objects nobody refers to and private stores of processes that are gone\n"
	"store  print the directory of the store that programs use here\n"
	"\n"
	"Environment: BPF_SHIM_STORE, BPF_SHIM_EXTENSIONS, BPF_SHIM_KERNEL_BTF, BPF_SHIM_LOG; see\n"
	"bpf-shim(1). Exit status: that of COMMAND; 125: bpf-shim failed; 126, 127: COMMAND could\n"
	"not be run, was not found.\n";

#define FAILED 125

static int complain(const char *what, const char *on, int err)
{
	fprintf(stderr, "bpf-shim: %s '%s': %s\n", what, on, strerror(err));
	return FAILED;
}

/* Beside this program in a build tree or a prefix: ../lib, lib, or the folder itself. */
static int find_preload(char *out, size_t size)
{
	static const char *const places[] = { "../lib", LIBDIR_FROM_BIN, "lib", "." };
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len < 0)
		return -errno;
	self[len] = 0;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char copy[PATH_MAX], *real;

		strcpy(copy, self);
		snprintf(path, sizeof(path), "%s/%s/" PRELOAD_NAME, dirname(copy), places[i]);
		real = realpath(path, NULL);
		if (!real)
			continue;
		snprintf(out, size, "%s", real);
		free(real);
		return 0;
	}
	return -ENOENT;
}

/* In front of what the caller preloads already. */
static void preload_first(const char *library)
{
	const char *old = getenv("LD_PRELOAD");
	char *both;

	if (!old || !*old) {
		setenv("LD_PRELOAD", library, 1);
		return;
	}
	if (asprintf(&both, "%s:%s", library, old) < 0)
		exit(complain("cannot set", "LD_PRELOAD", ENOMEM));
	setenv("LD_PRELOAD", both, 1);
	free(both);
}

static int become(char **argv)
{
	int err;

	execvp(argv[0], argv);
	err = errno;
	complain("cannot run", argv[0], err);
	return err == ENOENT ? 127 : 126;
}

/* Somebody must be there at the end to remove a private store: this process. */
static int run_and_wait(char **argv)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return complain("cannot start", argv[0], errno);
	if (!pid)
		_exit(become(argv));
	/* The terminal's signals are meant for the command. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return complain("cannot wait for", argv[0], errno);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "private", no_argument, NULL, 'p' },
		{ "store", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	char library[PATH_MAX];
	bool private = false;
	int option, err;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			setenv("BPF_SHIM_STORE", "private", 1);
			private = true;
			break;
		case 's':
			if (optarg[0] != '/')
				return complain("--store needs an absolute path, not", optarg,
						EINVAL);
			setenv("BPF_SHIM_STORE", optarg, 1);
			break;
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		default:
			fputs(usage_text, stderr);
			return FAILED;
		}
	}
	if (optind == argc) {
		fputs("bpf-shim: run needs a command\n", stderr);
		return FAILED;
	}
	err = find_preload(library, sizeof(library));
	if (err)
		return complain("cannot find", PRELOAD_NAME, -err);
	/* A private store must be there before COMMAND, so that all its children share it. */
	if (!kern_store_dir(&err))
		return complain("cannot use the store", getenv("BPF_SHIM_STORE") ?: "default", -err);
	preload_first(library);
	if (private)
		return run_and_wait(argv + optind);
	return become(argv + optind);
}

static int gc(void)
{
	int removed = kern_collect_stores();

	if (removed < 0)
		return complain("cannot use the store", getenv("BPF_SHIM_STORE") ?: "default",
				-removed);
	printf("%d private store%s removed\n", removed, removed == 1 ? "" : "s");
	return 0;
}

static int print_store(void)
{
	int err;
	const char *dir = kern_store_dir(&err);

	if (!dir)
		return complain("cannot use the store", getenv("BPF_SHIM_STORE") ?: "default", -err);
	puts(dir);
	return 0;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (!strcmp(command, "run"))
		return run(argc - 1, argv + 1);
	if (!strcmp(command, "gc") && argc == 2)
		return gc();
	if (!strcmp(command, "store") && argc == 2)
		return print_store();
	if (!strcmp(command, "--help") || !strcmp(command, "help")) {
		fputs(usage_text, stdout);
		return 0;
	}
	if (!strcmp(command, "--version")) {
		puts("bpf-shim " BPF_SHIM_VERSION);
		return 0;
	}
	fputs(usage_text, stderr);
	return FAILED;
}
