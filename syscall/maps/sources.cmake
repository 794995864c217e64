set(SOURCES map.c types.c map_btf.c array.c fd_array.c hash.c jhash.c ringbuf.c)
