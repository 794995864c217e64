/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Who is alive: an object is, if an fd, a mapping or a pin refers to it or something alive does.
 * Removal happens under the store's lock; walks and lookups only look.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bits.h"
#include "err.h"
#include "raw.h"
#include "kill_point.h"
#include "layout.h"
#include "cache.h"

/* One object file as a scan sees it. */
struct node {
	enum store_kind kind;
	uint32_t id;
	bool root;		/* an fd, mapping or pin holds it */
	bool marked;
	bool is_target;
	uint32_t edge_cnt;
	struct store_edge *edges;
};

struct graph {
	struct node *nodes;
	size_t cnt, cap;
};

/* ---- one object ---- */

static int open_object(enum store_kind kind, uint32_t id)
{
	char path[PATH_MAX];

	object_path(path, sizeof(path), kind, id);
	return open(path, O_RDWR | O_CLOEXEC);
}

static bool is_pinned(enum store_kind kind, uint32_t id)
{
	char path[PATH_MAX];
	struct stat st;

	pin_file_path(path, sizeof(path), kind, id);
	return !stat(path, &st) && st.st_nlink > 1;
}

/* Held by something outside of the store's graph. */
static bool is_root(int fd, enum store_kind kind, uint32_t id)
{
	return byte_is_locked(fd, LOCK_BYTE(id)) || is_pinned(kind, id);
}

/* Ids in slots of the memory in front of the header (map-in-map). */
static int read_slots(int fd, const struct store_header *header, struct node *node)
{
	uint32_t capacity = node->edge_cnt + header->slot_cnt;
	struct store_edge *edges = realloc(node->edges, capacity * sizeof(*edges));

	if (!edges)
		return -ENOMEM;
	node->edges = edges;
	for (uint32_t i = 0; i < header->slot_cnt; i++) {
		uint32_t id = 0;
		off_t at = header->slot_offset + (uint64_t)i * header->slot_stride;

		if (pread(fd, &id, sizeof(id), at) == sizeof(id) && id)
			node->edges[node->edge_cnt++] =
				(struct store_edge){ header->slot_kind, id };
	}
	return 0;
}

/* All but its edges, for which memory is needed. */
static int read_head(int fd, struct node *node, struct store_header *header)
{
	struct stat st;
	int err = fstat(fd, &st) ? -errno : read_header(fd, &st, header);

	if (err)
		return err;
	if (header->kind != node->kind || header->id != node->id || header->dead)
		return -EINVAL;
	node->root = header->permanent || is_root(fd, node->kind, node->id);
	node->is_target = header->is_target;
	return 0;
}

static int read_node(int fd, struct node *node)
{
	struct store_header header;
	int err = read_head(fd, node, &header);

	if (err)
		return err;
	node->edge_cnt = header.edge_cnt;
	node->edges = malloc((header.edge_cnt + 1) * sizeof(*node->edges));
	if (!node->edges)
		return -ENOMEM;
	memcpy(node->edges, header.edges, header.edge_cnt * sizeof(*node->edges));
	return header.slot_cnt ? read_slots(fd, &header, node) : 0;
}

/* ---- the whole store ---- */

static struct node *graph_add(struct graph *graph)
{
	if (graph->cnt == graph->cap) {
		size_t cap = graph->cap ? graph->cap * 2 : 64;
		struct node *nodes = realloc(graph->nodes, cap * sizeof(*nodes));

		if (!nodes)
			return NULL;
		graph->nodes = nodes;
		graph->cap = cap;
	}
	graph->nodes[graph->cnt] = (struct node){ 0 };
	return &graph->nodes[graph->cnt++];
}

static void graph_free(struct graph *graph)
{
	for (size_t i = 0; i < graph->cnt; i++)
		free(graph->nodes[i].edges);
	free(graph->nodes);
}

