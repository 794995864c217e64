set(SOURCES map.c types.c map_btf.c array.c bloom_filter.c fd_array.c perf_event_array.c devmap.c hash.c hash_of_maps.c jhash.c lpm_trie.c object_cache.c queue_stack.c ringbuf.c custom.c)
