/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * bpf_setsockopt() and bpf_getsockopt() on emulated sockets: the options that Linux 6.18 lets programs
 * touch, values it takes and what it makes of them, measured on real sockets. Limits are the
 * defaults of its sysctls.
 */
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "sock.h"

#define BUFFER_MAX     (2 * 4194304)	/* net.core.wmem_max and rmem_max, with overhead */
#define SNDBUF_MIN     4608
#define RCVBUF_MIN     2304
#define TCP_LOWAT_MAX  (33554432 / 2)	/* half of the largest net.ipv4.tcp_rmem */
#define WINDOW_MIN     (RCVBUF_MIN / 2)
#define TICK_US	       4000		/* timeouts are rounded up to ticks, HZ is 250 */
#define RTO_MIN_TICKS  2
#define RTO_US_MAX     200000
#define TOS_ECN_MASK   3

/* Constants of newer headers than those this is built with. */
#ifndef SO_TXREHASH
#define SO_TXREHASH 74
#endif
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif

struct option {
	int level, name;
	uint32_t at;		/* its int in struct net_sock */
	int min, max;		/* others are -EINVAL */
	int (*set)(struct net_sock *sock, int32_t *field, int value);	/* NULL: as it is */
	bool tcp_only, hidden;	/* hidden: cannot be read */
};

/* ---- what is made of a value ---- */

static int set_bool(struct net_sock *sock, int32_t *field, int value)
{
	*field = !!value;
	return 0;
}

static int set_buffer(int32_t *field, int value, int min)
{
	uint32_t wanted = value;

	if (wanted > BUFFER_MAX / 2)
		wanted = BUFFER_MAX / 2;
	*field = (int)wanted * 2 < min ? min : (int)wanted * 2;
	return 0;
}

static int set_sndbuf(struct net_sock *sock, int32_t *field, int value)
{
	return set_buffer(field, value, SNDBUF_MIN);
}

static int set_rcvbuf(struct net_sock *sock, int32_t *field, int value)
{
	sock->options.rcvbuf_locked = true;
	return set_buffer(field, value, RCVBUF_MIN);
}

/* TCP makes room for what the reader waits for, unless the size was chosen by somebody. */
static int set_rcvlowat(struct net_sock *sock, int32_t *field, int value)
{
	struct sock_options *opt = &sock->options;
	int max = !sock->is_tcp ? INT_MAX : opt->rcvbuf_locked ? opt->rcvbuf / 2 : TCP_LOWAT_MAX;

	if (value < 0 || value > max)
		value = max;
	*field = value ? value : 1;
	if (sock->is_tcp && !opt->rcvbuf_locked && value > opt->rcvbuf / 2) {
		opt->rcvbuf = 2 * value;
		if (opt->window_clamp && value > opt->window_clamp)
			opt->window_clamp = value;
	}
	return 0;
}

/* -1: the default, which is on. */
static int set_txrehash(struct net_sock *sock, int32_t *field, int value)
{
	*field = value == -1 ? 1 : value;
	return 0;
}

static int set_mss(struct net_sock *sock, int32_t *field, int value)
{
	if (value && value < 88)
		return -EINVAL;
	*field = value;
	return 0;
}

static int set_window_clamp(struct net_sock *sock, int32_t *field, int value)
{
	if (!value && sock->common.state != BPF_TCP_CLOSE)
		return -EINVAL;
	*field = value && value < WINDOW_MIN ? WINDOW_MIN : value;
	return 0;
}

static int set_rto_max(struct net_sock *sock, int32_t *field, int value)
{
	*field = (value + 3) / 4 * 4;
	return 0;
}

/* Rounded up to ticks; less than two are too few. */
static int set_ticks(struct net_sock *sock, int32_t *field, int value)
{
	int ticks = (value + TICK_US - 1) / TICK_US;

	if (ticks < RTO_MIN_TICKS)
		return -EINVAL;
	*field = ticks * TICK_US;
	return 0;
}

/* Only before anything was sent. */
static int set_first_window(struct net_sock *sock, int32_t *field, int value)
{
	if (sock->tcp.data_segs_out)
		return -EINVAL;
	*field = value;
	return 0;
}

static int set_window_max(struct net_sock *sock, int32_t *field, int value)
{
	*field = value;
	sock->tcp.snd_ssthresh = value;
	return 0;
}

/* Streams keep their congestion bits to themselves. */
static int keep_ecn(const struct net_sock *sock, int old, int value)
{
	if (sock->common.type != SOCK_STREAM)
		return value & 0xff;
	return (value & 0xff & ~TOS_ECN_MASK) | (old & TOS_ECN_MASK);
}

static int set_tos(struct net_sock *sock, int32_t *field, int value)
{
	static const uint32_t priorities[] = { 0, 2, 6, 4 };	/* TC_PRIO_* of precedence classes */
	int tos = keep_ecn(sock, *field, value);

	if (tos != *field)
		sock->common.priority = priorities[(tos & 0x1e) >> 3];
	*field = tos;
	return 0;
}

