#!/usr/bin/env python3
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles the cases of cases.py, the examples, what is in Inputs and random programs for an
H100, on a machine without one.

  test/Integration/GPU/build.py --fovea-compile build/release/bin/fovea-compile --out build/gpu-tests

Writes NAME.so for each case, example-NAME.so and example-NAME-N.npy (its results) for each example, walks.so, sums.so, moves.so, random-N.so and random-N.mlir for each
ten programs, and libfovea_runtime.so, which is all that run.py needs besides the
scripts. In a case a
warning is an error, too, as a remark is not: where ptxas is found, fovea-compile warns
of spills, stack frames and messages C75xx. A region drawn at random may need more
registers than there are.
"""
import argparse
import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import sys

import examples
import randoms
from cases import CASES


def compile_file(source, options):
    """What fovea-compile says, and whether it succeeds."""
    result = subprocess.run([options.fovea_compile, source, "--target=cuda:sm_90a", "-o",
                             source.with_suffix(".so")], capture_output=True, text=True)
    return result.stderr, result.returncode == 0


def sources(options):
    """The files to compile, and whether a warning is an error."""
    for case in CASES:
        path = options.out / f"{case.name}.mlir"
        path.write_text(case.text())
        yield path, True
    for name in ("walks.mlir", "sums.mlir", "moves.mlir"):
        source = pathlib.Path(__file__).parent / "Inputs" / name
        yield pathlib.Path(shutil.copy(source, options.out)), True
    for path in examples.write(options.out, options.fovea_run, options.only):
        yield path, True
    for path in randoms.write(options.out, options.programs):
        yield path, False


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fovea-compile", default="build/release/bin/fovea-compile")
    parser.add_argument("--fovea-run", default="build/release/bin/fovea-run")
    parser.add_argument("--runtime", type=pathlib.Path,
                        default="build/release/lib/libfovea_runtime.so")
    parser.add_argument("--out", type=pathlib.Path, default="build/gpu-tests")
    parser.add_argument("--only", default="", help="a regular expression of names")
    parser.add_argument("--programs", type=int, default=300, help="random programs")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    shutil.copy(options.runtime, options.out)
    chosen = [(path, strict) for path, strict in sources(options)
              if re.search(options.only, path.stem)]
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda item: compile_file(item[0], options), chosen)
        for (path, strict), (said, good) in zip(chosen, results):
            failures += not good or (strict and "warning:" in said)
            print(f"{path.stem}: {said if strict or not good else ''}"
                  f"{'ok' if good else 'failed'}", flush=True)
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
