set(SOURCES kern_btf.c check.c kinds.c names.c fields.c resolve.c members.c check_log.c walk.c)
