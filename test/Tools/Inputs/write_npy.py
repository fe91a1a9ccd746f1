#!/usr/bin/env python3
# ===- write_npy.py - Writes a .npy file, also a wrong one -----------------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# ===-----------------------------------------------------------------------===#

"""write_npy.py FILE DESCR SHAPE BYTES: zeros, with a header of any content."""

import struct
import sys

path, descr, shape, size = sys.argv[1:]
header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n"
with open(path, "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)))
    file.write(header.encode("ascii") + bytes(int(size)))
