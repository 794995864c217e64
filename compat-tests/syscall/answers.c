/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"

struct record {
	char *scene, *what, *text;
};

static struct record *records;
static size_t record_cnt;
static FILE *recording;
static int wrong;

void line_say(struct line *line, const char *value, const char *answer)
{
	if (!strcmp(line->last, answer))
		return;
	snprintf(line->last, sizeof(line->last), "%s", answer);
	line->length += snprintf(line->text + line->length, sizeof(line->text) - line->length,
				 "%s%s: %s", line->length ? "; " : "", value, answer);
	assert_true(line->length < sizeof(line->text));
}

static void read_records(const char *name)
{
	static char line[LINE_SIZE + 256];
	FILE *file;

	snprintf(line, sizeof(line), "%s/%s", TEST_DATA_DIR, name);
	file = fopen(line, "r");
	if (!file)
		fail_msg("%s cannot be read", line);
	while (fgets(line, sizeof(line), file)) {
		struct record record = { .scene = strtok(line, "\t"), .what = strtok(NULL, "\t"),
					 .text = strtok(NULL, "\n") };

		if (!record.text)
			continue;
		records = realloc(records, (record_cnt + 1) * sizeof(*records));
		records[record_cnt++] = (struct record){ strdup(record.scene), strdup(record.what),
							 strdup(record.text) };
	}
	fclose(file);
}

bool answers_begin(const char *file, const struct backend *b)
{
	const char *record = getenv("BPF_SHIM_RECORD");

	if (record && b->emulated)
		return false;
	wrong = 0;
	if (!record)
		read_records(file);
	else
		recording = fopen(record, "w");
	return true;
}

static const char *recorded(const char *scene, const char *what)
{
	for (size_t i = 0; i < record_cnt; i++)
		if (!strcmp(records[i].scene, scene) && !strcmp(records[i].what, what))
			return records[i].text;
	return "(not recorded)";
}

void answers_judge(const char *scene, const char *what, const struct line *line)
{
	const char *want = recorded(scene, what);

	if (recording) {
		fprintf(recording, "%s\t%s\t%s\n", scene, what, line->text);
	} else if (strcmp(line->text, want)) {
		print_error("%s, %s:\n  want %s\n  got  %s\n", scene, what, want, line->text);
		wrong++;
	}
}

int answers_end(void)
{
	for (size_t i = 0; i < record_cnt; i++) {
		free(records[i].scene);
		free(records[i].what);
		free(records[i].text);
	}
	free(records);
	records = NULL;
	record_cnt = 0;
	if (recording)
		fclose(recording);
	recording = NULL;
	return wrong;
}