static int set_tclass(struct net_sock *sock, int32_t *field, int value)
{
	*field = keep_ecn(sock, *field, value == -1 ? 0 : value);
	return 0;
}

/* ---- integers ---- */

#define COMMON(field) offsetof(struct net_sock, common.field)
#define OPTION(field) offsetof(struct net_sock, options.field)
#define TCP(field)    offsetof(struct net_sock, tcp.field)
#define ANY	      INT_MIN, INT_MAX

static const struct option options[] = {
	{ SOL_SOCKET, SO_REUSEADDR, OPTION(reuseaddr), ANY, set_bool, .tcp_only = false },
	{ SOL_SOCKET, SO_SNDBUF, OPTION(sndbuf), ANY, set_sndbuf, .tcp_only = false },
	{ SOL_SOCKET, SO_RCVBUF, OPTION(rcvbuf), ANY, set_rcvbuf, .tcp_only = false },
	{ SOL_SOCKET, SO_KEEPALIVE, OPTION(keepalive), ANY, set_bool, .tcp_only = false },
	{ SOL_SOCKET, SO_PRIORITY, COMMON(priority), ANY, NULL, .tcp_only = false },
	{ SOL_SOCKET, SO_REUSEPORT, OPTION(reuseport), ANY, set_bool, .tcp_only = false },
	{ SOL_SOCKET, SO_RCVLOWAT, OPTION(rcvlowat), ANY, set_rcvlowat, .tcp_only = false },
	{ SOL_SOCKET, SO_MARK, COMMON(mark), ANY, NULL, .tcp_only = false },
	{ SOL_SOCKET, SO_MAX_PACING_RATE, OPTION(pacing_rate), ANY, NULL, .tcp_only = false },
	{ SOL_SOCKET, SO_BINDTOIFINDEX, COMMON(bound_dev_if), 0, INT_MAX, NULL, .tcp_only = false },
	{ SOL_SOCKET, SO_TXREHASH, OPTION(txrehash), -1, 1, set_txrehash, .tcp_only = true },
	{ SOL_SOCKET, SK_BPF_CB_FLAGS, OPTION(bpf_cb_flags), 0, SK_BPF_CB_MASK, NULL,
	  .tcp_only = false },
	{ IPPROTO_TCP, TCP_NODELAY, OPTION(nodelay), ANY, set_bool, .tcp_only = true },
	{ IPPROTO_TCP, TCP_MAXSEG, OPTION(user_mss), 0, 32767, set_mss, .tcp_only = true },
	{ IPPROTO_TCP, TCP_KEEPIDLE, OPTION(keepidle), 1, 32767, NULL, .tcp_only = true },
	{ IPPROTO_TCP, TCP_KEEPINTVL, OPTION(keepintvl), 1, 32767, NULL, .tcp_only = true },
	{ IPPROTO_TCP, TCP_KEEPCNT, OPTION(keepcnt), 1, 127, NULL, .tcp_only = true },
	{ IPPROTO_TCP, TCP_SYNCNT, OPTION(syncnt), 1, 127, NULL, .tcp_only = true },
	{ IPPROTO_TCP, TCP_WINDOW_CLAMP, OPTION(window_clamp), ANY, set_window_clamp,
	  .tcp_only = true },
	{ IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, OPTION(thin_lto), 0, 1, NULL, .tcp_only = true },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, OPTION(user_timeout), 0, INT_MAX, NULL, .tcp_only = true },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, OPTION(notsent_lowat), ANY, NULL, .tcp_only = true },
	{ IPPROTO_TCP, TCP_SAVE_SYN, OPTION(save_syn), 0, 2, NULL, .tcp_only = true },
	{ IPPROTO_TCP, TCP_RTO_MAX_MS, OPTION(rto_max_ms), 1000, 120000, set_rto_max,
	  .tcp_only = true },
	{ IPPROTO_TCP, TCP_BPF_IW, TCP(snd_cwnd), 1, INT_MAX, set_first_window, .tcp_only = true,
	  .hidden = true },
	{ IPPROTO_TCP, TCP_BPF_SNDCWND_CLAMP, OPTION(snd_cwnd_clamp), 1, INT_MAX, set_window_max,
	  .tcp_only = true, .hidden = true },
	{ IPPROTO_TCP, TCP_BPF_DELACK_MAX, OPTION(delack_max_us), 0, RTO_US_MAX, set_ticks,
	  .tcp_only = true },
	{ IPPROTO_TCP, TCP_BPF_RTO_MIN, OPTION(rto_min_us), 0, RTO_US_MAX, set_ticks,
	  .tcp_only = true },
	{ IPPROTO_TCP, TCP_BPF_SOCK_OPS_CB_FLAGS, offsetof(struct net_sock, cb_flags), 0,
	  BPF_SOCK_OPS_ALL_CB_FLAGS, NULL, .tcp_only = true },
	{ IPPROTO_IP, IP_TOS, OPTION(tos), ANY, set_tos, .tcp_only = false },
	{ IPPROTO_IPV6, IPV6_TCLASS, OPTION(tclass), -1, 255, set_tclass, .tcp_only = false },
	{ IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, OPTION(autoflowlabel), ANY, set_bool,
	  .tcp_only = false },
};

