/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * XDP programs of interfaces without a link. The interfaces are the host's; which program one has is
 * in the store. Order of checks and texts measured on Linux 6.18.
 */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "bare.h"
#include "err.h"
#include "message.h"
#include "registry.h"

#define HOOK "xdp"

static int find_hook(const struct bpfx_hook **hook)
{
	*hook = registry_hook_by_name(HOOK);
	return *hook ? hooks_connect(*hook) : -EOPNOTSUPP;
}

static bool is_loopback(uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	return if_indextoname(ifindex, name) && !strcmp(name, "lo");
}

/* ---- get ---- */

static void put_xdp(struct nl_reply *reply, const struct bare_now *now)
{
	static const struct {
		uint32_t mode;
		uint8_t attached;
		uint16_t attr;
	} modes[] = {
		{ XDP_FLAGS_DRV_MODE, XDP_ATTACHED_DRV, IFLA_XDP_DRV_PROG_ID },
		{ XDP_FLAGS_SKB_MODE, XDP_ATTACHED_SKB, IFLA_XDP_SKB_PROG_ID },
	};
	uint8_t attached = XDP_ATTACHED_NONE;

	nl_nest_begin(reply, IFLA_XDP);
	for (int i = 0; i < 2; i++) {
		if (!now->prog_id || now->mode != modes[i].mode)
			continue;
		attached = modes[i].attached;
		nl_put_u32(reply, modes[i].attr, now->prog_id);
	}
	nl_put(reply, IFLA_XDP_ATTACHED, &attached, sizeof(attached));
	if (attached)
		nl_put_u32(reply, IFLA_XDP_PROG_ID, now->prog_id);
	nl_nest_end(reply);
}

static void put_interface(struct nl_reply *reply, const struct nl_request *request, uint16_t flags,
			  const struct if_nameindex *interface, const struct bpfx_hook *hook)
{
	struct ifinfomsg info = { .ifi_index = interface->if_index };
	struct bare_now now = { 0 };

	bare_look(hook, interface->if_index, &now);
	nl_begin(reply, request, RTM_NEWLINK, flags, &info, sizeof(info));
	nl_put(reply, IFLA_IFNAME, interface->if_name, strlen(interface->if_name) + 1);
	put_xdp(reply, &now);
	nl_end(reply);
}

static bool is_asked_for(const struct if_nameindex *interface, const struct ifinfomsg *info,
			 const struct nlattr *name)
{
	if (info->ifi_index)
		return info->ifi_index == (int)interface->if_index;
	return nl_is(name, interface->if_name);
}

