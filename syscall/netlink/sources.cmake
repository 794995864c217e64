set(SOURCES message.c interfaces.c filters.c answer.c)
