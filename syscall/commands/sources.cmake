set(SOURCES table.c map_commands.c batch.c prog_commands.c query_commands.c object_commands.c info.c)
