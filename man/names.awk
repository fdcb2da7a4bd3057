# SPDX-License-Identifier: GPL-2.0-only
# Prints the names in the comment "Names:" of a page's source.
sub(/^\.\. Names:/, "") { on = 1 }
on && /^[^ ]/ { exit }
on && /^$/ { exit }
on { print }
