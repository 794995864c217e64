set(SOURCES kern.c fds.c paths.c)
