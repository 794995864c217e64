/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Error numbers: how they leave the library and what they are called. */
#include "util.h"

#include <stdio.h>

int libbpf_err(int ret)
{
	if (ret < 0)
		errno = -ret;
	return ret;
}

void *libbpf_err_ptr(int err)
{
	errno = err < 0 ? -err : err;
	return NULL;
}

/* The kernel's own "not supported", which reaches user space but has no name there. */
#define KERNEL_ENOTSUPP 524

const char *errstr(int err)
{
	static __thread char ring[4][32];
	static __thread unsigned int next;
	char *buf = ring[next++ % ARRAY_SIZE(ring)];
	int number = err < 0 ? -err : err;
	const char *name = number == KERNEL_ENOTSUPP ? "ENOTSUPP" : strerrorname_np(number);

	if (number && name)
		snprintf(buf, sizeof(ring[0]), "-%s", name);
	else
		snprintf(buf, sizeof(ring[0]), "%d", -number);
	return buf;
}

#define OWN(name) [LIBBPF_ERRNO__##name - __LIBBPF_ERRNO__START]

static const char *const own_errors[] = {
	OWN(LIBELF)	= "Something wrong in libelf",
	OWN(FORMAT)	= "BPF object format invalid",
	OWN(KVERSION)	= "'version' section incorrect or lost",
	OWN(ENDIAN)	= "Endian mismatch",
	OWN(INTERNAL)	= "Internal error in libbpf",
	OWN(RELOC)	= "Relocation failed",
	OWN(LOAD)	= "Failed to load program",
	OWN(VERIFY)	= "Kernel verifier blocks program loading",
	OWN(PROG2BIG)	= "Program too big",
	OWN(KVER)	= "Incorrect kernel version",
	OWN(PROGTYPE)	= "Kernel doesn't support this program type",
	OWN(WRNGPID)	= "Wrong pid in netlink message",
	OWN(INVSEQ)	= "Invalid netlink sequence",
	OWN(NLPARSE)	= "Incorrect netlink message parsing",
};

static int system_strerror(int err, char *buf, size_t size)
{
	/* the XSI variant is hidden by _GNU_SOURCE; the GNU one need not use the buffer */
	const char *text = strerror_r(err, buf, size);

	if (text != buf)
		str_copy(buf, text, size);
	/* positive: libbpf passes on what strerror_r() says */
	return strlen(text) >= size ? ERANGE : 0;
}

int libbpf_strerror(int err, char *buf, size_t size)
{
	int len;

	if (!buf || !size)
		return libbpf_err(-EINVAL);
	err = err < 0 ? -err : err;
	if (err < __LIBBPF_ERRNO__START)
		return system_strerror(err, buf, size);
	if (err < __LIBBPF_ERRNO__END) {
		len = snprintf(buf, size, "%s", own_errors[err - __LIBBPF_ERRNO__START]);
		return len >= (int)size ? libbpf_err(-ERANGE) : 0;
	}
	len = snprintf(buf, size, "Unknown libbpf error %d", err);
	return libbpf_err(len >= (int)size ? -ERANGE : -ENOENT);
}

long libbpf_get_error(const void *ptr)
{
	/* pointers of the last page are errors in the 0.x convention */
	if (!ptr)
		return -errno;
	if ((unsigned long)ptr >= (unsigned long)-4095)
		errno = -(long)ptr;
	else
		return 0;
	return -errno;
}
