set(SOURCES fault.c privilege.c ulog.c word_lock.c self.c log.c rundown.c)
