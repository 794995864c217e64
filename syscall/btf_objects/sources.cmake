set(SOURCES btf_objects.c)
