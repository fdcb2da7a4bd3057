# SPDX-License-Identifier: GPL-2.0-only
# Makes of what rst2man writes what man(1) and mandoc(1) want: all names of the page in its
# first line (the comment "Names:" of the source), no hyphens in names, no empty paragraph after a heading, no
# font that is not there, no lines that are hard to edit, and the mark of a page with tables.
{
	line[++lines] = $0
	if ($0 == ".TS")
		tables = 1
	# The comment, which may go over several lines.
	if (sub(/^\.\\" Names:/, "")) {
		names = $0
		in_names = 1
	} else if (in_names && sub(/^\.\\" /, "")) {
		names = names " " $0
	} else {
		in_names = 0
	}
}

# A line of text, as several; one that begins with a dot or a quote would be a request.
function fill(text,	at)
{
	while (length(text) > 80) {
		for (at = 81; at > 0; at--)
			if (substr(text, at, 1) == " " && substr(text, at + 1, 1) !~ /[ .']/)
				break
		if (!at)
			break
		print substr(text, 1, at - 1)
		text = substr(text, at + 1)
	}
	print text
}

function title(text,	at, all, i)
{
	at = index(text, " \\- ")
	all = substr(text, 1, at - 1)
	for (i = 1; i <= count; i++)
		all = all ", " name[i]
	return all substr(text, at)
}

END {
	count = split(names, name, " ")
	if (tables)
		print "'\\\" t"
	for (i = 1; i <= lines; i++) {
		if (line[i] == ".nf" || line[i] == ".TS")
			verbatim = 1
		else if (line[i] == ".fi" || line[i] == ".TE")
			verbatim = 0
		if (line[i] == ".sp" && line[i - 1] ~ /^\.S[HS] /)
			continue
		if (line[i] ~ /^\.ft [CP]$/)
			continue
		if (line[i] ~ /^[.]TH /)
			line[i] = line[i] "\n.nh"
		if (line[i - 1] == ".SH NAME")
			line[i] = title(line[i])
		if (verbatim || line[i] ~ /^[.']/)
			print line[i]
		else
			fill(line[i])
	}
}
