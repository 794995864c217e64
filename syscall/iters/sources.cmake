set(SOURCES session.c objects.c map_elems.c)
