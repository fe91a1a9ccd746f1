#!/usr/bin/env python3
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles the cases of cases.py for an H100, on a machine without one.

  test/Integration/GPU/build.py --fovea-compile build/release/bin/fovea-compile --out build/gpu-tests

Writes NAME.so for each case, and libfovea_runtime.so, which is all that run.py
needs besides the scripts. A warning is an error, too: where ptxas is found,
fovea-compile warns of spills, stack frames and messages C75xx.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys

from cases import CASES


def compile_case(case, options):
    """What went wrong, or nothing."""
    source = options.out / f"{case.name}.mlir"
    source.write_text(case.text())

    result = subprocess.run([options.fovea_compile, source, "--target=cuda:sm_90a", "-o",
                             options.out / f"{case.name}.so"],
                            capture_output=True, text=True)
    return result.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fovea-compile", default="build/release/bin/fovea-compile")
    parser.add_argument("--runtime", type=pathlib.Path,
                        default="build/release/lib/libfovea_runtime.so")
    parser.add_argument("--out", type=pathlib.Path, default="build/gpu-tests")
    parser.add_argument("--only", help="a regular expression of names")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    shutil.copy(options.runtime, options.out)
    failures = 0
    for case in CASES:
        if options.only and not re.search(options.only, case.name):
            continue
        error = compile_case(case, options)
        failures += bool(error)
        print(f"{case.name}: {error or 'ok'}", flush=True)
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