int get_interfaces(const struct nl_request *request, struct nl_reply *reply)
{
	bool all = (request->header->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	const struct nlattr *attrs[IFLA_IFNAME + 1];
	const struct ifinfomsg *info = request->body;
	const struct bpfx_hook *hook;
	struct if_nameindex *list;
	int err = find_hook(&hook), found = 0;

	if (err)
		return err;
	nl_parse(attrs, IFLA_IFNAME, request, sizeof(*info));
	list = if_nameindex();
	if (!list)
		return -ENOBUFS;
	for (struct if_nameindex *i = list; i->if_index; i++) {
		if (!all && !is_asked_for(i, info, attrs[IFLA_IFNAME]))
			continue;
		put_interface(reply, request, all ? NLM_F_MULTI : 0, i, hook);
		found++;
	}
	if_freenameindex(list);
	return all || found ? 0 : -ENODEV;
}

/* ---- set ---- */

struct wish {
	uint32_t ifindex, flags, mode;
	int fd, expected_fd;
	struct kern_prog *prog;		/* NULL: no program */
	uint32_t expected_id;
};

static int read_wish(const struct nlattr *nest, struct wish *wish, bool *asked)
{
	const struct nlattr *xdp[IFLA_XDP_MAX + 1];
	uint32_t fd = -1, expected = -1, modes;
	int err;

	nl_parse_nest(xdp, IFLA_XDP_MAX, nest);
	err = nl_u32(xdp[IFLA_XDP_FD], &fd);
	err = err ? err : nl_u32(xdp[IFLA_XDP_FLAGS], &wish->flags);
	err = err ? err : nl_u32(xdp[IFLA_XDP_EXPECTED_FD], &expected);
	if (err)
		return err;
	if (xdp[IFLA_XDP_ATTACHED] || xdp[IFLA_XDP_PROG_ID])
		return -EINVAL;
	modes = wish->flags & XDP_FLAGS_MODES;
	if (wish->flags & ~XDP_FLAGS_MASK || modes & (modes - 1))
		return -EINVAL;
	*asked = xdp[IFLA_XDP_FD];
	if (*asked && wish->flags & XDP_FLAGS_REPLACE && !xdp[IFLA_XDP_EXPECTED_FD])
		return -EINVAL;
	wish->fd = fd;
	wish->expected_fd = wish->flags & XDP_FLAGS_REPLACE ? (int)expected : -1;
	wish->mode = modes ? modes : is_loopback(wish->ifindex) ? XDP_FLAGS_SKB_MODE
								 : XDP_FLAGS_DRV_MODE;
	return 0;
}

static int get_xdp_prog(int fd, struct kern_prog **out)
{
	int err = prog_get_fd(fd, out);

	if (err || (*out)->shared->type == BPF_PROG_TYPE_XDP)
		return err;
	prog_put(*out);
	*out = NULL;
	return -EINVAL;
}

static int get_progs(struct wish *wish)
{
	struct kern_prog *expected;
	int err = 0;

	if (wish->fd >= 0)
		err = get_xdp_prog(wish->fd, &wish->prog);
	if (err || wish->expected_fd < 0)
		return err;
	err = get_xdp_prog(wish->expected_fd, &expected);
	if (err)
		return err;
	wish->expected_id = expected->id;
	prog_put(expected);
	return 0;
}

/* Only what a new program has to fear. */
static int check_new(const struct wish *wish, const struct bare_now *now, uint32_t active,
		     struct nl_reply *reply)
{
	if (now->prog_id && now->mode != wish->mode && wish->mode != XDP_FLAGS_HW_MODE)
		return nl_refuse(reply, -EEXIST,
				 "Native and generic XDP can't be active at the same time");
	if (wish->flags & XDP_FLAGS_UPDATE_IF_NOEXIST && active)
		return nl_refuse(reply, -EBUSY, "XDP program already attached");
	if (wish->prog->shared->expected_attach_type == BPF_XDP_DEVMAP)
		return nl_refuse(reply, -EINVAL,
				 "BPF_XDP_DEVMAP programs can not be attached to a device");
	if (wish->prog->shared->expected_attach_type == BPF_XDP_CPUMAP)
		return nl_refuse(reply, -EINVAL,
				 "BPF_XDP_CPUMAP programs can not be attached to a device");
	return 0;
}

static int check_driver(const struct wish *wish, struct nl_reply *reply)
{
	if (wish->mode == XDP_FLAGS_SKB_MODE)
		return 0;
	if (is_loopback(wish->ifindex))
		return nl_refuse(reply, -EOPNOTSUPP,
				 "Underlying driver does not support XDP in native mode");
	return wish->mode == XDP_FLAGS_HW_MODE ? -EINVAL : 0;
}

/* Under the attach lock. */
static int change(const struct bpfx_hook *hook, const struct wish *wish, struct nl_reply *reply,
		  uint32_t *gone)
{
	struct bare_now now;
	uint32_t active;
	int err = bare_look(hook, wish->ifindex, &now);

	if (err)
		return err;
	active = now.mode == wish->mode ? now.prog_id : 0;
	if (active && now.by_link)
		return nl_refuse(reply, -EBUSY, "Can't replace active BPF XDP link");
	if (wish->flags & XDP_FLAGS_REPLACE && active != wish->expected_id)
		return nl_refuse(reply, -EEXIST, "Active program does not match expected");
	err = wish->prog ? check_new(wish, &now, active, reply) : 0;
	if (err || (wish->prog ? wish->prog->id : 0) == active)
		return err;
	err = wish->prog ? check_driver(wish, reply) : 0;
	return err ? err : bare_put(hook, wish->ifindex, wish->prog, wish->mode, gone);
}

static int set_xdp(struct wish *wish, struct nl_reply *reply)
{
	const struct bpfx_hook *hook;
	uint32_t gone = 0;
	int err = get_progs(wish);

	err = err ? err : find_hook(&hook);
	err = err ? err : store_attach_lock();
	if (!err) {
		err = change(hook, wish, reply, &gone);
		store_attach_unlock();
		bare_settle(hook, gone);
	}
	if (wish->prog)
		prog_put(wish->prog);
	return err;
}

/* Everything else about an interface is the host's. */
static bool is_about_xdp_only(const struct nlattr *const *attrs)
{
	for (uint32_t i = 0; i <= IFLA_XDP; i++)
		if (attrs[i] && i != IFLA_XDP && i != IFLA_IFNAME)
			return false;
	return attrs[IFLA_XDP];
}

int set_interface(const struct nl_request *request, struct nl_reply *reply)
{
	const struct nlattr *attrs[IFLA_XDP + 1];
	const struct ifinfomsg *info = request->body;
	struct wish wish = { .ifindex = info->ifi_index };
	char name[IF_NAMESIZE];
	bool asked = false;
	int err;

	nl_parse(attrs, IFLA_XDP, request, sizeof(*info));
	if (!is_about_xdp_only(attrs))
		return -EOPNOTSUPP;
	if (info->ifi_index <= 0)
		return -EINVAL;
	if (!if_indextoname(wish.ifindex, name))
		return -ENODEV;
	err = read_wish(attrs[IFLA_XDP], &wish, &asked);
	return err || !asked ? err : set_xdp(&wish, reply);
}
