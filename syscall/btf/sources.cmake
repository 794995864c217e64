set(SOURCES kern_btf.c check.c kinds.c names.c fields.c runtime_btf.c runtime_types.c runtime_objects.c resolve.c members.c check_log.c walk.c)
