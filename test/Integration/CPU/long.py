#!/usr/bin/env python3
#===- long.py - Memory and results of a long sequence ---------------------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===------------------------------------------------------------------------===#
#
# Called by long.mlir, which says what is expected.
#
#===------------------------------------------------------------------------===#

"""Run long.mlir over few and many tokens; compare peak memory and results."""

import array
import os
import sys

TOKENS, FEW, CHANNELS, THREADS = 65536, 256, 16, 2


def peak_memory(tool, source, target, tokens):
    """Bytes that a run has in memory at most."""
    command = [tool, source, "--dims", f"S={tokens}", "--out", target]
    command += ["--threads", str(THREADS)]
    child = os.posix_spawnp(tool, command, os.environ,
                            file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit(f"long.py: {tokens} tokens: wait status {status}")
    return 1024 * usage.ru_maxrss


def main():
    tool, source, target = sys.argv[1:]
    few = peak_memory(tool, source, target, FEW)
    many = peak_memory(tool, source, target, TOKENS)
    with open(target, "rb") as file:
        content = file.read()
    os.remove(target)
    one = 4 * TOKENS * CHANNELS
    result = array.array("f", content[-one:])
    for row in range(TOKENS):
        mean = sum(result[row * CHANNELS : (row + 1) * CHANNELS]) / CHANNELS
        if not abs(mean - row / (2 * TOKENS)) < 0.01:
            sys.exit(f"long.py: row {row} has the mean {mean}")
    # Four arguments; one more of twice the size while values are made.
    bound = few + 4 * one + 2 * one + THREADS * 2 * 10**6
    if many > bound:
        sys.exit(f"long.py: {many} bytes in memory, more than {bound}")
    print(f"{TOKENS} tokens: results as expected, memory within its bound")


if __name__ == "__main__":
    main()
