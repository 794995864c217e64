/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Inside of the store room: the control page, paths and the cache of objects. */
#ifndef SYSCALL_STORE_LAYOUT_H
#define SYSCALL_STORE_LAYOUT_H

#include <limits.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "lock.h"
#include "store.h"

#define STORE_HOOKS_MAX	256
#define STORE_CPUS_MAX	512

/* One hook's counters: readers look at attached and generation without a lock. */
struct store_hook {
	char name[32];
	_Atomic uint32_t attached;
	_Atomic uint32_t generation;
};

/* Links whose programs run on a CPU slot now, one inside of the other; deeper ones are not told. */
#define STORE_RUNS_MAX 6
struct store_running {
	_Atomic uint32_t depth;
	struct {
		_Atomic uint32_t link, turn;
	} at[STORE_RUNS_MAX];
} __attribute__((aligned(64)));

/* A line of the journal; complete while number says whose turn it is. */
#define STORE_NOTES_MAX 64
struct store_note {
	_Atomic uint32_t number;
	uint32_t pid;
	int64_t when;			/* seconds since 1970 */
	char who[16];			/* name of the process */
	char text[224];
};

/* First file of a store, mapped by every process. Complete before it gets its name. */
struct store_control {
	uint64_t magic;
	uint32_t format, size;
	uint32_t possible_cpus;
	_Atomic uint32_t last_id[STORE_KINDS];	/* [0], which is no kind: walks of iterators */
	_Atomic uint32_t removals;	/* objects removed so far: caches look for dead ones */
	struct shm_lock lock;		/* pins, removals */
	struct shm_lock attach_lock;	/* order of attachments */
	_Atomic uint32_t hook_cnt;
	struct store_hook hooks[STORE_HOOKS_MAX];
	struct shm_lock cpu[STORE_CPUS_MAX];
	struct store_running running[STORE_CPUS_MAX];
	_Atomic uint32_t stats;		/* somebody may want statistics: store_stats_on() looks */
	_Atomic uint32_t trace_lost;	/* see store_trace_lost() */
	_Atomic uint32_t note_cnt;	/* lines ever written */
	struct store_note notes[STORE_NOTES_MAX];
};

/* The store of this process; set once by store_use(). */
struct store {
	char dir[PATH_MAX - 512];
	dev_t dev;
	uid_t owner;
	bool is_private;
	struct store_control *control;
};
extern struct store store;

/* Ids below are the kernel's own objects, made with the store. */
#define FIRST_BTF_ID 2u

/* Byte of a file that is locked to refer to the object with that id, and the one a writable
 * mapping holds. Both lie behind anything a file can contain. */
#define LOCK_BYTE(id)	((1LL << 40) + (id))
#define WRITABLE_BYTE	((1LL << 41))
/* Bytes of marks: see store_fd_mark(). */
#define MARK_BYTE(mark)	((1LL << 42) + (mark))

/* The store's lock: held for pins, removals and attachments. 0 or -EBUSY (nested). */
int store_lock(void);
void store_unlock(void);

void object_path(char *out, size_t size, enum store_kind kind, uint32_t id);
void pin_file_path(char *out, size_t size, enum store_kind kind, uint32_t id);
char kind_letter(enum store_kind kind);
enum store_kind kind_of_letter(char letter);
const char *kind_word(enum store_kind kind);

/* Header of an object's open file: 0 or -EINVAL (not one of ours). */
int read_header(int fd, const struct stat *st, struct store_header *header);

bool byte_is_locked(int fd, long long byte);
int lock_byte(int fd, long long byte);

/* Remove files of objects nobody refers to. Under the store's lock. */
void sweep(void);
bool alive_locked(enum store_kind kind, uint32_t id);
/* Remove records of what is gone. Under the store's lock. */
void record_sweep(void);
bool record_is_kept(const char *name, const struct store_record *record);
/* Drop cached objects whose file is gone. */
void cache_drop_dead(void);

#endif
