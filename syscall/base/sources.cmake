set(SOURCES fault.c ulog.c log.c)
