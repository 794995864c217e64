/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Packets to fire. Of capture files the classic format is read (pcap-savefile(5)): a file header of
 * 24 bytes, and per packet 16 bytes in front of it, in either byte order.
 */
#include <byteswap.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "packets.h"
#include "tool.h"

#define MAGIC_US	0xa1b2c3d4u
#define MAGIC_NS	0xa1b23c4du
#define MAGIC_PCAPNG	0x0a0d0d0au
#define LINK_ETHERNET	1u
#define HEAD		16u	/* in front of each packet */
#define FILE_MAX	(1l << 30)

void packets_free(struct packets *packets)
{
	free(packets->bytes);
	free(packets->at);
	memset(packets, 0, sizeof(*packets));
}

static int add(struct packets *out, uint32_t offset, uint32_t size)
{
	void *grown = realloc(out->at, (out->cnt + 1) * sizeof(*out->at));

	if (!grown)
		return complain("cannot read", "packets", ENOMEM);
	out->at = grown;
	out->at[out->cnt].offset = offset;
	out->at[out->cnt++].size = size;
	return 0;
}

/* ---- hexadecimal digits; blanks and colons between bytes are fine ---- */

int packets_from_hex(const char *text, struct packets *out)
{
	char pair[3] = "";
	uint32_t size = 0;

	out->bytes = calloc(1, strlen(text) / 2 + 1);
	if (!out->bytes)
		return complain("cannot read", "--hex", ENOMEM);
	while (*text) {
		if (isspace((unsigned char)*text) || *text == ':') {
			text++;
			continue;
		}
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]))
			return complain("no byte in --hex at", text, EINVAL);
		memcpy(pair, text, 2);
		out->bytes[size++] = strtoul(pair, NULL, 16);
		text += 2;
	}
	return add(out, 0, size);
}

/* ---- pcap ---- */

static int read_all(const char *path, struct packets *out, uint32_t *size)
{
	FILE *file = fopen(path, "rbe");
	struct stat st;

	if (!file)
		return complain("cannot open", path, errno);
	if (fstat(fileno(file), &st) || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
		fclose(file);
		return complain("not a file of at most 1 GiB:", path, EINVAL);
	}
	out->bytes = malloc(st.st_size + 1);
	*size = out->bytes ? fread(out->bytes, 1, st.st_size, file) : 0;
	fclose(file);
	return out->bytes ? 0 : complain("cannot read", path, ENOMEM);
}

static uint32_t word_at(const struct packets *file, uint32_t offset, bool swapped)
{
	uint32_t word;

	memcpy(&word, file->bytes + offset, sizeof(word));
	return swapped ? bswap_32(word) : word;
}

static int check_head(const struct packets *file, uint32_t size, const char *path, bool *swapped)
{
	uint32_t magic = size >= 24 ? word_at(file, 0, false) : 0;

	*swapped = magic == bswap_32(MAGIC_US) || magic == bswap_32(MAGIC_NS);
	if (magic == MAGIC_PCAPNG) {
		fprintf(stderr, "bpf-shim: '%s' is a pcapng file; convert it: editcap -F pcap '%s' "
			"OUT.pcap\n", path, path);
		return FAILED;
	}
	if (!*swapped && magic != MAGIC_US && magic != MAGIC_NS)
		return complain("not a pcap file:", path, EINVAL);
	if (word_at(file, 20, *swapped) != LINK_ETHERNET)
		return complain("its packets are not Ethernet frames:", path, EINVAL);
	return 0;
}

int packets_from_pcap(const char *path, struct packets *out)
{
	uint32_t size = 0, at = 24;
	bool swapped;
	int err = read_all(path, out, &size);

	err = err ? err : check_head(out, size, path, &swapped);
	while (!err && at < size) {
		uint32_t captured = 0;
		bool whole = size - at >= HEAD;

		if (whole)
			captured = word_at(out, at + 8, swapped);
		if (!whole || captured > size - at - HEAD)
			return complain("it ends within a packet:", path, EINVAL);
		err = add(out, at + HEAD, captured);
		at += HEAD + captured;
	}
	return err || out->cnt ? err : complain("it has no packets:", path, EINVAL);
}
