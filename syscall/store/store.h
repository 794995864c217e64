/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The store: every object of the emulated kernel is a file; locks on the file are the references.
 * See README.md for the layout and the rules that make it survive SIGKILL.
 */
#ifndef SYSCALL_STORE_H
#define SYSCALL_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/bpf.h>

enum store_kind {
	STORE_MAP = 1,
	STORE_PROG,
	STORE_LINK,
	STORE_BTF,
	STORE_PERF,	/* a perf event */
	STORE_KINDS,
};

/* Access mode of a bpf fd; bits. */
#define STORE_READ	1u
#define STORE_WRITE	2u
#define STORE_CREATED	4u	/* a link's first fd, which calls itself by another name */

/* An edge: a reference that this object holds to another. */
struct store_edge {
	uint32_t kind, id;
};

#define STORE_PAGE	4096u
#define STORE_MAGIC	0x6d696873667062ULL	/* "bpfshim" */
#define STORE_FORMAT	3u
#define STORE_EDGES_MAX	128u

/*
 * Last page of every object's file. What stands in front belongs to the object's room: what a
 * client may mmap begins at offset 0.
 */
struct store_header {
	uint64_t magic;
	uint32_t format;
	uint32_t kind, id;
	uint32_t published;	/* everything before is complete */
	uint32_t dead;		/* set by whoever removed it: caches drop their mapping */
	uint32_t permanent;	/* lives as long as the store */
	uint32_t is_target;	/* an edge to it was made once: others may keep it alive */
	uint32_t edge_cnt;
	struct store_edge edges[STORE_EDGES_MAX];
	/* Edges kept in the memory in front: cnt slots of u32 ids (0: none) of kind, stride apart. */
	uint32_t slot_kind, slot_cnt;
	uint64_t slot_offset;
	uint32_t slot_stride;
	uint32_t pid;		/* who made it */
	char who[16];		/* and the name of that process */
	uint64_t created_ns;	/* CLOCK_BOOTTIME */
	uint32_t uid;
	char name[BPF_OBJ_NAME_LEN];
	uint64_t room[256];	/* the room's own shared facts about the object */
};
_Static_assert(sizeof(struct store_header) <= STORE_PAGE, "the header is one page");

/*
 * One object as this process sees it: mapped, cached by id, counted while in use. The mapping does
 * not keep the object alive; only fds, pins and edges do.
 */
struct store_obj {
	enum store_kind kind;
	uint32_t id;
	unsigned char *mem;		/* the file from offset 0 */
	size_t size;			/* bytes in front of the header */
	struct store_header *header;
	_Atomic int users;		/* uses in this process; -1: no longer in the cache */
	ino_t ino;
	void *_Atomic room;		/* the room's process-private view, see store_set_room() */
	int fd;				/* while being created, else -1 */
	struct store_obj *next;
};

/**
 * store_use() - the store of this process, opened (and created) on first use
 * Return: 0 or -errno; the reason goes to the debug log: -EPERM for a store of somebody else,
 * -EACCES, -ENOSPC, -ENOMEM.
 */
int store_use(void);
const char *store_dir(void);
int store_possible_cpus(void);
/* Remove private stores below @parent whose processes are all gone. Return: how many. */
int store_collect_private(const char *parent);

/* Told under the store's lock when an object of @kind is removed. */
void store_set_removed(enum store_kind kind, void (*removed)(struct store_header *header));

/* Told under the store's lock when no fd and no pin refers to an object any more but others of the
 * store do. Return: did it give up references of its own. */
void store_set_unheld(enum store_kind kind, bool (*unheld)(uint32_t id));

/* A room tells how its private view of a cached object is freed. */
void store_set_room(enum store_kind kind, void (*free_room)(struct store_obj *obj));

/**
 * store_create() - make an object that nobody sees yet
 * @size: bytes in front of the header; zeroed, space allocated
 *
 * Fill memory, header->name, edges and room, then store_publish() or store_drop().
 * Return: 0, -ENOMEM (store full), -errno. The message for ENOMEM names BPF_SHIM_STORE.
 */
int store_create(enum store_kind kind, size_t size, struct store_obj **out);

/* The same with only the first @allocate bytes allocated; the rest must be allocated by
 * store_allocate() before it is touched. */
int store_create_sparse(enum store_kind kind, size_t size, size_t allocate,
			struct store_obj **out);
/* Allocate more of a sparse object: 0 or -ENOMEM. */
int store_allocate(struct store_obj *obj, size_t offset, size_t size);

