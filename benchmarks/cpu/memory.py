#!/usr/bin/env python3
#===- memory.py - Memory and results of a long sequence -------------------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===------------------------------------------------------------------------===#
#
# Runs long-d64.mlir, its arguments from files, over 16,384 tokens with one thread
# and over 65,536 with 5. What the second run has more in memory at its peak, beside
# larger arrays, is scratch: of 4 threads, or growing with the sequence.
#
# Queries are 1 and all channels of a key are alike, so that each score is known:
# two running sums give row i of the result, a mean of the values' rows 0 to i.
#
#===------------------------------------------------------------------------===#

"""Measure the scratch memory of a long sequence, and check its result."""

import argparse
import array
import math
import os
import random
import sys
import tempfile
from pathlib import Path

KERNEL = Path(__file__).resolve().parent / "long-d64.mlir"
CHANNELS = 64
FEW, TOKENS = 16384, 65536
THREADS = 5
TARGET = 2_000_000  # bytes of scratch for a thread
TOLERANCE = 1e-5


def write_npy(path, rows):
    """An array (1, 1, S, D); all channels of a row have the same value."""
    shape = f"(1, 1, {len(rows)}, {CHANNELS})"
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little"))
        file.write(header.encode("ascii"))
        for row in rows:
            file.write(array.array("f", [row] * CHANNELS).tobytes())


def run(tool, folder, keys, values, threads, extra):
    """Peak memory of a run over these keys and values, in bytes."""
    paths = [str(folder / f"{name}.npy") for name in "qkvo"]
    for path, rows in zip(paths, ([1.0] * len(keys), keys, values)):
        write_npy(path, rows)
    command = [tool, str(KERNEL), "--in", ",".join(paths[:3]), "--out", paths[3]]
    command += ["--threads", str(threads), *extra]
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    child = os.posix_spawnp(tool, command, os.environ, file_actions=quiet)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise RuntimeError(f"`{' '.join(command)}` ended with wait status {status}")
    return 1024 * usage.ru_maxrss


def check(path, keys, values):
    """Compare every element of the result with the running means."""
    weights = total = 0.0
    with open(path, "rb") as file:
        file.seek(-4 * TOKENS * CHANNELS, os.SEEK_END)
        for i, (key, value) in enumerate(zip(keys, values)):
            weight = math.exp(CHANNELS**0.5 * key)
            weights, total = weights + weight, total + weight * value
            for element in array.array("f", file.read(4 * CHANNELS)):
                if not abs(element - total / weights) <= TOLERANCE:
                    raise RuntimeError(
                        f"row {i} of {KERNEL.name} has {element}, not {total / weights}"
                    )


def scratch(tool, extra=()):
    """Bytes of scratch a thread; RuntimeError if a run fails or is wrong."""
    generator = random.Random(0)
    keys = array.array("f", (generator.uniform(-0.5, 0.5) for _ in range(TOKENS)))
    values = array.array("f", (generator.uniform(0, 1) for _ in range(TOKENS)))
    with tempfile.TemporaryDirectory(prefix="fovea-memory-") as name:
        folder = Path(name)
        few = run(tool, folder, keys[:FEW], values[:FEW], 1, extra)
        many = run(tool, folder, keys, values, THREADS, extra)
        check(folder / "o.npy", keys, values)
    arrays = 4 * 4 * (TOKENS - FEW) * CHANNELS  # q, k, v and o, of f32
    return max(many - few - arrays, 0) / (THREADS - 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", metavar="FOVEA_RUN")
    arguments = parser.parse_args()
    try:
        used = scratch(arguments.tool)
    except RuntimeError as error:
        sys.exit(f"memory.py: error: {error}")
    print(f"{TOKENS} tokens: {used / 1e6:.2f} MB of scratch a thread, result as expected")
    sys.exit(0 if used < TARGET else 1)


if __name__ == "__main__":
    main()
