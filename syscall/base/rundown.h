/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Who is inside of what, in this process: the one way by which whatever may be taken away while
 * somebody runs it (a hook's list of programs, a program's translation, an extension) learns that
 * nobody does any more. Entering and leaving cost a few plain stores; waiting is what costs.
 *
 *	rundown_enter(thing);		whoever makes it go:
 *	p = atomic load of pointer	  replace the pointer
 *	use p				  rundown_wait(thing)
 *	rundown_leave();		  free what it pointed to
 */
#ifndef BASE_RUNDOWN_H
#define BASE_RUNDOWN_H

#include <stdbool.h>
#include <stdint.h>

/* Deepest nesting of runs in one thread: a program whose helper fires a hook, and so on. */
#define RUNDOWN_DEPTH_MAX 32

/* Return: false where this thread is too deep inside already; nothing was entered then. */
bool rundown_enter(const void *what);
/* What was entered last. */
void rundown_leave(void);

/* Mark of whole commands. They look extensions up, but are no runs by themselves. */
extern const char rundown_commands;

/* Everybody who was inside of @what when this was called has left. The caller's own thread does not
 * count: what it is inside of itself must be freed later (rundown_inside()). Only who is in no run
 * may wait without a limit: two runs could wait for each other. */
void rundown_wait(const void *what);
/* The same for at most @limit_ns (UINT64_MAX: without a limit). Return: nobody is inside. */
bool rundown_wait_for(const void *what, uint64_t limit_ns);

/* How deep this thread is inside of anything, of @what; is it in a run. */
uint32_t rundown_depth(void);
uint32_t rundown_inside(const void *what);
bool rundown_running(void);

/* The two halves by which entering and waiting see each other, for marks in memory that other
 * processes share: behind the store of such a mark, and in front of looking for one. */
void rundown_marked(void);
void rundown_look(void);

#endif
