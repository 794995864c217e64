/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Answers of a real kernel, recorded in data/, and comparing with them. One line of a file is what
 * was asked, what was changed in it, and the answers in order: "0: EINVAL; 1: fd; 3: EINVAL" says
 * that 2 was answered as 1 and all behind 3 as 3.
 */
#ifndef ANSWERS_H
#define ANSWERS_H

#include "backend.h"

#define ANSWER_SIZE 160
#define LINE_SIZE   16384

struct line {
	char text[LINE_SIZE], last[ANSWER_SIZE];
	size_t length;
};

/* @value was answered with @answer. */
void line_say(struct line *line, const char *value, const char *answer);

/* Read the answers of data/@file; or record them where BPF_SHIM_RECORD says so. Return: is this
 * kernel to be asked (only the real one is recorded). */
bool answers_begin(const char *file, const struct backend *b);
/* Compare with what is recorded, or record. */
void answers_judge(const char *scene, const char *what, const struct line *line);
/* Return: how many were different. */
int answers_end(void);

#endif
