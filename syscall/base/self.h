/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Who we are, without a system call: remembered, and asked again after a fork. */
#ifndef BASE_SELF_H
#define BASE_SELF_H

#include <stdint.h>

uint32_t self_pid(void);
uint32_t self_tid(void);

#endif
