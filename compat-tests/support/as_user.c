/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * as_user COMMAND…: run a test as most users will: as an ordinary user, with bpf(2) blocked by
 * seccomp. Where "nobody" cannot reach the files, the user stays and loses all capabilities.
 */
#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534

static void die(const char *what)
{
	perror(what);
	exit(125);
}

static int block_bpf(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* Every folder on the way must let others through. */
static int reachable_by_others(const char *file)
{
	char path[4096], *slash;
	struct stat st;

	if (!realpath(file, path) || stat(path, &st) || !(st.st_mode & S_IXOTH))
		return 0;
	while ((slash = strrchr(path, '/')) && slash != path) {
		*slash = 0;
		if (stat(path, &st) || !(st.st_mode & S_IXOTH))
			return 0;
	}
	return 1;
}

static void drop_capabilities(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { 0 };

	if (syscall(SYS_capset, &head, none))
		die("capset");
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs("usage: as_user COMMAND [ARGUMENT...]\n", stderr);
		return 125;
	}
	if (geteuid() == 0 && reachable_by_others(argv[1])) {
		if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
			die("cannot become nobody");
		setenv("HOME", "/tmp", 1);
		unsetenv("XDG_RUNTIME_DIR");
	} else {
		drop_capabilities();
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || block_bpf())
		die("cannot block bpf(2)");
	execvp(argv[1], argv + 1);
	die(argv[1]);
}
