set(SOURCES table.c map_helpers.c ringbuf_helpers.c perf_helpers.c time_helpers.c task_helpers.c cgroup_helpers.c misc_helpers.c
	memory_helpers.c string_helpers.c format.c trace_printk.c loop_helpers.c spin_lock.c
	dynptr_helpers.c dynptr_kfuncs.c kfunc_table.c iter_kfuncs.c section_kfuncs.c linux_kfuncs.c
	seq_helpers.c btf_show.c iter_targets.c)
