# SPDX-License-Identifier: GPL-2.0-only
"""How Sphinx makes HTML of this folder: make docs."""

project = "ipcmbox"
author = "The ipcmbox developers"
extensions = ["sphinx.ext.graphviz"]
root_doc = "index"
# C, where a block does not say what it is; most are none.
highlight_language = "none"
html_theme = "alabaster"
html_theme_options = {"description": "mailboxes between local processes"}
graphviz_output_format = "svg"