static int by_kind_and_id(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static bool parse_name(const char *name, enum store_kind *kind, uint32_t *id)
{
	unsigned long value;
	char *end;

	*kind = kind_of_letter(name[0]);
	if (!*kind)
		return false;
	value = strtoul(name + 1, &end, 10);
	*id = value;
	return end != name + 1 && !*end && value && value <= UINT32_MAX;
}

/* Files that are no whole object: temporary ones of dead creators, damaged ones. */
static void remove_leftover(const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/obj/%s", store.dir, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!byte_is_locked(fd, LOCK_BYTE(0)))
		unlink(path);
	raw_close(fd);
}

static void unlink_object(enum store_kind kind, uint32_t id)
{
	char path[PATH_MAX];

	object_path(path, sizeof(path), kind, id);
	unlink(path);
	kill_point("remove.unlinked");
	pin_file_path(path, sizeof(path), kind, id);
	unlink(path);
	snprintf(path, sizeof(path), "%s/fifo/%c%u", store.dir, kind_letter(kind), id);
	unlink(path);
}

static int add_file(struct graph *graph, const char *name, bool remove_leftovers)
{
	struct node *node, read = { 0 };
	int fd, err;

	if (!parse_name(name, &read.kind, &read.id)) {
		if (remove_leftovers)
			remove_leftover(name);
		return 0;
	}
	fd = open_object(read.kind, read.id);
	if (fd < 0)	/* EMFILE must not make an object, and what it refers to, look dead */
		return errno == ENOENT ? 0 : -errno;
	err = read_node(fd, &read);
	/* Marked by somebody who was killed before he could remove it, or damaged. */
	if (err == -EINVAL && remove_leftovers && !byte_is_locked(fd, LOCK_BYTE(read.id)))
		unlink_object(read.kind, read.id);
	raw_close(fd);
	node = err ? NULL : graph_add(graph);
	if (!node) {
		free(read.edges);
		return err == -EINVAL ? 0 : err ? err : -ENOMEM;
	}
	*node = read;
	return 0;
}

/* A record holds what it refers to as an fd would. */
static int add_record(const char *name, const struct store_record *record, void *arg)
{
	struct node *node;
	struct store_edge *edges;

	if (!record->edge_cnt || !record_is_kept(name, record))
		return 0;
	edges = malloc(record->edge_cnt * sizeof(*edges));
	node = edges ? graph_add(arg) : NULL;
	if (!node) {
		free(edges);
		return -ENOMEM;
	}
	memcpy(edges, record->edges, record->edge_cnt * sizeof(*edges));
	*node = (struct node){ .root = true, .edge_cnt = record->edge_cnt, .edges = edges };
	return 0;
}

static int scan(struct graph *graph, bool remove_leftovers)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int err = 0;
	DIR *list;

	snprintf(path, sizeof(path), "%s/obj", store.dir);
	list = opendir(path);
	if (!list)
		return -errno;
	while (!err && (entry = readdir(list)))
		if (entry->d_name[0] != '.')
			err = add_file(graph, entry->d_name, remove_leftovers);
	closedir(list);
	if (!err)
		err = store_record_each("", add_record, graph);
	if (!err && graph->cnt)
		qsort(graph->nodes, graph->cnt, sizeof(*graph->nodes), by_kind_and_id);
	return err;
}

static struct node *graph_find(struct graph *graph, enum store_kind kind, uint32_t id)
{
	struct node key = { .kind = kind, .id = id };

	return graph->cnt ? bsearch(&key, graph->nodes, graph->cnt, sizeof(key), by_kind_and_id)
			  : NULL;
}

