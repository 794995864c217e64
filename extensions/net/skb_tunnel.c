/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The tunnel that a packet came out of or shall go into, and IPsec. No packet comes out of one here:
 * what programs read is what they wrote in the same run. Measured on Linux 6.18.
 */
#include <arpa/inet.h>

#include "skb_helpers.h"

#define KEY struct bpf_tunnel_key

#define SET_FLAGS (BPF_F_TUNINFO_IPV6 | BPF_F_ZERO_CSUM_TX | BPF_F_DONT_FRAGMENT |                 \
		   BPF_F_SEQ_NUMBER | BPF_F_NO_TUNNEL_KEY)
#define GET_FLAGS (BPF_F_TUNINFO_IPV6 | BPF_F_TUNINFO_FLAGS)

/* tunnel_flags, in host byte order. */
#define HAS_CSUM      0x0001u
#define HAS_KEY	      0x0004u
#define HAS_SEQ	      0x0008u
#define DONT_FRAGMENT 0x0100u
#define NO_CACHE      0x2000u
#define HAS_OPTIONS   0xd800u	/* of Geneve, VXLAN, ERSPAN, GTP: nobody says whose */

#define LABEL_MASK    0xfffffu

/* Sizes that the struct has had. */
static bool is_old_size(uint32_t size)
{
	return size == offsetof(KEY, local_ipv6) || size == offsetof(KEY, tunnel_label) ||
	       size == offsetof(KEY, tunnel_ext) || size == offsetof(KEY, remote_ipv6[1]);
}

static bool is_key_size(uint32_t size)
{
	return size == sizeof(KEY) || is_old_size(size);
}

/* ---- keys ---- */

/* What was the far end for who sends is the near one for who reads. */
static void turn_key(const struct skb_tunnel *tunnel, KEY *out)
{
	bool v6 = tunnel->flags & BPF_F_TUNINFO_IPV6;
	uint32_t size = v6 ? 16 : 4;

	memset(out, 0, sizeof(*out));
	out->tunnel_id = tunnel->key.tunnel_id;
	out->tunnel_tos = tunnel->key.tunnel_tos;
	out->tunnel_ttl = tunnel->key.tunnel_ttl;
	memcpy(out->remote_ipv6, tunnel->key.local_ipv6, size);
	memcpy(out->local_ipv6, tunnel->key.remote_ipv6, size);
	if (v6)
		out->tunnel_label = tunnel->key.tunnel_label & LABEL_MASK;
}

static uint16_t told_flags(const struct skb_tunnel *tunnel)
{
	uint16_t flags = HAS_CSUM | HAS_KEY | NO_CACHE;

	if (tunnel->flags & BPF_F_ZERO_CSUM_TX)
		flags &= ~HAS_CSUM;
	if (tunnel->flags & BPF_F_NO_TUNNEL_KEY)
		flags &= ~HAS_KEY;
	if (tunnel->flags & BPF_F_SEQ_NUMBER)
		flags |= HAS_SEQ;
	if (tunnel->flags & BPF_F_DONT_FRAGMENT)
		flags |= DONT_FRAGMENT;
	return tunnel->has_options ? flags | HAS_OPTIONS : flags;
}

static int check_get(const struct skb_tunnel *tunnel, uint32_t size, uint64_t flags)
{
	if (!tunnel->set || flags & ~(uint64_t)GET_FLAGS)
		return -EINVAL;
	if ((tunnel->flags ^ flags) & BPF_F_TUNINFO_IPV6)
		return -EPROTO;
	if (size == offsetof(KEY, remote_ipv6[1]) && flags & BPF_F_TUNINFO_IPV6)
		return -EINVAL;
	return is_key_size(size) ? 0 : -EINVAL;
}

SKB_HELPER(help_skb_get_tunnel_key)
{
	const struct skb_tunnel *tunnel = &skb_of(r1)->tunnel;
	void *out = (void *)(uintptr_t)r2;
	int64_t err = check_get(tunnel, r3, r4);
	KEY key;

	memset(out, 0, (uint32_t)r3);
	if (err)
		return err;
	turn_key(tunnel, &key);
	if (r4 & BPF_F_TUNINFO_FLAGS)
		key.tunnel_flags = htons(told_flags(tunnel));
	memcpy(out, &key, (uint32_t)r3);
	return 0;
}

SKB_HELPER(help_skb_set_tunnel_key)
{
	struct skb_tunnel *tunnel = &skb_of(r1)->tunnel;
	KEY key = { 0 };

	if (r4 & ~(uint64_t)SET_FLAGS || !is_key_size(r3))
		return -EINVAL;
	memcpy(&key, (void *)(uintptr_t)r2, (uint32_t)r3);
	if ((!(r4 & BPF_F_TUNINFO_IPV6) && key.tunnel_label) || key.tunnel_ext)
		return -EINVAL;
	tunnel->set = true;
	tunnel->has_options = false;
	tunnel->flags = r4;
	tunnel->key = key;
	return 0;
}

/* ---- options ---- */

SKB_HELPER(help_skb_get_tunnel_opt)
{
	const struct skb_tunnel *tunnel = &skb_of(r1)->tunnel;
	void *out = (void *)(uintptr_t)r2;

	memset(out, 0, (uint32_t)r3);
	if (!tunnel->set || !tunnel->has_options)
		return -ENOENT;
	if ((uint32_t)r3 < tunnel->options_size)
		return -ENOMEM;
	memcpy(out, tunnel->options, tunnel->options_size);
	return tunnel->options_size;
}

SKB_HELPER(help_skb_set_tunnel_opt)
{
	struct skb_tunnel *tunnel = &skb_of(r1)->tunnel;
	uint32_t size = r3;

	if (!tunnel->set || size % 4)
		return -EINVAL;
	if (size > sizeof(tunnel->options))
		return -ENOMEM;
	memcpy(tunnel->options, (void *)(uintptr_t)r2, size);
	tunnel->options_size = size;
	tunnel->has_options = true;
	return 0;
}

/* ---- IPsec: nothing was decrypted ---- */

SKB_HELPER(help_skb_get_xfrm_state)
{
	memset((void *)(uintptr_t)r3, 0, (uint32_t)r4);
	return -EINVAL;
}
