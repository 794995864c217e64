/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the application shows its users' programs. */
#ifndef GUARD_H
#define GUARD_H

/* A request that wants to be let in. Programs read all of it and may lower the priority. */
struct guard_request {
	unsigned long long size;
	unsigned int user;
	unsigned int priority;
};

/* Results of a program. */
enum { GUARD_ALLOW = 0, GUARD_DENY = 1 };

/* Helper: bytes that the request's user may still use. Ids from 0x10000 on belong to a type. */
#define GUARD_FUNC_QUOTA 0x10000

#endif
