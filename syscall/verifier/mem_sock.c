/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Sockets behind a pointer: which bytes may be read, measured on Linux 6.18 by one load per kind,
 * offset and size. They lie in memory as programs see them; what belongs to TCP stands behind the
 * rest, so that all pointers to a socket are the same.
 */
#include <stddef.h>
#include "env.h"

enum {
	WHOLE,		/* only all of it */
	LOW = 1,	/* smaller ones at its start, too */
	PARTS = 2,	/* smaller ones anywhere in it */
	FULL = 4,	/* a flag: full sockets only */
};

struct sock_field {
	uint8_t off, size, how;
};

#define SOCK(field, at, field_size, field_how)                                                     \
	{ offsetof(struct bpf_sock, field) + (at), field_size, field_how }
#define SOCK_IP6(field)                                                                            \
	SOCK(field, 0, 4, PARTS), SOCK(field, 4, 4, PARTS),                                        \
	SOCK(field, 8, 4, PARTS), SOCK(field, 12, 4, PARTS)

static const struct sock_field sock_fields[] = {
	SOCK(bound_dev_if, 0, 4, WHOLE),
	SOCK(family, 0, 4, LOW),
	SOCK(type, 0, 4, LOW | FULL),
	SOCK(protocol, 0, 4, LOW | FULL),
	SOCK(mark, 0, 4, WHOLE | FULL),
	SOCK(priority, 0, 4, WHOLE | FULL),
	SOCK(src_ip4, 0, 4, PARTS),
	SOCK_IP6(src_ip6),
	SOCK(src_port, 0, 4, LOW),
	SOCK(dst_port, 0, 2, PARTS),
	SOCK(dst_port, 0, 4, WHOLE),	/* as it was once: with zeros behind it */
	SOCK(dst_ip4, 0, 4, PARTS),
	SOCK_IP6(dst_ip6),
	SOCK(state, 0, 4, LOW),
	SOCK(rx_queue_mapping, 0, 4, LOW),
};

static bool fits(const struct sock_field *field, int32_t off, int size)
{
	if (off == field->off && size == field->size)
		return true;
	if (size > field->size || off < field->off || off + size > field->off + field->size)
		return false;
	return field->how & PARTS || (field->how & LOW && off == field->off);
}

static bool sock_may_read(int32_t off, int size, bool full)
{
	if (off < 0 || off % size)
		return false;
	for (uint32_t i = 0; i < ARRAY_SIZE(sock_fields); i++)
		if (fits(&sock_fields[i], off, size) && (full || !(sock_fields[i].how & FULL)))
			return true;
	return false;
}

/* Each field whole: 8 bytes for the two that count them, 4 for all others. */
static bool tcp_sock_may_read(int32_t off, int size)
{
	int want = off == offsetof(struct bpf_tcp_sock, bytes_received) ||
		   off == offsetof(struct bpf_tcp_sock, bytes_acked) ? 8 : 4;

	return off >= 0 && off % size == 0 && size == want &&
	       (size_t)off < sizeof(struct bpf_tcp_sock) &&
	       off != offsetof(struct bpf_tcp_sock, bytes_received) + 4 &&
	       off != offsetof(struct bpf_tcp_sock, bytes_acked) + 4;
}

static const struct bpfx_ctx_field tcp_area = {
	.name = "tcp_sock", .size = sizeof(struct bpf_tcp_sock), .kind = BPFX_FIELD_SCALAR,
	.real_offset = BPFX_TCP_SOCK_OFFSET, .real_size = sizeof(struct bpf_tcp_sock),
};

static bool may_read(uint32_t type, int32_t off, int size)
{
	switch (type) {
	case REG_SOCKET:
		return sock_may_read(off, size, true);
	case REG_SOCK_COMMON:
		return sock_may_read(off, size, false);
	case REG_TCP_SOCK:
		return tcp_sock_may_read(off, size);
	default:
		return false;
	}
}

int access_sock(struct verifier_env *env, const struct mem_access *m, int32_t off)
{
	struct reg *regs = cur_regs(env);
	uint32_t type = regs[m->regno].type;

	if (m->access == ACCESS_WRITE) {
		vlog(env, "R%d cannot write into %s\n", m->regno, reg_type_name(env, type));
		return -EACCES;
	}
	if (!may_read(type, off, m->size)) {
		vlog(env, "R%d invalid %s access off=%d size=%d\n", m->regno,
		     reg_type_name(env, type), off, m->size);
		return -EACCES;
	}
	if (type == REG_TCP_SOCK)
		env->aux[env->insn_idx].field = &tcp_area;
	if (m->value_regno >= 0)
		env_set_unknown(env, &regs[m->value_regno]);
	return 0;
}
