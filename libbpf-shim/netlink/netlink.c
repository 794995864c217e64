/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Building netlink requests, sending them, and walking over the answers. */
#include "netlink.h"

#include <bpf/libbpf.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"
#include "util.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* ---- requests ---- */

void netlink_request_init(struct netlink_request *request, uint16_t type, uint16_t flags,
			  const void *family_header, size_t size)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = NLM_F_REQUEST | flags;
	request->header.nlmsg_len = NLMSG_LENGTH(size);
	memcpy(NLMSG_DATA(&request->header), family_header, size);
}

int netlink_add(struct netlink_request *request, uint16_t type, const void *data, size_t size)
{
	size_t at = NLMSG_ALIGN(request->header.nlmsg_len), total = at + NLA_HDRLEN + size;
	struct nlattr *attr = (void *)(request->buf + at);

	if (total > sizeof(request->buf) || NLA_HDRLEN + size > UINT16_MAX)
		return -EMSGSIZE;
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + size;
	if (size)
		memcpy((char *)attr + NLA_HDRLEN, data, size);
	request->header.nlmsg_len = total;
	return 0;
}

struct nlattr *netlink_begin(struct netlink_request *request, uint16_t type)
{
	size_t at = NLMSG_ALIGN(request->header.nlmsg_len);

	if (netlink_add(request, type | NLA_F_NESTED, NULL, 0))
		return NULL;
	return (void *)(request->buf + at);
}

void netlink_end(struct netlink_request *request, struct nlattr *nest)
{
	nest->nla_len = request->buf + request->header.nlmsg_len - (char *)nest;
}

/* ---- attributes ---- */

void netlink_parse(const struct nlattr **table, unsigned int max, const void *attrs, size_t size)
{
	const char *pos = attrs;
	const struct nlattr *attr;
	size_t step;

	memset(table, 0, (max + 1) * sizeof(*table));
	while (size >= sizeof(*attr)) {
		attr = (const void *)pos;
		if (attr->nla_len < sizeof(*attr) || attr->nla_len > size)
			return;
		if ((attr->nla_type & NLA_TYPE_MASK) <= max)
			table[attr->nla_type & NLA_TYPE_MASK] = attr;
		step = MIN((size_t)NLA_ALIGN(attr->nla_len), size);
		pos += step;
		size -= step;
	}
}

#define GETTER(bits)                                                                               \
	uint##bits##_t nlattr_u##bits(const struct nlattr *attr)                                   \
	{                                                                                          \
		uint##bits##_t value = 0;                                                          \
                                                                                                   \
		if (attr && nlattr_size(attr) >= sizeof(value))                                    \
			memcpy(&value, nlattr_data(attr), sizeof(value));                          \
		return value;                                                                      \
	}

GETTER(16)
GETTER(32)
GETTER(64)

/* ---- the exchange ---- */

/* What the kernel adds to an error in words. */
static void report_text(const struct nlmsghdr *message)
{
	const struct nlmsgerr *err = NLMSG_DATA(message);
	const struct nlattr *table[NLMSGERR_ATTR_MSG + 1];
	size_t head = sizeof(*err), total = message->nlmsg_len - NLMSG_HDRLEN, len;

	/* the request is quoted in between unless it was capped */
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		head += NLMSG_ALIGN(err->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS) || head > total)
		return;
	netlink_parse(table, NLMSGERR_ATTR_MSG, (const char *)err + head, total - head);
	if (!table[NLMSGERR_ATTR_MSG])
		return;
	len = nlattr_size(table[NLMSGERR_ATTR_MSG]);
	pr_warn("Kernel error message: %.*s\n", (int)len,
		(const char *)nlattr_data(table[NLMSGERR_ATTR_MSG]));
}

struct exchange {
	int fd;
	uint32_t pid, seq;
	netlink_answer_fn answer;
	void *ctx;
	bool done, more;
};

static int handle(struct exchange *x, const struct nlmsghdr *message)
{
	const struct nlmsgerr *err = NLMSG_DATA(message);
	int ret;

	if (message->nlmsg_pid != x->pid)
		return -LIBBPF_ERRNO__WRNGPID;
	if (message->nlmsg_seq != x->seq)
		return -LIBBPF_ERRNO__INVSEQ;
	x->more = message->nlmsg_flags & NLM_F_MULTI;
	switch (message->nlmsg_type) {
	case NLMSG_ERROR:
		if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*err)))
			return -LIBBPF_ERRNO__NLPARSE;
		/* zero: an acknowledgement; what was asked for may still come */
		if (!err->error)
			return 0;
		report_text(message);
		x->done = true;
		return err->error;
	case NLMSG_DONE:
		x->done = true;
		return 0;
	default:
		ret = x->answer ? x->answer(message, x->ctx) : 0;
		if (ret)
			x->done = true;
		return ret < 0 ? ret : 0;
	}
}

static int read_answer(struct exchange *x)
{
	size_t capacity = NETLINK_BUF_SIZE;
	char *buf = malloc(capacity), *bigger;
	struct nlmsghdr *message;
	ssize_t len;
	int err = 0;

	if (!buf)
		return -ENOMEM;
	do {
		x->more = false;
		len = recv(x->fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
		if (len < 0 && errno == EINTR) {
			x->more = true;
			continue;
		}
		if (len > 0 && (size_t)len > capacity) {
			bigger = realloc(buf, (size_t)len);
			if (!bigger) {
				err = -ENOMEM;
				break;
			}
			buf = bigger;
			capacity = len;
		}
		if (len >= 0)
			len = recv(x->fd, buf, capacity, 0);
		if (len < 0) {
			err = -errno;
			break;
		}
		if (!len)
			break;
		for (message = (void *)buf; NLMSG_OK(message, len) && !err && !x->done;
		     message = NLMSG_NEXT(message, len))
			err = handle(x, message);
	} while (x->more && !err && !x->done);
	free(buf);
	return err;
}

static int open_socket(int protocol, uint32_t *pid)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(address);
	int fd, one = 1, err = 0;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one)))
		pr_warn("Netlink error reporting not supported\n");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    getsockname(fd, (struct sockaddr *)&address, &len))
		err = -errno;
	else if (len != sizeof(address))
		err = -LIBBPF_ERRNO__INTERNAL;
	if (err) {
		sys_close(fd);
		return err;
	}
	*pid = address.nl_pid;
	return fd;
}

/* The emulated kernel answers at once, with all messages in a row. */
static int call_emulated(int protocol, struct netlink_request *request, struct exchange *x)
{
	size_t size;
	void *reply;
	int err;

	request->header.nlmsg_seq = x->seq = 1;
	err = sys_netlink(protocol, request->buf, request->header.nlmsg_len, &reply, &size);
	if (err)
		return err;
	for (struct nlmsghdr *message = reply; NLMSG_OK(message, size) && !err && !x->done;
	     message = NLMSG_NEXT(message, size))
		err = handle(x, message);
	free(reply);
	return err;
}

int netlink_call(int protocol, struct netlink_request *request, netlink_answer_fn answer,
		 void *ctx)
{
	struct exchange x = { .answer = answer, .ctx = ctx };
	int err;

	if (sys_emulated())
		return call_emulated(protocol, request, &x);
	x.fd = open_socket(protocol, &x.pid);
	if (x.fd < 0)
		return x.fd;
	x.seq = time(NULL);
	request->header.nlmsg_seq = x.seq;
	request->header.nlmsg_pid = 0;
	if (send(x.fd, request->buf, request->header.nlmsg_len, 0) < 0)
		err = -errno;
	else
		err = read_answer(&x);
	sys_close(x.fd);
	return err;
}