/* A further mapping of bytes of the object (unlocked, as obj->mem), at @addr (MAP_FIXED). */
int store_map_view(struct store_obj *obj, void *addr, size_t offset, size_t size, int prot);

/* Give it its id and its first fd (O_CLOEXEC) with @mode. Consumes the creator's use count, on
 * failure drops the object. Return: the fd or -errno. */
int store_publish(struct store_obj *obj, uint32_t mode);
void store_drop(struct store_obj *obj);

/* Make the object with the given id that lives as long as the store (the kernel's own BTF); done
 * nothing where it exists. Consumes @obj. 0 or -errno. */
int store_publish_permanent(struct store_obj *obj, uint32_t id);
bool store_exists(enum store_kind kind, uint32_t id);

/* Others of the store may keep it alive from now on: before its id is written into a slot. */
void store_mark_target(struct store_obj *obj);
/* After it is written: -EBADF where the target lost its last fd, and went, before that. */
int store_check_target(const struct store_obj *obj);

/* An edge from an object that is being made to one in hand. */
void store_edge_to(struct store_obj *from, struct store_obj *to);

/* Id that store_publish() will give: rises by one per object, never given twice. */
uint32_t store_reserve_id(struct store_obj *obj);

/**
 * store_get_fd() - the object behind a bpf fd
 * @mode: receives STORE_READ | STORE_WRITE as the fd allows; may be NULL
 * Return: 0 (give back with store_put()), -EBADF: no such fd, -EINVAL: an fd of something else.
 */
int store_get_fd(int fd, enum store_kind kind, struct store_obj **out, uint32_t *mode);

/* Kind of a bpf fd of this store; 0: an fd of something else, -EBADF: no such fd. */
int store_fd_kind(int fd, uint32_t *id);

/* Object by id whether or not something still refers to it, for followers of edges. */
int store_get(enum store_kind kind, uint32_t id, struct store_obj **out);
/* Another use of an object in hand. */
struct store_obj *store_ref(struct store_obj *obj);
void store_put(struct store_obj *obj);

/* A new fd for an object in hand. Return: fd or -errno (-EMFILE …). */
int store_new_fd(struct store_obj *obj, uint32_t mode);

/* FD_BY_ID: object of that id if it is alive. Return: fd, -ENOENT, -errno. */
int store_fd_by_id(enum store_kind kind, uint32_t id, uint32_t mode);
/* GET_NEXT_ID: smallest living id greater than @start, or -ENOENT. */
int store_next_id(enum store_kind kind, uint32_t start, uint32_t *next);

/* Is it referenced by an fd, a pin or an edge from something that is. */
bool store_alive(enum store_kind kind, uint32_t id);

/* The same from a published object (PROG_BIND_MAP). 0, -EEXIST, -ENOSPC, -EBADF: @to is gone. */
int store_add_edge(struct store_obj *from, struct store_obj *to);

/* After a reference went away in a way we saw: remove the object, and what only it held, if
 * nothing refers to it any more. */
void store_collect(enum store_kind kind, uint32_t id);

/* The same for everything, after references went in ways that do not name the object. */
void store_collect_all(void);

/* Close an fd of the store (see kern_fd_close()). 0 or -EINVAL: not known as one. */
int store_close_fd(int fd);
void store_duped_fd(int from, int to);
/* Kind of an fd as far as known in memory; 0: none. */
int store_known_fd(int fd);
/* Whoever calls sees every close(), dup2() and close_range() of this process and tells: from now on
 * known fds need not be looked at again. */
void store_fds_are_watched(void);
/* Is it open in this process already. */
bool store_in_use(void);
/* Could an fd be of some store: a cheap look that opens none. */
bool store_fd_may_be_object(int fd);
void store_closed_range(unsigned int first, unsigned int last);

/* An fd to make a user's mapping through, to be closed afterwards: the mapping then refers to the
 * object. A writable one counts as such until it is unmapped; a read-only one stays read-only. */
int store_view_fd(struct store_obj *obj, bool writable);
bool store_has_writable(struct store_obj *obj);

/* A mark on the open file behind an fd of an object: it goes with the last duplicate of that fd, and the
 * last mapping made through it. 0 or -errno; has any open file of the object the mark. */
int store_fd_mark(int fd, uint32_t mark);
bool store_has_mark(struct store_obj *obj, uint32_t mark);

/* ---- what wakes who waits for an object ---- */

