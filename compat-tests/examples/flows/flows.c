/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * flows CAPTURE [--hold [INTERFACE]]: count the packets of a capture file (pcap) by protocol and
 * flow, with an XDP program. Uses libbpf's API and nothing else; runs on any libbpf. With --hold it
 * stays until its standard input ends, attached to INTERFACE if one is named.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>
#include <bpf/bpf.h>

#include "flows.h"
#include "flows.skel.h"

#define PCAP_MAGIC 0xa1b2c3d4u
#define SNAP_MAX   65536

struct pcap_head {
	unsigned int magic;
	unsigned short major, minor;
	int zone;
	unsigned int sigfigs, snaplen, network;
};

struct pcap_record {
	unsigned int seconds, micros, captured, length;
};

static int new_flows;

static int on_new_flow(void *ctx, void *data, size_t size)
{
	(void)ctx;
	(void)data;
	if (size >= sizeof(struct new_flow))
		new_flows++;
	return 0;
}

/* One packet through the program; short ones are padded as Ethernet does. */
static int run_packet(int prog, unsigned char *packet, unsigned int length)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = length);

	if (length < 14) {
		memset(packet + length, 0, 14 - length);
		opts.data_size_in = 14;
	}
	return bpf_prog_test_run_opts(prog, &opts);
}

static int run_capture(FILE *file, const char *name, int prog, struct ring_buffer *ring)
{
	static unsigned char packet[SNAP_MAX];
	struct pcap_record record;
	struct pcap_head head;
	int packets = 0, err;

	if (fread(&head, sizeof(head), 1, file) != 1 || head.magic != PCAP_MAGIC ||
	    head.network != 1) {
		fprintf(stderr, "flows: %s: not a little-endian Ethernet capture (pcap)\n", name);
		return -EINVAL;
	}
	while (fread(&record, sizeof(record), 1, file) == 1) {
		if (record.captured > SNAP_MAX ||
		    fread(packet, 1, record.captured, file) != record.captured) {
			fprintf(stderr, "flows: %s: packet %d is cut off\n", name, packets + 1);
			return -EINVAL;
		}
		err = run_packet(prog, packet, record.captured);
		if (err) {
			fprintf(stderr, "flows: packet %d: %s\n", packets + 1, strerror(-err));
			return err;
		}
		packets++;
		err = ring_buffer__poll(ring, 0);
		if (err < 0)
			return err;
	}
	return packets;
}

/* ---- tables ---- */

static void print_protocols(int map)
{
	int cpus = libbpf_num_possible_cpus();
	unsigned long long *values = cpus > 0 ? calloc(cpus, sizeof(*values)) : NULL;
	static const struct {
		unsigned int number;
		const char *name;
	} known[] = { { 1, "icmp" }, { 6, "tcp" }, { 17, "udp" }, { 58, "icmpv6" } };

	if (!values)
		fprintf(stderr, "flows: the number of CPUs is not known: %s\n", strerror(-cpus));
	printf("%-10s %10s\n", "protocol", "packets");
	for (size_t i = 0; values && i < sizeof(known) / sizeof(known[0]); i++) {
		unsigned long long sum = 0;

		if (bpf_map_lookup_elem(map, &known[i].number, values))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++)
			sum += values[cpu];
		if (sum)
			printf("%-10s %10llu\n", known[i].name, sum);
	}
	free(values);
}

struct row {
	struct flow_key key;
	struct flow_stats stats;
};

static int by_packets(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->stats.packets != y->stats.packets)
		return x->stats.packets < y->stats.packets ? 1 : -1;
	return memcmp(&x->key, &y->key, sizeof(x->key));
}

static void print_flow(const struct row *row)
{
	int family = row->key.ip_version == 4 ? AF_INET : AF_INET6;
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];

	inet_ntop(family, row->key.source, from, sizeof(from));
	inet_ntop(family, row->key.destination, to, sizeof(to));
	printf("%5u %-24s %5u  %-24s %5u %8llu %10llu\n", row->key.protocol, from,
	       row->key.source_port, to, row->key.destination_port, row->stats.packets,
	       row->stats.bytes);
}

static int print_flows(int map)
{
	struct flow_key *previous = NULL, key;
	struct row *rows = NULL;
	size_t cnt = 0;

	while (!bpf_map_get_next_key(map, previous, &key)) {
		struct row *grown = realloc(rows, (cnt + 1) * sizeof(*rows));

		if (!grown)
			break;
		rows = grown;
		rows[cnt].key = key;
		if (!bpf_map_lookup_elem(map, &key, &rows[cnt].stats))
			cnt++;
		previous = &key;
	}
	if (cnt)
		qsort(rows, cnt, sizeof(*rows), by_packets);
	printf("\n%5s %-24s %5s  %-24s %5s %8s %10s\n", "proto", "from", "port", "to", "port",
	       "packets", "bytes");
	for (size_t i = 0; i < cnt; i++)
		print_flow(&rows[i]);
	free(rows);
	return cnt;
}

/* Stay, so that tools can look. */
static int hold(struct bpf_program *prog, const char *interface)
{
	struct bpf_link *link = NULL;

	if (interface) {
		link = bpf_program__attach_xdp(prog, if_nametoindex(interface));
		if (!link) {
			fprintf(stderr, "flows: cannot attach to %s: %s\n", interface,
				strerror(errno));
			return 1;
		}
	}
	fflush(stdout);
	while (getchar() != EOF)
		;
	bpf_link__destroy(link);
	return 0;
}

int main(int argc, char **argv)
{
	struct ring_buffer *ring = NULL;
	struct flows_bpf *skel;
	FILE *file;
	int packets, err = 1;

	if (argc < 2 || argc > 4 || (argc > 2 && strcmp(argv[2], "--hold"))) {
		fputs("usage: flows CAPTURE [--hold [INTERFACE]]\n", stderr);
		return 2;
	}
	file = fopen(argv[1], "rb");
	if (!file) {
		perror(argv[1]);
		return 1;
	}
	skel = flows_bpf__open();
	if (!skel)
		goto close_file;
	skel->rodata->shortest_packet = 14;
	if (flows_bpf__load(skel))
		goto destroy;
	ring = ring_buffer__new(bpf_map__fd(skel->maps.events), on_new_flow, NULL, NULL);
	if (!ring)
		goto destroy;
	packets = run_capture(file, argv[1], bpf_program__fd(skel->progs.count_packet), ring);
	if (packets < 0)
		goto destroy;
	print_protocols(bpf_map__fd(skel->maps.protocols));
	print_flows(bpf_map__fd(skel->maps.flows));
	printf("\n%d packets, %llu seen, %llu malformed, %d new flows told, %llu lost\n", packets,
	       (unsigned long long)skel->bss->packets_seen,
	       (unsigned long long)skel->bss->packets_malformed, new_flows,
	       (unsigned long long)skel->bss->events_lost);
	err = argc > 2 ? hold(skel->progs.count_packet, argv[3]) : 0;
destroy:
	ring_buffer__free(ring);
	flows_bpf__destroy(skel);
close_file:
	fclose(file);
	return err;
}
