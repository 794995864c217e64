/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf-shim run: a program on the emulated kernel, by setting its environment. */
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
#include "tool.h"

#define PRELOAD_NAME "libbpf-shim-preload.so"

/* Beside this program in a build tree or a prefix: ../lib, lib, or the folder itself. */
int find_preload(char *out, unsigned long size)
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

int run_command(int argc, char **argv)
{
	static const struct option options[] = {
		{ "private", no_argument, NULL, 'p' },
		{ "store", required_argument, NULL, 's' },
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
		default:
			return usage_error();
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
