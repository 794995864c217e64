/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What programs ask of interfaces: how long a packet may be, where it would be routed, and a copy
 * out of one. Interfaces are this machine's; nothing of it forwards. Behaviour measured on Linux 6.18.
 */
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "skb_helpers.h"

#define FIB_FLAGS  0x3full	/* BPF_FIB_LOOKUP_DIRECT … BPF_FIB_LOOKUP_MARK */
#define XMIT_CN	   2u		/* what an interface that is down does with packets */
#define RX_DROP	   1u

struct interface {
	uint32_t mtu, header;
	bool up;
};

static int ask(int fd, uint32_t ifindex, struct interface *out)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	request.ifr_ifindex = ifindex;
	if (ioctl(fd, SIOCGIFNAME, &request) || ioctl(fd, SIOCGIFMTU, &request))
		return -ENODEV;
	out->mtu = request.ifr_mtu;
	if (ioctl(fd, SIOCGIFFLAGS, &request))
		return -ENODEV;
	out->up = request.ifr_flags & IFF_UP;
	if (ioctl(fd, SIOCGIFHWADDR, &request))
		return -ENODEV;
	out->header = request.ifr_hwaddr.sa_family == ARPHRD_ETHER ||
		      request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK ? ETH_HEADER : 0;
	return 0;
}

static int find_interface(uint32_t ifindex, struct interface *out)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -ENODEV;
	err = ask(fd, ifindex, out);
	close(fd);
	return err;
}

/* ---- how long ---- */

/*
 * @own: what a packet is long where the program does not say; lengths that it says have no header.
 * Numbers are Linux's int, which goes round.
 */
static int64_t check_mtu(uint32_t ifindex, uint32_t own, uint32_t *length, int32_t more)
{
	struct interface interface;
	uint32_t size;
	int err = find_interface(ifindex, &interface);

	if (err)
		return err;
	size = (*length ? *length + interface.header : own) + more;
	*length = interface.mtu;
	return (int32_t)size <= (int32_t)(interface.mtu + interface.header)
		? BPF_MTU_CHK_RET_SUCCESS : BPF_MTU_CHK_RET_FRAG_NEEDED;
}

/* Segments will be short enough. Only test runs have them, and nobody said where their headers end. */
SKB_HELPER(help_skb_check_mtu)
{
	const struct skb_args *skb = skb_of(r1);
	uint32_t *length = (void *)(uintptr_t)r3;
	bool each = r5 & BPF_MTU_CHK_SEGS;
	int64_t ret;

	if (r5 & ~(uint64_t)BPF_MTU_CHK_SEGS)
		return -EINVAL;
	if (each && ((int32_t)r4 || *length))
		return -EINVAL;
	ret = check_mtu(r2 ? r2 : skb->ifindex, skb->len, length, r4);
	if (ret != BPF_MTU_CHK_RET_FRAG_NEEDED || !skb->gso_size)
		return ret;
	if (!each)
		return BPF_MTU_CHK_RET_SUCCESS;
	*length = 0;
	return -EINVAL;
}

/* Fragments do not count. */
SKB_HELPER(help_xdp_check_mtu)
{
	const struct xdp_args *xdp = (void *)(uintptr_t)r1;

	if (r5)
		return -EINVAL;
	return check_mtu(r2 ? r2 : xdp->ingress_ifindex, xdp_linear_size(xdp),
			 (void *)(uintptr_t)r3, r4);
}

/* ---- where to ---- */

/* An interface that forwards nothing has no other answer for good questions. */
SKB_HELPER(help_fib_lookup)
{
	const struct bpf_fib_lookup *question = (void *)(uintptr_t)r2;

	if ((uint32_t)r3 < sizeof(*question) || (uint32_t)r4 & ~FIB_FLAGS)
		return -EINVAL;
	if (question->family != AF_INET && question->family != AF_INET6)
		return -EAFNOSUPPORT;
	return net_interface_exists(question->ifindex) ? BPF_FIB_LKUP_RET_FWD_DISABLED : -ENODEV;
}

/* ---- a copy ---- */

/* It leaves by the application; of test runs it is gone, as where nobody listens. */
SKB_HELPER(help_clone_redirect)
{
	const struct skb_args *skb = skb_of(r1);
	struct interface interface;

	if (r3 & ~(uint64_t)BPF_F_INGRESS)
		return -EINVAL;
	if (skb->gso_size)
		return -EBADMSG;	/* of test runs, which do not say what kind of segments */
	if (find_interface(r2, &interface))
		return -EINVAL;
	if (!interface.up)
		return r3 & BPF_F_INGRESS ? RX_DROP : XMIT_CN;
	if (skb->transmit)
		skb->transmit(skb->transmit_cookie, r2, r3, skb->data, skb->data_end - skb->data);
	return 0;
}
