/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * BPF_PROG_TEST_RUN of XDP as Linux 6.18 does it. Without a context the packet's first
 * XDP_LINEAR bytes are linear; with one, data is the length of metadata in front of the packet and
 * data_end that of the linear part, metadata included. The rest is in fragments.
 */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <bpfx/net.h>

#include "net.h"

#define META_MAX       (XDP_HEADROOM - XDP_FRAME)
#define LIVE_BATCH_MAX 256u
#define LIVE_HEAD      112u	/* what Linux keeps in front of a live frame's headroom */

struct xdp_run {
	struct bpfx_ctx_header header;
	struct xdp_args args;
};

static bool is_live(const struct bpfx_test_run *run)
{
	return run->attr->test.flags & BPF_F_TEST_XDP_LIVE_FRAMES;
}

static int check_attr(const struct bpfx_host *host, const struct bpfx_test_run *run)
{
	uint32_t attach_type = host->prog_attach_type(run->prog);

	if (attach_type == BPF_XDP_DEVMAP || attach_type == BPF_XDP_CPUMAP)
		return -EINVAL;
	if (run->attr->test.flags & ~BPF_F_TEST_XDP_LIVE_FRAMES)
		return -EINVAL;
	if (is_live(run))
		return run->attr->test.batch_size > LIVE_BATCH_MAX ? -E2BIG : 0;
	return run->attr->test.batch_size ? -EINVAL : 0;
}

/* What becomes of live frames is not told. */
static int check_live(const struct bpfx_test_run *run, bool has_md)
{
	return has_md && (run->attr->test.data_out || run->attr->test.ctx_out) ? -EINVAL : 0;
}

static int check_md(const struct xdp_md *md, uint32_t size)
{
	if (md->data_meta || md->data_end > size || md->data > md->data_end)
		return -EINVAL;
	if (size - md->data < ETH_HEADER)
		return -EINVAL;
	return md->data % 4 || md->data > META_MAX ? -EINVAL : 0;
}

/* rx_queue_index must be one of the interface's queues. */
static bool has_queue(uint32_t ifindex, uint32_t queue)
{
	char name[IF_NAMESIZE], path[96];

	if (!if_indextoname(ifindex, name))
		return false;
	snprintf(path, sizeof(path), "/sys/class/net/%s/queues/rx-%u", name, queue);
	return !queue || !access(path, F_OK);
}

static int check_interfaces(const struct xdp_md *md)
{
	if (md->egress_ifindex)
		return -EINVAL;
	if (!md->ingress_ifindex)
		return md->rx_queue_index ? -EINVAL : 0;
	if (!net_interface_exists(md->ingress_ifindex))
		return -ENODEV;
	return has_queue(md->ingress_ifindex, md->rx_queue_index) ? 0 : -EINVAL;
}

/* Lay @size bytes of the caller's out in page and fragments; @linear of them, metadata included,
 * in the page. */
static int read_packet(const struct bpfx_host *host, uint64_t user, uint32_t size, uint32_t meta,
		       uint32_t linear, struct xdp_args *xdp)
{
	uint32_t frags = size - linear;

	xdp->hard_start = calloc(1, XDP_PAGE);
	if (!xdp->hard_start)
		return -ENOMEM;
	xdp->hard_end = xdp->hard_start + XDP_PAGE - XDP_TAILROOM;
	xdp->data_meta = xdp->hard_start + XDP_HEADROOM - meta;
	xdp->data = xdp->data_meta + meta;
	xdp->data_end = xdp->data_meta + linear;
	if (host->copy_from_user(xdp->data_meta, user, linear))
		return -EFAULT;
	if (!frags)
		return 0;
	xdp->frags = malloc(XDP_FRAGS_MAX * XDP_PAGE);
	if (!xdp->frags)
		return -ENOMEM;
	/* Linux finds out page by page that there are too many. */
	xdp->frags_size = frags < XDP_FRAGS_MAX * XDP_PAGE ? frags : XDP_FRAGS_MAX * XDP_PAGE;
	if (host->copy_from_user(xdp->frags, user + linear, xdp->frags_size))
		return -EFAULT;
	return frags > xdp->frags_size ? -ENOMEM : 0;
}

