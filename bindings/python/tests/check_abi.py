# SPDX-License-Identifier: GPL-2.0-only
"""
usage: check_abi.py CC INCLUDE...

Fails unless the declarations of ipcmbox_build.py and the numbers of ipcmbox/constants.py are those
of the headers, as the compiler knows them.
"""
import pathlib
import re
import subprocess
import sys

PLACE = pathlib.Path(__file__).parent.parent
sys.path[:0] = [str(PLACE), str(PLACE / "ipcmbox")]

import constants  # noqa: E402
import ipcmbox_build  # noqa: E402

# What a region has room for where an object of these is; sync.py says so.
SYNC_SIZE = 64


def program():
    ffi = ipcmbox_build.ffibuilder
    yield "#include <ipcmbox.h>"
    # A declaration that differs from that of the header is an error.
    for declaration in re.findall(r"^\w[^;{}]*\([^;{}]*\);", ipcmbox_build.CDEF, re.M):
        yield re.sub(r"unsigned int (order|policy|slow|access)\b", r"enum ipcmbox_\1 \1",
                     declaration)
    for name in re.findall(r"^struct (\w+) {", ipcmbox_build.CDEF, re.M):
        struct = ffi.typeof("struct " + name)
        yield f'_Static_assert(sizeof(struct {name}) == {ffi.sizeof(struct)}, "{name}");'
        for field, about in struct.fields:
            yield (f'_Static_assert(__builtin_offsetof(struct {name}, {field}) == {about.offset},'
                   f' "{name}.{field}");')
            yield (f'_Static_assert(sizeof(((struct {name} *)0)->{field}) =='
                   f' {ffi.sizeof(about.type)}, "{name}.{field}");')
    for enum, prefix in constants.PREFIXES.items():
        for value in enum:
            yield f'_Static_assert({prefix}{value.name} == {int(value)}, "{prefix}{value.name}");'
    for name in ("RENDEZVOUS", "UNBOUNDED", "FDS_MAX", "IOV_MAX"):
        yield f'_Static_assert(IPCMBOX_{name} == {getattr(constants, name)}ULL, "{name}");'
    for name in ("pthread_mutex_t", "pthread_cond_t", "sem_t"):
        yield f'_Static_assert(sizeof({name}) <= {SYNC_SIZE}, "{name}");'


def main():
    source = "\n".join(program()) + "\n"
    command = [sys.argv[1], "-std=c11", "-D_GNU_SOURCE", "-Werror", "-fsyntax-only", "-x", "c", "-"]
    command += ["-I" + folder for folder in sys.argv[2:]]
    if subprocess.run(command, input=source, text=True).returncode:
        sys.exit("check_abi.py: the declarations are not those of the headers")
    # That it sees a difference.
    for wrong in ("struct ipcmbox_info.sent", "struct ipcmbox_receipt.id"):
        name = wrong.replace("struct ", "")
        broken = re.sub(rf"== \d+, \"{re.escape(name)}\"", f'== 3, "{name}"', source)
        if broken == source or not subprocess.run(
                command, input=broken, text=True, stderr=subprocess.DEVNULL).returncode:
            sys.exit("check_abi.py: it does not see what is wrong")
    print(f"check_abi.py: {source.count('_Static_assert')} facts are those of the headers")


if __name__ == "__main__":
    main()
