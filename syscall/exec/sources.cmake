set(SOURCES translate.c run.c interp.c)
