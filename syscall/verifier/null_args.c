/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Tracepoints of Linux with arguments that may be NULL although their types do not say so, measured on 6.18.
 * They matter where the BTF of a real kernel stands for ours.
 */
#include "env.h"

#define ARG(n) (1u << (n))

static const struct {
	const char *tracepoint;
	uint32_t args;		/* bit n: argument n */
} rows[] = {
	{ "break_lease_block", ARG(1) },
	{ "break_lease_noblock", ARG(1) },
	{ "break_lease_unblock", ARG(1) },
	{ "ext4_mballoc_discard", ARG(1) },
	{ "ext4_mballoc_free", ARG(1) },
	{ "fcntl_setlk", ARG(1) },
	{ "fib_table_lookup", ARG(2) },
	{ "flock_lock_inode", ARG(1) },
	{ "folio_wait_writeback", ARG(1) },
	{ "generic_delete_lease", ARG(1) },
	{ "hugetlbfs_alloc_inode", ARG(1) },
	{ "kfree_skb", ARG(3) },
	{ "locks_remove_posix", ARG(1) },
	{ "mm_collapse_huge_page_isolate", ARG(0) },
	{ "mm_khugepaged_collapse_file", ARG(1) },
	{ "mm_khugepaged_scan_file", ARG(1) },
	{ "mm_khugepaged_scan_pmd", ARG(1) },
	{ "mm_page_alloc", ARG(0) },
	{ "mm_page_alloc_zone_locked", ARG(0) },
	{ "mm_page_pcpu_drain", ARG(0) },
	{ "posix_lock_inode", ARG(1) },
	{ "qdisc_dequeue", ARG(3) },
	{ "sched_pi_setprio", ARG(1) },
	{ "sched_stick_numa", ARG(2) },
	{ "sched_swap_numa", ARG(2) },
	{ "tcp_send_reset", ARG(0) | ARG(1) },
	{ "tcp_sendmsg_locked", ARG(2) },
	{ "time_out_leases", ARG(1) },
	{ "tmigr_update_events", ARG(0) },
	{ "writeback_dirty_folio", ARG(1) },
	{ "xfs_blockgc_flush_all", ARG(0) },
	{ "xfs_blockgc_free_space", ARG(1) },
	{ "xfs_blockgc_start", ARG(0) },
	{ "xfs_blockgc_stop", ARG(0) },
	{ "xfs_blockgc_worker", ARG(0) },
	{ "xfs_btree_overlapped_query_range", ARG(2) },
	{ "xfs_btree_updkeys", ARG(2) },
	{ "xfs_defer_add_item", ARG(0) },
	{ "xfs_defer_cancel_item", ARG(0) },
	{ "xfs_defer_cancel_list", ARG(0) },
	{ "xfs_defer_create_intent", ARG(0) },
	{ "xfs_defer_finish_item", ARG(0) },
	{ "xfs_defer_isolate_paused", ARG(0) },
	{ "xfs_defer_item_pause", ARG(0) },
	{ "xfs_defer_item_unpause", ARG(0) },
	{ "xfs_defer_pending_abort", ARG(0) },
	{ "xfs_defer_pending_finish", ARG(0) },
	{ "xfs_defer_relog_intent", ARG(0) },
	{ "xfs_fs_sync_fs", ARG(0) },
	{ "xfs_inodegc_flush", ARG(0) },
	{ "xfs_inodegc_push", ARG(0) },
	{ "xfs_inodegc_queue", ARG(0) },
	{ "xfs_inodegc_start", ARG(0) },
	{ "xfs_inodegc_stop", ARG(0) },
	{ "xfs_inodegc_throttle", ARG(0) },
	{ "xfs_ioc_free_eofblocks", ARG(1) },
	{ "xfs_map_blocks_alloc", ARG(4) },
	{ "xfs_map_blocks_found", ARG(4) },
};

bool tracepoint_arg_may_be_null(const char *tracepoint, uint32_t arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].tracepoint, tracepoint))
			return rows[i].args >> arg & 1;
	return false;
}
