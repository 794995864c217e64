/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * SYN cookies: sequence numbers that tell who asked for a connection, so that nothing has to be
 * remembered. Cookies are good for two minutes at most, on this machine until it boots.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "skb_helpers.h"

#define MSS_BITS	 0xffffffu
#define MINUTE_SHIFT	 24
#define MINUTES_MAX	 2u
#define MSS_DEFAULT	 536u
#define MSS_DEFAULT6	 1220u	/* least MTU without headers */
#define OPTION_MSS	 2
#define OPTION_MSS_SIZE  4
#define MSS_CNT		 4

static const uint16_t sizes4[MSS_CNT] = { 536, 1300, 1440, 1460 };
static const uint16_t sizes6[MSS_CNT] = { 1220, 1420, 1440, 8940 };

/* ---- SipHash-2-4, keyed by what is different at each boot ---- */

static uint64_t secret[2];
static pthread_once_t secret_once = PTHREAD_ONCE_INIT;

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void read_secret(void)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	char text[37] = "";
	int digits = 0;

	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	for (const char *at = text; *at && digits < 32; at++)
		if (hex_digit(*at) >= 0) {
			secret[digits / 16] = secret[digits / 16] << 4 | hex_digit(*at);
			digits++;
		}
}

static uint64_t rotate(uint64_t value, int by)
{
	return value << by | value >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static uint64_t sip_hash(const uint64_t *words, uint32_t cnt)
{
	uint64_t v[4] = {
		secret[0] ^ 0x736f6d6570736575, secret[1] ^ 0x646f72616e646f6d,
		secret[0] ^ 0x6c7967656e657261, secret[1] ^ 0x7465646279746573,
	};
	uint64_t word;

	for (uint32_t i = 0; i <= cnt; i++) {
		word = i < cnt ? words[i] : (uint64_t)cnt * 8 << 56;
		v[3] ^= word;
		sip_round(v);
		sip_round(v);
		v[0] ^= word;
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- cookies ---- */

/* Who asks whom: two addresses and two ports. */
struct flow {
	uint64_t words[5];
	uint32_t sequence;
};

static struct flow flow_of(const void *addresses, uint32_t size, const struct tcphdr *tcp)
{
	struct flow flow = { 0 };

	memcpy(flow.words, addresses, size);
	flow.words[4] = (uint64_t)tcp->source << 16 | tcp->dest;
	flow.sequence = ntohl(tcp->seq);
	return flow;
}

static uint32_t hash_flow(const struct flow *flow, uint32_t minute, uint32_t which)
{
	uint64_t words[6];

	pthread_once(&secret_once, read_secret);
	memcpy(words, flow->words, sizeof(flow->words));
	words[5] = (uint64_t)minute << 32 | which;
	return sip_hash(words, ARRAY_CNT(words));
}

static uint32_t this_minute(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec / 60;
}

static uint32_t make_cookie(const struct flow *flow, uint32_t size_index)
{
	uint32_t minute = this_minute();

	return hash_flow(flow, 0, 0) + flow->sequence + (minute << MINUTE_SHIFT) +
	       ((hash_flow(flow, minute, 1) + size_index) & MSS_BITS);
}

/* @flow: of the answer, whose sequence number is one further. */
static bool is_good_cookie(const struct flow *flow, uint32_t cookie)
{
	uint32_t minute = this_minute(), age;

	cookie -= hash_flow(flow, 0, 0) + flow->sequence - 1;
	age = (minute - (cookie >> MINUTE_SHIFT)) & (UINT32_MAX >> MINUTE_SHIFT);
	return age < MINUTES_MAX &&
	       ((cookie - hash_flow(flow, minute - age, 1)) & MSS_BITS) < MSS_CNT;
}

/* What the options, up to @end, say of segments: the last that says something; 0: nobody. */
static uint32_t told_size(const unsigned char *at, const unsigned char *end)
{
	uint32_t told = 0;

	while (at < end && *at) {
		if (*at == 1) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2 || at[1] > end - at)
			break;
		if (at[0] == OPTION_MSS && at[1] == OPTION_MSS_SIZE && (at[2] || at[3]))
			told = at[2] << 8 | at[3];
		at += at[1];
	}
	return told;
}

/* The cookie, and above it the segments' size that it stands for. */
static int64_t cookie_and_size(const struct flow *flow, const struct tcphdr *tcp,
			       uint32_t header_size, const uint16_t *sizes, uint32_t size)
{
	uint32_t told = told_size((const void *)(tcp + 1), (const unsigned char *)tcp + header_size);
	uint32_t index = MSS_CNT - 1;

	size = told ? told : size;
	while (index && size < sizes[index])
		index--;
	return (int64_t)sizes[index] << 32 | make_cookie(flow, index);
}

static bool is_tcp_header(const struct tcphdr *tcp, uint32_t size)
{
	return size >= sizeof(*tcp) && size == tcp->doff * 4u;
}

SKB_HELPER(help_raw_gen_syncookie4)
{
	const struct iphdr *ip = (void *)(uintptr_t)r1;
	const struct tcphdr *tcp = (void *)(uintptr_t)r2;
	struct flow flow;

	if (!is_tcp_header(tcp, r3))
		return -EINVAL;
	flow = flow_of(&ip->saddr, 8, tcp);
	return cookie_and_size(&flow, tcp, r3, sizes4, MSS_DEFAULT);
}

SKB_HELPER(help_raw_gen_syncookie6)
{
	const struct ip6_hdr *ip = (void *)(uintptr_t)r1;
	const struct tcphdr *tcp = (void *)(uintptr_t)r2;
	struct flow flow;

	if (!is_tcp_header(tcp, r3))
		return -EINVAL;
	flow = flow_of(&ip->ip6_src, 32, tcp);
	return cookie_and_size(&flow, tcp, r3, sizes6, MSS_DEFAULT6);
}

static int64_t check_cookie(const void *addresses, uint32_t size, const struct tcphdr *tcp)
{
	struct flow flow = flow_of(addresses, size, tcp);

	return is_good_cookie(&flow, ntohl(tcp->ack_seq) - 1) ? 0 : -EACCES;
}

SKB_HELPER(help_raw_check_syncookie4)
{
	const struct iphdr *ip = (void *)(uintptr_t)r1;

	return check_cookie(&ip->saddr, 8, (void *)(uintptr_t)r2);
}

SKB_HELPER(help_raw_check_syncookie6)
{
	const struct ip6_hdr *ip = (void *)(uintptr_t)r1;

	return check_cookie(&ip->ip6_src, 32, (void *)(uintptr_t)r2);
}

/* ---- for a listener: none here ever had more connections than it can remember ---- */

static bool is_listener(uint64_t sk, uint32_t tcp_size)
{
	const struct net_sock *sock = net_sock_of((void *)(uintptr_t)sk);

	return sk && tcp_size >= sizeof(struct tcphdr) && sock->common.protocol == IPPROTO_TCP &&
	       sock->common.state == BPF_TCP_LISTEN;
}

SKB_HELPER(help_tcp_check_syncookie)
{
	const struct tcphdr *tcp = (void *)(uintptr_t)r4;

	if (!is_listener(r1, r5))
		return -EINVAL;
	if (!tcp->ack || tcp->rst || tcp->syn)
		return -ENOENT;
	return (uint32_t)r3 < sizeof(struct iphdr) ? -EINVAL : -ENOENT;
}

SKB_HELPER(help_tcp_gen_syncookie)
{
	const struct net_sock *sock = net_sock_of((void *)(uintptr_t)r1);
	const struct tcphdr *tcp = (void *)(uintptr_t)r4;
	const struct iphdr *ip = (void *)(uintptr_t)r2;

	if (!is_listener(r1, r5) || (uint32_t)r5 != tcp->doff * 4u)
		return -EINVAL;
	if (!tcp->syn || tcp->ack || tcp->fin || tcp->rst || (uint32_t)r3 < sizeof(*ip))
		return -EINVAL;
	if (ip->version == 4)
		return -ENOENT;
	if (ip->version != 6)
		return -EPROTONOSUPPORT;
	return (uint32_t)r3 < sizeof(struct ip6_hdr) || sock->common.family != AF_INET6
		? -EINVAL : -ENOENT;
}
