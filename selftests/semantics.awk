# SPDX-License-Identifier: GPL-2.0-only
# Makes the rows of semantics_test.c of the tables in Documentation/semantics.rst: a
# heading is an operation, a line of its table a situation with a cell for each of three
# capacities.
function fail(text) {
	print FILENAME ":" FNR ": " text >"/dev/stderr"
	bad = 1
	exit 1
}

BEGIN {
	print "/* SPDX-License-Identifier: GPL-2.0-only */"
	print "/* Made of Documentation/semantics.rst. */"
	print "static const struct row {"
	print "\tconst char *subject;"
	print "\tconst char *situation;"
	print "\tconst char *cells[3];"
	print "} rows[] = {"
}

/^---+$/ { subject = last }

/^=+( +=+)+$/ {
	inside = inside == 1 ? 2 : 0
	next
}

/^situation  / && /  0  +n  +unbounded$/ { inside = 1 }

inside == 2 {
	if (split($0, cell, /  +/) != 4)
		fail("a row has not three cells")
	printf "\t{ \"%s\", \"%s\", { \"%s\", \"%s\", \"%s\" } },\n", subject,
		cell[1], cell[2], cell[3], cell[4]
	rows++
}

{ last = $0 }

END {
	if (bad)
		exit 1
	print "};"
	if (!rows || inside)
		fail("no table, or one without an end")
}
