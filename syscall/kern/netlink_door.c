/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The door for netlink requests. */
#include "err.h"
#include "fault.h"
#include "kern_private.h"
#include "links.h"
#include "netlink.h"
#include "rundown.h"

int kern_netlink(int protocol, const void *request, size_t size, void **reply, size_t *reply_size)
{
	int saved = errno, ret = kern_start();

	if (!ret && !rundown_enter(&rundown_commands))
		ret = -EBUSY;
	if (!ret) {
		ret = netlink_answer(protocol, request, size, reply, reply_size);
		rundown_leave();
		links_settle();
	}
	errno = saved;
	return ret;
}