/* ---- live frames: each the caller's packet, and it goes where its program says ---- */

static int run_frame(struct bpfx_prog *prog, const struct xdp_run *given)
{
	struct bpfx_xdp_packet packet = { .sz = sizeof(packet) };
	unsigned char page[XDP_PAGE];
	struct xdp_run frame = *given;
	struct xdp_args *xdp = &frame.args;
	uint32_t action = XDP_ABORTED;
	int err;

	memcpy(page, given->args.hard_start, sizeof(page));
	xdp->hard_start = page;
	xdp->hard_end = page + (given->args.hard_end - given->args.hard_start);
	xdp->data = page + (given->args.data - given->args.hard_start);
	xdp->data_meta = page + (given->args.data_meta - given->args.hard_start);
	xdp->data_end = page + (given->args.data_end - given->args.hard_start);
	err = net_host->run_prog(prog, xdp, &action);
	if (!err && action == XDP_REDIRECT)
		xdp_send(xdp, &packet);
	xdp_set_target(xdp, (struct xdp_target){ 0 });
	return err;
}

static int run_live(struct bpfx_test_run *run, const struct xdp_run *given, uint32_t *duration_ns)
{
	uint32_t repeat = run->attr->test.repeat ? run->attr->test.repeat : 1;
	uint64_t start = test_now_ns(), mean;
	int err = 0;

	for (uint32_t i = 0; !err && i < repeat; i++)
		err = run_frame(run->prog, given);
	mean = (test_now_ns() - start) / repeat;
	*duration_ns = mean > UINT32_MAX ? UINT32_MAX : mean;
	return err;
}

static int run_and_report(const struct bpfx_host *host, struct bpfx_test_run *run,
			  struct xdp_run *x, struct xdp_md *md, bool has_md)
{
	struct xdp_args *xdp = &x->args;
	uint32_t result = 0, duration = 0;
	int err;

	xdp->ingress_ifindex = md->ingress_ifindex ? md->ingress_ifindex : 1;
	xdp->rx_queue_index = md->rx_queue_index;
	err = is_live(run) ? run_live(run, x, &duration)
			   : test_repeat(host, run, xdp, &result, &duration);
	if (err)
		return err;
	err = test_write_data(host, run, xdp->data_meta, xdp->data_end - xdp->data_meta,
			      xdp->frags, xdp->frags_size, result, duration);
	if (err || !has_md)
		return err;
	md->data = xdp->data - xdp->data_meta;
	md->data_end = xdp->data_end - xdp->data_meta;
	return test_write_ctx(host, run, md, sizeof(*md));
}

int xdp_test_run(const struct bpfx_host *host, struct bpfx_test_run *run)
{
	uint32_t size = run->attr->test.data_size_in, linear = size;
	struct xdp_md md = { 0 };
	struct xdp_run x = { 0 };
	int err, has_md;

	err = check_attr(host, run);
	if (err)
		return err;
	has_md = test_read_ctx(host, run, &md, sizeof(md));
	if (has_md < 0)
		return has_md;
	if (has_md) {
		err = check_md(&md, size);
		linear = md.data_end;
	}
	if (err || size < ETH_HEADER)
		return -EINVAL;
	if (is_live(run) && (check_live(run, has_md) || size > XDP_LINEAR - LIVE_HEAD + md.data))
		return -EINVAL;
	linear = MIN(linear, XDP_LINEAR + md.data);
	err = read_packet(host, run->attr->test.data_in, size, md.data, linear, &x.args);
	err = err ? err : check_interfaces(&md);
	err = err ? err : run_and_report(host, run, &x, &md, has_md);
	xdp_set_target(&x.args, (struct xdp_target){ 0 });
	free(x.args.frags);
	free(x.args.hard_start);
	return err;
}
