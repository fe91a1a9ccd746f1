# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the PTX text (or the cubin) of the first gpu.binary on stdin to stdout."""
import re
import sys

text = sys.stdin.read()
match = re.search(r'\b(assembly|bin) = "((?:[^"\\]|\\.)*)"', text)
if not match:
    sys.exit("extract_ptx.py: found no gpu.binary with an object on stdin")
escape = re.compile(r"\\([0-9A-Fa-f]{2}|.)")
names = {"n": "\n", "t": "\t"}
data = escape.sub(
    lambda e: chr(int(e[1], 16)) if len(e[1]) == 2 else names.get(e[1], e[1]),
    match[2],
).encode("latin-1")
if match[1] == "assembly":
    data = data.rstrip(b"\0")
sys.stdout.buffer.write(data)
