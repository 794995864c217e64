set(SOURCES redirect.c wrap_syscall.c wrap_fds.c wrap_netlink.c netlink_route.c wrap_open.c wrap_stat.c wrap_names.c)
