set(SOURCES attr.c event.c read.c ring.c sample.c)
