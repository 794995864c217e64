/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Which names are good. Linux asks its own character table, which is Latin-1: letters there are
 * also bytes 0xc0-0xff without the signs for times and division.
 */
#include "inner.h"

#define NAME_MAX_LEN 512	/* longest symbol name of the kernel */

static bool is_letter(unsigned char c)
{
	if (c >= 0xc0)
		return c != 0xd7 && c != 0xf7;
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_identifier_char(unsigned char c)
{
	return is_letter(c) || c == '_' || c == '.';
}

static bool is_printable(unsigned char c)
{
	return (c >= 0x20 && c < 0x7f) || c >= 0xa0;
}

bool btf_name_is_identifier(const struct kern_btf *btf, uint32_t offset)
{
	const char *name = kern_btf_name(btf, offset);

	if (!is_identifier_char(name[0]))
		return false;
	for (uint32_t i = 1; name[i]; i++)
		if (i == NAME_MAX_LEN || !(is_identifier_char(name[i]) ||
					       (name[i] >= '0' && name[i] <= '9')))
			return false;
	return true;
}

bool btf_name_is_section(const struct kern_btf *btf, uint32_t offset)
{
	const char *name = kern_btf_name(btf, offset);

	if (!name[0])
		return false;
	for (uint32_t i = 0; name[i]; i++)
		if (i == NAME_MAX_LEN || !is_printable(name[i]))
			return false;
	return true;
}
