/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the programs tell the application. */
#ifndef OWNERS_H
#define OWNERS_H

enum { TOLD_PROCESS, TOLD_DENIED, TOLD_ACTIVE, TOLD_PASSIVE };

struct told {
	unsigned int what;
	unsigned int pid;		/* the process, or the owner of the socket */
	unsigned int remote_ip4;	/* network byte order */
	unsigned int remote_port;
	char image[32];			/* a process's */
};

#endif
