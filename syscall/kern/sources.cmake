set(SOURCES kern.c kernel_btf.c bpfx.c fds.c wait_sets.c paths.c tracefs.c trace_pipe.c query.c fire.c netlink_door.c perf_door.c)
