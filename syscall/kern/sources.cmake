set(SOURCES kern.c fds.c wait_sets.c paths.c)
