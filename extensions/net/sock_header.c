/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Options of TCP headers: found in a packet, written into one that goes out, room reserved for
 * them before. Each is for certain operations only; errno as measured on Linux 6.18.
 */
#include <netinet/tcp.h>

#include "sock.h"

#define HEADER_MIN   20u
#define EXPERIMENTAL_1 253	/* RFC 6994: a magic number of 2 or 4 bytes follows */
#define EXPERIMENTAL_2 254
#define OPTION_MIN   2u

/* An option: kind, length, and what experimental ones begin with. */
struct option_name {
	uint8_t kind;
	uint8_t magic_size;
	const uint8_t *magic;
};

static bool is_experimental(uint8_t kind)
{
	return kind == EXPERIMENTAL_1 || kind == EXPERIMENTAL_2;
}

static bool is_named(const uint8_t *option, uint8_t size, const struct option_name *name)
{
	return option[0] == name->kind && size >= OPTION_MIN + name->magic_size &&
	       !memcmp(option + OPTION_MIN, name->magic, name->magic_size);
}

/* The option in @size bytes; NULL: not there. */
static const uint8_t *find(const uint8_t *at, uint32_t size, const struct option_name *name)
{
	const uint8_t *end = at + size;

	while (at < end && *at != TCPOPT_EOL) {
		if (*at == TCPOPT_NOP) {
			at++;
			continue;
		}
		if (end - at < (ptrdiff_t)OPTION_MIN || at[1] < OPTION_MIN || at[1] > end - at)
			return NULL;
		if (is_named(at, at[1], name))
			return at;
		at += at[1];
	}
	return NULL;
}

/* ---- load ---- */

/* A program asks by kind, for experimental options with the length of the whole name. */
static int read_search(const uint8_t *search, uint32_t given, struct option_name *name)
{
	uint8_t size = search[1];

	*name = (struct option_name){ .kind = search[0], .magic = search + OPTION_MIN };
	if (name->kind == TCPOPT_NOP || name->kind == TCPOPT_EOL)
		return -EINVAL;
	if (is_experimental(name->kind)) {
		if ((size != 4 && size != 6) || size > given)
			return -EINVAL;
		name->magic_size = size - OPTION_MIN;
		return 0;
	}
	return size ? -EINVAL : 0;
}

int sock_load_option(const struct sock_ops_args *ops, void *search, uint32_t size, uint64_t flags)
{
	const struct sock_ops_packet *packet = &ops->packet;
	struct option_name name;
	const uint8_t *option;
	uint32_t copy;
	int err;

	if (size < OPTION_MIN || flags & ~(uint64_t)BPF_LOAD_HDR_OPT_TCP_SYN)
		return -EINVAL;
	err = read_search(search, size, &name);
	if (err)
		return err;
	if (flags)
		return -ENOENT;		/* nobody kept the SYN */
	if (!packet->data || ops->uapi.op == BPF_SOCK_OPS_HDR_OPT_LEN_CB)
		return -EPERM;
	option = find(packet->data + HEADER_MIN, packet->size - HEADER_MIN, &name);
	if (!option)
		return -ENOMSG;
	copy = MIN(option[1], size);
	memmove(search, option, copy);
	return copy < option[1] ? -ENOSPC : (int)copy;
}

/* ---- store ---- */

static int check_option(const uint8_t *option, uint32_t size, struct option_name *name)
{
	*name = (struct option_name){ .kind = option[0], .magic = option + OPTION_MIN };
	/* A length below 2 is a mistake that Linux does not see, either. */
	if (option[1] > size || name->kind == TCPOPT_NOP || name->kind == TCPOPT_EOL)
		return -EINVAL;
	if (is_experimental(name->kind)) {
		if (option[1] < 4)
			return -EINVAL;
		name->magic_size = option[1] == 4 || option[1] == 5 ? 2 : 4;
	}
	return 0;
}

/* Options are written once: also what Linux itself has put into the header counts. */
int sock_store_option(struct sock_ops_args *ops, const void *option, uint32_t size, uint64_t flags)
{
	struct sock_ops_packet *packet = &ops->packet;
	const uint8_t *bytes = option;
	struct option_name name;
	int err;

	if (ops->uapi.op != BPF_SOCK_OPS_WRITE_HDR_OPT_CB)
		return -EPERM;
	if (size < OPTION_MIN || flags)
		return -EINVAL;
	err = check_option(bytes, size, &name);
	if (err)
		return err;
	if (bytes[1] > packet->room_size - packet->used)
		return -ENOSPC;
	if ((packet->data &&
	     find(packet->data + HEADER_MIN, packet->size - HEADER_MIN, &name)) ||
	    find(packet->room, packet->used, &name))
		return -EEXIST;
	if (bytes[1])
		memcpy(packet->room + packet->used, bytes, bytes[1]);
	packet->used += bytes[1];
	return 0;
}

int sock_reserve_option(struct sock_ops_args *ops, uint32_t size, uint64_t flags)
{
	struct sock_ops_packet *packet = &ops->packet;

	if (ops->uapi.op != BPF_SOCK_OPS_HDR_OPT_LEN_CB)
		return -EPERM;
	if (flags || size < OPTION_MIN)
		return -EINVAL;
	if (size > packet->room_size - packet->reserved)
		return -ENOSPC;
	packet->reserved += size;
	return 0;
}
