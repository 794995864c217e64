/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Inside of the iters room: one walk of an iterator's program. */
#ifndef SYSCALL_ITERS_SESSION_H
#define SYSCALL_ITERS_SESSION_H

#include "iters.h"
#include "links.h"
#include "progs.h"
#include "shown.h"

struct session {
	struct kern_prog *prog;
	const struct link_shared *link;
	struct shown_seq seq;
	struct shown_meta meta;
	int out;		/* the file */
	bool any, written;	/* an object was shown; something is in the file */
};

/* What the program gets behind the meta argument. */
#define OBJECT_ARGS (SHOWN_ARGS - 1)
struct object {
	const void *arg[OBJECT_ARGS];
};

/* Run the program on one object: 0 to go on, -errno to stop. */
int session_show(struct session *s, const struct object *object);

/* The same at the end, when what was walked over is NULL. */
int session_end(struct session *s, const struct object *object);

/* One per iterator: show all, then the end. 0 or -errno, as those two. */
int walk_maps(struct session *s);
int walk_progs(struct session *s);
int walk_links(struct session *s);
int walk_map_elems(struct session *s);

/* objects.c: a map as programs see it; give back with shown_map_free(). 0 or -ENOMEM. */
int shown_map_fill(struct shown_map *shown, struct kern_map *map);
void shown_map_free(struct shown_map *shown);

#endif
