# SPDX-License-Identifier: LGPL-2.1-or-later
"""Has setuptools make ipcmbox/_ffi.py, which pyproject.toml cannot say."""
from setuptools import setup

setup(cffi_modules=["ipcmbox_build.py:ffibuilder"])
