/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Where there is no libFuzzer: FOLDER SEED RUNS. Runs each file of the folder, then mutations of them,
 * from a seed: the same ones everywhere.
 */
#include <dirent.h>
#include <stdio.h>

#include "target.h"

#define FILES_MAX 256
#define SIZE_MAX_INPUT 65536u

static struct {
	uint8_t *data;
	size_t size;
} files[FILES_MAX];
static size_t file_cnt;
static uint64_t state;

static uint32_t next_random(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return below ? (state >> 16) % below : 0;
}

static int by_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void read_file(const char *folder, const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = file_cnt < FILES_MAX ? fopen(path, "rb") : NULL;
	if (!file)
		return;
	files[file_cnt].data = malloc(SIZE_MAX_INPUT);
	files[file_cnt].size = fread(files[file_cnt].data, 1, SIZE_MAX_INPUT, file);
	file_cnt++;
	fclose(file);
}

static void read_folder(const char *folder)
{
	struct dirent **entries;
	int cnt = scandir(folder, &entries, by_name, alphasort);

	for (int i = 0; i < cnt; i++) {
		read_file(folder, entries[i]->d_name);
		free(entries[i]);
	}
	if (cnt >= 0)
		free(entries);
}

/* A few bytes replaced, inserted, taken out, or words that are often special. */
static size_t mutate(uint8_t *data, size_t size)
{
	static const uint32_t words[] = { 0, 1, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff };
	size_t at = next_random(size + 1), cnt = 1 + next_random(4);

	switch (next_random(5)) {
	case 0:
		for (size_t i = at; i < size && i < at + cnt; i++)
			data[i] = next_random(256);
		return size;
	case 1:
		if (size + cnt > SIZE_MAX_INPUT)
			return size;
		memmove(data + at + cnt, data + at, size - at);
		for (size_t i = 0; i < cnt; i++)
			data[at + i] = next_random(256);
		return size + cnt;
	case 2:
		if (at + cnt > size)
			return size;
		memmove(data + at, data + at + cnt, size - at - cnt);
		return size - cnt;
	case 3:
		at &= ~(size_t)3;
		if (at + 4 <= size)
			memcpy(data + at, &words[next_random(sizeof(words) / 4)], 4);
		return size;
	default:
		if (at < size)
			data[at] ^= 1u << next_random(8);
		return size;
	}
}

static void run_mutation(void)
{
	static uint8_t data[SIZE_MAX_INPUT + 8];
	size_t file = next_random(file_cnt), size = 0;
	uint8_t *copy;

	if (file_cnt) {
		size = files[file].size;
		memcpy(data, files[file].data, size);
	}
	for (uint32_t i = next_random(8) + 1; i; i--)
		size = mutate(data, size);
	/* Exactly as large as it is, for sanitizers. */
	copy = malloc(size + !size);
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

int main(int argc, char **argv)
{
	unsigned long runs = argc > 3 ? strtoul(argv[3], NULL, 0) : 1000;

	if (argc < 2) {
		fprintf(stderr, "usage: %s FOLDER [SEED [RUNS]]\n", argv[0]);
		return 2;
	}
	state = 0x9e3779b97f4a7c15ull * (1 + (argc > 2 ? strtoul(argv[2], NULL, 0) : 1));
	LLVMFuzzerInitialize(&argc, &argv);
	read_folder(argv[1]);
	for (size_t i = 0; i < file_cnt; i++)
		LLVMFuzzerTestOneInput(files[i].data, files[i].size);
	for (unsigned long i = 0; i < runs; i++)
		run_mutation();
	for (size_t i = 0; i < file_cnt; i++)
		free(files[i].data);
	printf("%zu files and %lu mutations\n", file_cnt, runs);
	return 0;
}