/* 0, or why this socket has no such option. */
static int find_option(const struct net_sock *sock, int level, int name, const struct option **out)
{
	for (uint32_t i = 0; i < ARRAY_CNT(options); i++) {
		const struct option *option = &options[i];

		if (option->level != level || option->name != name)
			continue;
		*out = option;
		if (option->tcp_only && !sock->is_tcp)
			return level == SOL_SOCKET ? -EOPNOTSUPP : -EINVAL;
		if (level == IPPROTO_IPV6 && sock->common.family != AF_INET6)
			return -EINVAL;
		return 0;
	}
	return -EINVAL;
}

static int32_t *field_of(struct net_sock *sock, const struct option *option)
{
	return (int32_t *)((char *)sock + option->at);
}

/* ---- texts ---- */

/* Algorithms that every Linux has. */
static bool is_congestion_control(const char *name)
{
	return !strcmp(name, "reno") || !strcmp(name, "cubic");
}

static int set_congestion(struct net_sock *sock, const char *name, uint32_t size)
{
	char text[SOCK_CONGESTION_NAME] = { 0 };

	if (size < 2)
		return -EINVAL;
	memcpy(text, name, MIN(size, sizeof(text) - 1));
	if (size >= 3 && !strncmp(name, "cdg", 3))
		return -ENOTSUPP;	/* it asks for random numbers where it must not */
	if (!is_congestion_control(text))
		return -ENOENT;
	memcpy(sock->options.congestion, text, sizeof(text));
	return 0;
}

static int get_congestion(const struct net_sock *sock, char *name, uint32_t size)
{
	if (size < 2)
		return -EINVAL;
	memset(name, 0, size);
	strncpy(name, sock->options.congestion, size - 1);
	return 0;
}

static int bind_to_device(struct net_sock *sock, const char *name, uint32_t size)
{
	char text[IF_NAMESIZE] = { 0 };
	uint32_t index = 0;

	memcpy(text, name, MIN(size, sizeof(text) - 1));
	if (text[0]) {
		index = if_nametoindex(text);
		if (!index)
			return -ENODEV;
	}
	sock->common.bound_dev_if = index;
	return 0;
}

/* ---- doors ---- */

int sock_option_set(struct net_sock *sock, int level, int name, const void *value, uint32_t size)
{
	const struct option *option;
	int err, number;

	if (!sock->full)
		return -EINVAL;
	if (level == SOL_SOCKET && name == SO_BINDTODEVICE)
		return bind_to_device(sock, value, size);
	if (level == IPPROTO_TCP && name == TCP_CONGESTION && sock->is_tcp)
		return set_congestion(sock, value, size);
	if (level == IPPROTO_TCP && name == TCP_SAVED_SYN && sock->is_tcp)
		return size < sizeof(int) ? -EINVAL : -ENOPROTOOPT;
	err = find_option(sock, level, name, &option);
	if (err == -EINVAL || size != sizeof(number))
		return -EINVAL;
	if (err)
		return err;
	memcpy(&number, value, sizeof(number));
	if (number < option->min || number > option->max)
		return -EINVAL;
	if (option->set)
		return option->set(sock, field_of(sock, option), number);
	*field_of(sock, option) = number;
	return 0;
}

/* A segment size that nobody chose is the one in use. */
static int32_t value_of(struct net_sock *sock, const struct option *option)
{
	bool idle = sock->common.state == BPF_TCP_CLOSE || sock->common.state == BPF_TCP_LISTEN;

	if (option->level == IPPROTO_TCP && option->name == TCP_MAXSEG &&
	    !(idle && sock->options.user_mss))
		return sock->tcp.mss_cache;
	return *field_of(sock, option);
}

static int get_option(struct net_sock *sock, int level, int name, void *value, uint32_t size)
{
	const struct option *option;
	int32_t number;
	int err;

	if (level == IPPROTO_TCP && name == TCP_CONGESTION && sock->is_tcp)
		return get_congestion(sock, value, size);
	err = find_option(sock, level, name, &option);
	if (err == -EINVAL || size != sizeof(number))
		return -EINVAL;
	if (err || option->hidden)
		return err ? err : -EINVAL;
	number = value_of(sock, option);
	memcpy(value, &number, sizeof(number));
	return 0;
}

/* The program's memory counts as written also where there was nothing to tell. */
int sock_option_get(struct net_sock *sock, int level, int name, void *value, uint32_t size)
{
	int err = sock->full ? get_option(sock, level, name, value, size) : -EINVAL;

	if (err)
		memset(value, 0, size);
	return err;
}
