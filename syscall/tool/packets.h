/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Packets to fire: from hexadecimal digits, from a pcap file. */
#ifndef SYSCALL_TOOL_PACKETS_H
#define SYSCALL_TOOL_PACKETS_H

#include <stdint.h>

struct packets {
	unsigned char *bytes;	/* all of them */
	struct {
		uint32_t offset, size;
	} *at;
	uint32_t cnt;
};

/* Return: 0, or FAILED with the reason on stderr. Free with packets_free() either way. */
int packets_from_hex(const char *text, struct packets *out);
int packets_from_pcap(const char *path, struct packets *out);
void packets_free(struct packets *packets);

#endif
