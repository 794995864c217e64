set(SOURCES fault.c ulog.c word_lock.c log.c)
