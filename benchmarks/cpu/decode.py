#!/usr/bin/env python3
#===- decode.py - Speed of one query over many keys on a CPU --------------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===------------------------------------------------------------------------===#
#
# Runs decode-d128.mlir, whose keys and values no cache holds, with one thread and
# with two, in turn. What is compared is the share of the rate at which as many
# threads only read, in turn with the kernel in the same process; for two threads,
# of the runs in which the probe shows that the machine reads faster with two.
# decode-paged-d128.mlir, with pages of 16 keys, is compared with it by that share.
# Arrays are on huge pages where the system has them, as those of the probe are, and
# of NumPy: the GNU C library is asked for them.
#
#===------------------------------------------------------------------------===#

"""Compare decoding with the rate of reading memory."""

import argparse
import os
import statistics
import sys

sys.dont_write_bytecode = True

import bench

TARGETS = {1: 0.60, 2: 0.75}
PAGED_TARGET = 0.90
SCALES = 1.5  # Two threads read so much faster than one, or do not count.


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fovea-run", metavar="PATH")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    tool = bench.find_tool(arguments.fovea_run)
    os.environ.setdefault("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
    shares = {1: [], 2: []}
    paged = []
    for _ in range(arguments.rounds):
        runs = {n: bench.measure(tool, "decode-d128", n, []) for n in (1, 2)}
        rates = {n: run["read_gbytes_per_s"] for n, run in runs.items()}
        shares[1].append(runs[1]["read_fraction"])
        pages = bench.measure(tool, "decode-paged-d128", 1, [])
        paged.append(pages["read_fraction"] / runs[1]["read_fraction"])
        if rates[2] >= SCALES * rates[1]:
            shares[2].append(runs[2]["read_fraction"])
        print(*(f"{n}: {runs[n]['read_fraction']:.2f} of {rates[n]:.1f} GB/s" for n in runs),
              f"pages: {pages['read_fraction']:.2f}", sep="  ", flush=True)
    print(f"pages: {statistics.median(paged):.2f} of dense keys, target {PAGED_TARGET:.2f}")
    for n, found in shares.items():
        if not found:
            print(f"threads {n}: not compared, as reading alone is no {SCALES} times as fast")
            continue
        print(f"threads {n}: {statistics.median(found):.2f} of the rate of reading, "
              f"target {TARGETS[n]:.2f}")


if __name__ == "__main__":
    main()