static void mark(struct graph *graph)
{
	struct node **stack = malloc((graph->cnt + 1) * sizeof(*stack));
	size_t depth = 0;

	if (!stack) {			/* nothing may be taken for dead then */
		for (size_t i = 0; i < graph->cnt; i++)
			graph->nodes[i].marked = true;
		return;
	}
	for (size_t i = 0; i < graph->cnt; i++) {
		if (graph->nodes[i].root && !graph->nodes[i].marked) {
			graph->nodes[i].marked = true;
			stack[depth++] = &graph->nodes[i];
		}
		while (depth) {
			struct node *node = stack[--depth];

			for (uint32_t e = 0; e < node->edge_cnt; e++) {
				struct node *to = graph_find(graph, node->edges[e].kind,
							     node->edges[e].id);

				if (!to || to->marked)
					continue;
				to->marked = true;
				stack[depth++] = to;
			}
		}
	}
	free(stack);
}

/* ---- questions ---- */

/* Does something alive refer to it: needs a look at the whole store. */
static bool held_by_others(enum store_kind kind, uint32_t id)
{
	struct graph graph = { 0 };
	struct node *node;
	bool held = true;	/* what cannot be looked at is not taken for dead */

	if (!scan(&graph, false)) {
		mark(&graph);
		node = graph_find(&graph, kind, id);
		held = node && node->marked;
	}
	graph_free(&graph);
	return held;
}

static bool node_is_alive(const struct node *node)
{
	return node->root || (node->is_target && held_by_others(node->kind, node->id));
}

bool alive_locked(enum store_kind kind, uint32_t id)
{
	struct node node = { .kind = kind, .id = id };
	struct store_header header;
	int fd = open_object(kind, id), err;

	if (fd < 0)
		return errno != ENOENT;	/* what cannot be looked at is not taken for dead */
	err = read_head(fd, &node, &header);
	raw_close(fd);
	return err ? err != -EINVAL : node_is_alive(&node);
}

bool store_alive(enum store_kind kind, uint32_t id)
{
	return !store_use() && alive_locked(kind, id);
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Ids mostly follow each other: a few are tried before the folder is listed. */
#define NEAR_IDS 16u

static bool near_id(enum store_kind kind, uint32_t start, uint32_t *next)
{
	for (uint32_t id = start + 1; id <= start + NEAR_IDS; id++) {
		if (alive_locked(kind, id)) {
			*next = id;
			return true;
		}
	}
	return false;
}

int store_next_id(enum store_kind kind, uint32_t start, uint32_t *next)
{
	uint32_t *ids = NULL, cnt = 0, cap = 0;
	char path[PATH_MAX];
	struct dirent *entry;
	int err = store_use();
	DIR *list;

	if (err)
		return err;
	if (near_id(kind, start, next))
		return 0;
	snprintf(path, sizeof(path), "%s/obj", store.dir);
	list = opendir(path);
	while (list && (entry = readdir(list))) {
		enum store_kind found;
		uint32_t id;

		if (!parse_name(entry->d_name, &found, &id) || found != kind || id <= start)
			continue;
		if (cnt == cap) {
			uint32_t *grown = realloc(ids, (cap = cap ? cap * 2 : 64) * sizeof(*ids));

			if (!grown) {
				free(ids);
				closedir(list);
				return -ENOMEM;
			}
			ids = grown;
		}
		ids[cnt++] = id;
	}
	if (list)
		closedir(list);
	err = -ENOENT;
	if (cnt)
		qsort(ids, cnt, sizeof(*ids), compare_ids);
	for (uint32_t i = 0; i < cnt; i++) {
		if (alive_locked(kind, ids[i])) {
			*next = ids[i];
			err = 0;
			break;
		}
	}
	free(ids);
	return err;
}

/* ---- removal ---- */

static bool (*unheld[STORE_KINDS])(uint32_t id);

void store_set_unheld(enum store_kind kind, bool (*fn)(uint32_t id))
{
	unheld[kind] = fn;
}

static void (*removed[STORE_KINDS])(struct store_header *header);

void store_set_removed(enum store_kind kind, void (*fn)(struct store_header *header))
{
	removed[kind] = fn;
}

static void mark_dead(int fd)
{
	struct store_header copy, *header;
	struct stat st;

	if (fstat(fd, &st) || read_header(fd, &st, &copy))
		return;
	header = raw_mmap(NULL, STORE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			  st.st_size - STORE_PAGE);
	if (header == MAP_FAILED)
		return;
	__atomic_store_n(&header->dead, 1, __ATOMIC_SEQ_CST);
	if (removed[copy.kind])
		removed[copy.kind](header);
	raw_munmap(header, STORE_PAGE);
}

static void remove_object(enum store_kind kind, uint32_t id)
{
	int fd = open_object(kind, id);

	if (fd >= 0) {
		mark_dead(fd);
		raw_close(fd);
	}
	kill_point("remove.marked");
	unlink_object(kind, id);
	atomic_fetch_add(&store.control->removals, 1);
	kill_point("remove.done");
}

/* Files beside an object that is gone. */
static void sweep_folder(const char *folder)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *list;

	snprintf(path, sizeof(path), "%s/%s", store.dir, folder);
	list = opendir(path);
	while (list && (entry = readdir(list))) {
		enum store_kind kind;
		uint32_t id;

		if (entry->d_name[0] == '.' ||
		    (parse_name(entry->d_name, &kind, &id) && store_exists(kind, id)))
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", store.dir, folder, entry->d_name);
		unlink(path);
	}
	if (list)
		closedir(list);
}

