set(SOURCES map.c types.c map_btf.c array.c hash.c jhash.c ringbuf.c)
