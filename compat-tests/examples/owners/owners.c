/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * owners CGROUP PORT: deny connections to PORT from below CGROUP, and tell whose the others are, until
 * nobody writes to standard input any more.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include <bpf/bpf.h>

#include "owners.h"
#include "owners.skel.h"

static int print(void *unused, void *data, size_t size)
{
	static const char *const what[] = { "process", "denied", "active", "passive" };
	const struct told *told = data;
	char ip[INET_ADDRSTRLEN];

	(void)unused;
	if (size < sizeof(*told) || told->what > TOLD_PASSIVE)
		return 0;
	if (told->what == TOLD_PROCESS)
		printf("%-8s pid %5u  %s\n", what[told->what], told->pid, told->image);
	else
		printf("%-8s pid %5u  %s:%u\n", what[told->what], told->pid,
		       inet_ntop(AF_INET, &told->remote_ip4, ip, sizeof(ip)), told->remote_port);
	fflush(stdout);
	return 0;
}

static int attach(struct owners_bpf *owners, int cgroup)
{
	owners->links.on_process = bpf_program__attach(owners->progs.on_process);
	if (!owners->links.on_process)
		return -errno;
	owners->links.on_connect = bpf_program__attach_cgroup(owners->progs.on_connect, cgroup);
	if (!owners->links.on_connect)
		return -errno;
	owners->links.on_socket = bpf_program__attach_cgroup(owners->progs.on_socket, cgroup);
	return owners->links.on_socket ? 0 : -errno;
}

static int watch(struct owners_bpf *owners)
{
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(owners->maps.told), print, NULL, NULL);
	struct pollfd input = { .fd = STDIN_FILENO };
	int err = ring ? 0 : -errno;

	puts("watching");
	fflush(stdout);
	while (!err && !poll(&input, 1, 0)) {
		err = ring_buffer__poll(ring, 50);
		err = err < 0 && err != -EINTR ? err : 0;
	}
	if (!err)
		ring_buffer__consume(ring);
	ring_buffer__free(ring);
	return err;
}

int main(int argc, char **argv)
{
	unsigned int port = argc == 3 ? atoi(argv[2]) : 0, one = 1;
	struct owners_bpf *owners;
	int cgroup, err;

	if (!port) {
		fputs("usage: owners CGROUP PORT\n", stderr);
		return 2;
	}
	cgroup = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup < 0) {
		fprintf(stderr, "owners: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	owners = owners_bpf__open_and_load();
	if (!owners)
		return 1;
	err = bpf_map__update_elem(owners->maps.denied_ports, &port, sizeof(port), &one, sizeof(one),
				   BPF_ANY);
	err = err ? err : attach(owners, cgroup);
	err = err ? err : watch(owners);
	if (err)
		fprintf(stderr, "owners: %s\n", strerror(-err));
	owners_bpf__destroy(owners);
	close(cgroup);
	return err ? 1 : 0;
}