/* Objects that only others of the store hold. Return: did one give up references. */
static bool tell_unheld(const struct graph *graph)
{
	bool any = false;

	for (size_t i = 0; i < graph->cnt; i++) {
		const struct node *node = &graph->nodes[i];

		if (node->marked && !node->root && unheld[node->kind])
			any |= unheld[node->kind](node->id);
	}
	return any;
}

void sweep(void)
{
	struct graph graph = { 0 };
	int err;

	record_sweep();
	err = scan(&graph, true);
	if (!err) {
		mark(&graph);
		if (tell_unheld(&graph)) {
			graph_free(&graph);
			graph = (struct graph){ 0 };
			if (scan(&graph, false))
				goto out;
			mark(&graph);
		}
		for (size_t i = 0; i < graph.cnt; i++)
			if (!graph.nodes[i].marked)
				remove_object(graph.nodes[i].kind, graph.nodes[i].id);
	}
out:
	graph_free(&graph);
	sweep_folder("pin");
	sweep_folder("fifo");
	cache_drop_dead();
}

/* The object and then what only it held: children are asked after their parent is gone. */
static void collect_locked(enum store_kind kind, uint32_t id)
{
	struct node node = { .kind = kind, .id = id };
	int fd = open_object(kind, id), err;

	if (fd < 0)
		return;
	err = read_node(fd, &node);
	raw_close(fd);
	if (err || node.root)
		goto out;
	if (node_is_alive(&node)) {
		if (!unheld[kind] || !unheld[kind](id))
			goto out;
		/* It may have been alive by what it just gave up. */
		if (!alive_locked(kind, id))
			remove_object(kind, id);
	} else {
		remove_object(kind, id);
	}
	for (uint32_t i = 0; i < node.edge_cnt; i++)
		collect_locked(node.edges[i].kind, node.edges[i].id);
out:
	free(node.edges);
}

/* Still held by an fd or a pin: seen without the lock, which most closes need not take. */
static bool quickly_alive(enum store_kind kind, uint32_t id)
{
	int fd = open_object(kind, id);
	bool root;

	if (fd < 0)
		return true;	/* gone already */
	root = is_root(fd, kind, id);
	raw_close(fd);
	return root;
}

void store_collect(enum store_kind kind, uint32_t id)
{
	if (store_use() || quickly_alive(kind, id) || store_lock())
		return;
	collect_locked(kind, id);
	store_unlock();
	cache_drop_dead();
}

void store_collect_all(void)
{
	if (store_use() || store_lock())
		return;
	sweep();
	store_unlock();
}
