set(SOURCES hooks.c link.c host.c)
