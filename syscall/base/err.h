/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Error numbers that reach user space from Linux but have no name there. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <errno.h>

#ifndef ENOTSUPP
#define ENOTSUPP 524	/* kernel-internal "not supported", visible in bpf(2) results */
#endif

#endif
