/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* XDP: its context, and attachment to interfaces. */
#include <net/if.h>
#include <stdio.h>

#include "net.h"

/* linux/if_link.h; not all libcs have it. */
#define XDP_FLAGS_SKB_MODE (1u << 1)
#define XDP_FLAGS_DRV_MODE (1u << 2)
#define XDP_FLAGS_HW_MODE  (1u << 3)
#define XDP_LINK_FLAGS	   (XDP_FLAGS_SKB_MODE | XDP_FLAGS_DRV_MODE | XDP_FLAGS_HW_MODE)

static const uint32_t devmap_only[] = { BPF_XDP_DEVMAP };

#define POINTER(field, field_kind)                                                                 \
	{ #field, offsetof(struct xdp_md, field), 4, field_kind, BPFX_FIELD_READ,                  \
	  offsetof(struct xdp_args, field), sizeof(void *), .type_name = NULL }
#define NUMBER(field)                                                                              \
	{ #field, offsetof(struct xdp_md, field), 4, BPFX_FIELD_SCALAR, BPFX_FIELD_READ,           \
	  offsetof(struct xdp_args, field), 4, .type_name = NULL }

static const struct bpfx_ctx_field xdp_fields[] = {
	POINTER(data, BPFX_FIELD_PACKET),
	POINTER(data_end, BPFX_FIELD_PACKET_END),
	POINTER(data_meta, BPFX_FIELD_PACKET_META),
	NUMBER(ingress_ifindex),
	NUMBER(rx_queue_index),
	{ "egress_ifindex", offsetof(struct xdp_md, egress_ifindex), 4, BPFX_FIELD_SCALAR,
	  BPFX_FIELD_READ, offsetof(struct xdp_args, egress_ifindex), 4,
	  .attach_types = devmap_only, .attach_type_cnt = ARRAY_CNT(devmap_only) },
};

const struct bpfx_ctx_desc xdp_ctx = {
	.size = sizeof(struct xdp_md),
	.real_size = offsetof(struct xdp_args, frags_size),
	.type_name = "xdp_md",
	.kernel_name = "xdp_buff",
	.fields = xdp_fields,
	.field_cnt = ARRAY_CNT(xdp_fields),
	.real_data = offsetof(struct xdp_args, data),
	.real_data_end = offsetof(struct xdp_args, data_end),
	.real_data_meta = offsetof(struct xdp_args, data_meta),
};

/* Loopback has no driver that could run programs by itself; other interfaces are taken to have
 * one, and none offloads. */
static int check_mode(uint32_t ifindex, uint32_t flags)
{
	char name[IF_NAMESIZE];
	bool loopback;

	/* At most one mode. */
	if (flags & ~XDP_LINK_FLAGS || flags & (flags - 1))
		return -EINVAL;
	if (!if_indextoname(ifindex, name))
		return -EINVAL;
	loopback = !strcmp(name, "lo");
	if (flags & XDP_FLAGS_HW_MODE)
		return loopback ? -EOPNOTSUPP : -EINVAL;
	return flags & XDP_FLAGS_DRV_MODE && loopback ? -EOPNOTSUPP : 0;
}

/* Without a wish: native mode, which only loopback does not have. */
static uint32_t xdp_mode(uint32_t ifindex, uint32_t flags)
{
	char name[IF_NAMESIZE];

	if (flags)
		return flags;
	return if_indextoname(ifindex, name) && !strcmp(name, "lo") ? XDP_FLAGS_SKB_MODE
								    : XDP_FLAGS_DRV_MODE;
}

/* One program per interface; the target is the interface's index. */
int xdp_attach(const struct bpfx_host *host, struct bpfx_attach *attach)
{
	uint32_t ifindex = attach->attr->link_create.target_ifindex;
	uint32_t attach_type = host->prog_attach_type(attach->prog);
	uint32_t flags = attach->attr->link_create.flags;
	int err = check_mode(ifindex, flags);

	attach->target = ifindex;
	attach->info[1] = xdp_mode(ifindex, flags);
	attach->other_err = -EEXIST;
	/* That the other mode is in use is seen before the driver is asked. */
	if (err == -EOPNOTSUPP && flags & XDP_FLAGS_DRV_MODE)
		attach->taken_err = -EEXIST;
	if (err)
		return err;
	if (attach_type == BPF_XDP_DEVMAP || attach_type == BPF_XDP_CPUMAP) {
		attach->taken_err = -EBUSY;	/* seen before what the program is for */
		return -EINVAL;
	}
	attach->info[0] = ifindex;
	return 0;
}

void xdp_fill_info(const uint32_t stored[4], uint64_t target, struct bpf_link_info *info)
{
	info->xdp.ifindex = stored[0];
}

int xdp_fdinfo(const uint32_t stored[4], uint64_t target, char *buf, size_t size)
{
	return snprintf(buf, size, "ifindex:\t%u\n", stored[0]);
}
