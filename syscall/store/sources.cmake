set(SOURCES store.c object.c cache.c alive.c pin.c fifo.c record.c shared.c journal.c stats.c sysctl.c lock.c kill_point.c)
