set(SOURCES rows.c decode.c disasm.c)