/* In the object's shared memory, beside a FIFO that holds at most one byte. */
struct store_fifo {
	_Atomic uint32_t waited_for;	/* somebody has the FIFO open */
	_Atomic uint32_t signalled;	/* 0: it is empty; who is filling it; all ones: it is full */
};

/* The FIFO to wait on (O_CLOEXEC, the caller's) or -errno. */
int store_fifo_open(struct store_fifo *fifo, const struct store_obj *obj);
void store_fifo_wake(struct store_fifo *fifo, const struct store_obj *obj);
/* Take the byte out of @fd, so that the next store_fifo_wake() wakes again. */
void store_fifo_drain(struct store_fifo *fifo, int fd);

/* ---- records: small named files that refer to objects without any fd ---- */

#define STORE_RECORD_EDGES 64u

struct store_record {
	uint64_t magic;
	uint32_t format, edge_cnt;
	struct store_edge edges[STORE_RECORD_EDGES];	/* kept alive by the record */
	uint64_t room[432];				/* the owner's own facts */
};
_Static_assert(sizeof(struct store_record) <= STORE_PAGE, "a record is at most one page");

/* 0, -ENOENT, -EINVAL: damaged, -errno. */
int store_record_read(const char *name, struct store_record *record);
/* Replaced as a whole. 0, -EBADF: what it refers to (see store_mark_target()) went away, -ENOMEM,
 * -errno. */
int store_record_write(const char *name, struct store_record *record);
void store_record_remove(const char *name);
/* All whose names begin with @prefix, until @fn returns something else than 0. */
int store_record_each(const char *prefix,
		      int (*fn)(const char *name, const struct store_record *record, void *arg),
		      void *arg);
/* @kept: is what the record is about still there; if not, it refers to nothing. @removed: told under
 * the store's lock when such a one is removed. */
void store_set_records(bool (*kept)(const char *name, const struct store_record *record),
		       void (*removed)(const char *name, const struct store_record *record));

/* ---- counters of hooks, shared by all processes ---- */

/* Attachments of the hook of that name and their generation; NULL: the table is full. */
struct store_counter {
	const uint32_t *attached, *generation;
};
int store_hook_counter(const char *name, struct store_counter *counter);
/* Hooks are numbered from 0 in a store, and stay so: number or -errno; name or NULL. */
int store_hook_number(const char *name);
const char *store_hook_name(uint32_t number);
void store_hook_changed(const char *name, int attached_by);

/* One attachment is made or removed at a time in a store. */
int store_attach_lock(void);
void store_attach_unlock(void);

/* Number of a walk of an iterator: rises by one. */
uint32_t store_next_session(void);

/* ---- statistics ---- */

/* ENABLE_STATS: an fd that keeps them on while it is open in any process; -errno. */
int store_stats_fd(void);
/* Does anybody want them. One load where nobody ever did; else a look at the file. */
bool store_stats_on(void);

/* An administrator may have turned them on, or off: look again. */
void store_stats_look(void);

/* ---- settings ---- */

/* The number in a file of root/ that stands for one of /proc/sys; @otherwise where there is none. */
int store_sysctl(const char *name, int otherwise);

/* Lines of bpf_trace_printk() that nobody will read and nobody was told of yet. */
_Atomic uint32_t *store_trace_lost(void);

/* ---- fds of other tasks ---- */

/* The object behind an fd of any process: 0, with NULL for an fd of something else; -EBADF. */
int store_get_task_fd(uint32_t pid, uint32_t fd, struct store_obj **out);

/* ---- CPU slots: at most possible_cpus programs run at once ---- */
uint32_t store_cpu_get(void);
void store_cpu_put(uint32_t cpu);

/* What runs there, for whoever detaches a link that another process may be running. A link that is
 * marked detached before store_wait_runs() is seen by a run that begins afterwards. */
void store_run_begin(uint32_t cpu, uint32_t link_id);
void store_run_end(uint32_t cpu);
/* Return: no process runs that link any more; false: @limit_ns are over. Not for the caller's own
 * run. */
bool store_wait_runs(uint32_t link_id, uint64_t limit_ns);

/* ---- pins ---- */

/* Real path of a path below /sys/fs/bpf, for other paths -EPERM. */
int store_bpffs_path(const char *path, char *out, size_t size);
/* OBJ_PIN: Linux's errno (-EEXIST, -ENOENT, -EPERM for a dot in the name or another fs …). */
int store_pin(struct store_obj *obj, const char *path);
/* OBJ_GET. @mode as asked for. */
int store_get_pinned(const char *path, enum store_kind *kind, uint32_t *id);

#endif
