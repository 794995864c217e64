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

/* Helper: bytes that the request's user has used so far. Ids from 0x10000 on belong to a type. */
#define GUARD_FUNC_USED 0x10000

/* Map type "guard_quota": user to bytes, at most GUARD_QUOTA_MAX. */
#define GUARD_QUOTA_MAX 5000

#endif
