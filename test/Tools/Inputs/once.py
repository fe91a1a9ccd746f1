#!/usr/bin/env python3
#===- once.py - Checks that a tool refuses its input properly -------------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===------------------------------------------------------------------------===#

"""once.py [--full] COMMAND...: run it, with a full standard output if asked;
fail unless its status is 1 with one diagnostic, and print that."""

import os
import subprocess
import sys

command = sys.argv[1:]
full = command[0] == "--full"
if full:
    command = command[1:]
output = os.open("/dev/full" if full else os.devnull, os.O_WRONLY)
done = subprocess.run(
    command,
    stdin=subprocess.DEVNULL,
    stdout=output,
    stderr=subprocess.PIPE,
    timeout=120,
)
text = done.stderr.decode(errors="replace")
print(text, end="")
if done.returncode != 1:
    sys.exit(f"once.py: exit status {done.returncode}, not 1")
errors = text.count("error:")
# The command line's parser doesn't say "error".
option = text.startswith(os.path.basename(command[0]) + ": ") and not errors
if "LLVM ERROR" in text or "Stack dump" in text or errors != (0 if option else 1):
    sys.exit(f"once.py: {errors} errors, not one diagnostic")
