/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The libbpf version whose interface these headers describe. */
#ifndef __LIBBPF_VERSION_H
#define __LIBBPF_VERSION_H

#define LIBBPF_MAJOR_VERSION 1
#define LIBBPF_MINOR_VERSION 8

#endif
