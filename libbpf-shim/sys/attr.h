/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* How a bpf_attr is handed over: cut after the last field in use, so that kernels that are older
 * than the header accept it. */
#ifndef BPF_SHIM_ATTR_H
#define BPF_SHIM_ATTR_H

#include <stddef.h>
#include <string.h>
#include <linux/bpf.h>

#include "util.h"

#define ATTR_SIZE(last_field)	      offsetofend(union bpf_attr, last_field)
#define ATTR_CLEAR(attr, last_field) memset(&(attr), 0, ATTR_SIZE(last_field))

#endif
