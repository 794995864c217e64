# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# Two outputs of load_progs, first the real kernel's: per object and in total how they agree.
# -v names=1 prints each program that does not.

function class_of(key,    k, e) {
	k = kernel[key]
	e = emulated[key]
	if (k != "loaded" && k != "refused")
		return "not judged"
	if (e == "unmapped")
		return "no map type"
	if (e == "crashed" || e == "timeout")
		return "crashed"
	if (k == "loaded")
		return e == "loaded" ? "agree" : e == "refused" ? "too strict" : "not there"
	return e == "loaded" ? "too lax" : e == "refused" ? "agree" : "not there"
}

function note(object, what) {
	count[object, what]++
	total[what]++
}

function name(key, what) {
	if (names)
		printf "%s\t%s\t%s | %s\n", what, key, kernel_text[key], text[key]
}

function judge(key, object,    class, k, e) {
	class = class_of(key)
	note(object, class)
	if (class != "agree" && class != "not judged")
		name(key, class)
	if (class != "agree")
		return
	if (kernel[key] == "refused") {
		note(object, "refusals")
		if (kernel_err[key] != err[key]) {
			note(object, "errno")
			name(key, "errno " kernel_err[key] " " err[key])
		}
		if (kernel_text[key] != text[key]) {
			note(object, "message")
			name(key, "message")
		}
	}
	k = kernel_insns[key]
	e = insns[key]
	if (k >= 0 && e >= 0) {
		note(object, "counted")
		if (k != e) {
			note(object, "insns")
			name(key, "insns " k " " e)
		}
		if (e > k * 1.1 || e < k * 0.9)
			note(object, "insns10")
	}
}

function row(title, object,    i) {
	printf "%-34s", title
	for (i = 1; i <= columns; i++)
		printf " %9d", object == "" ? total[column[i]] : count[object, column[i]]
	printf "\n"
}

BEGIN {
	FS = "\t"
	columns = split("agree,too strict,too lax,errno,message,insns,insns10,not there,no map type," \
			"crashed,not judged,refusals,counted", column, ",")
}

/^#/ { next }
{ key = $1 "." $2 }
FILENAME == ARGV[1] {
	kernel[key] = $4; kernel_err[key] = $5; kernel_insns[key] = $6; kernel_text[key] = $7
	hash[key] = $3
	next
}
{
	emulated[key] = $4; err[key] = $5; insns[key] = $6; text[key] = $7
	if (!(key in kernel))
		next
	if (hash[key] != $3) {
		print "another object was recorded: " key
		next
	}
	if (!($1 in seen)) {
		seen[$1] = 1
		order[++objects] = $1
	}
	judge(key, $1)
}

END {
	printf "%-34s", ""
	for (i = 1; i <= columns; i++)
		printf " %9s", substr(column[i], 1, 9)
	printf "\n"
	if (files)
		for (i = 1; i <= objects; i++)
			row(order[i], order[i])
	row("total", "")
	judged = total["agree"] + total["too strict"] + total["too lax"] + total["crashed"]
	if (judged)
		printf "judged %d, agreed %.2f %%; of %d refusals errno equal %.2f %%, last line %.2f %%; " \
		       "of %d counts equal %.2f %%, within 10 %% %.2f %%\n", judged,
		       100 * total["agree"] / judged, total["refusals"],
		       100 - 100 * total["errno"] / (total["refusals"] + !total["refusals"]),
		       100 - 100 * total["message"] / (total["refusals"] + !total["refusals"]),
		       total["counted"],
		       100 - 100 * total["insns"] / (total["counted"] + !total["counted"]),
		       100 - 100 * total["insns10"] / (total["counted"] + !total["counted"])
	exit total["too lax"] + total["crashed"] > allowed
}
