#!/usr/bin/env python3
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles the benchmark's variants for an H100, on a machine without one.

  benchmarks/gpu/build.py --fovea-compile build/release/bin/fovea-compile --out build/gpu

Writes VARIANT-dD[-SCHEDULE].so for each variant, number of channels and schedule,
decode*.so, those of *.mlir beside this file, and libfovea_runtime.so: all that bench.py,
decode.py and composed.py need. Prints what ptxas says of each; a
spill, a stack frame or a C75xx message is marked.
"""
import argparse
import pathlib
import re
import shutil
import subprocess

from variants import DECODE, DECODE_SCHEDULES, SCHEDULES, VARIANTS, decode_module


def modules():
    """Names and texts."""
    for variant in VARIANTS.values():
        if variant.grid:
            for d in (64, 128):
                yield f"{variant.name}-d{d}", variant.module(d, "")
                yield f"{variant.name}-d{d}-natural", variant.module(d, "", natural=True)
            continue
        for d, schedules in SCHEDULES.items():
            for suffix, schedule in schedules.items():
                if variant.walk and suffix.startswith("three"):
                    continue  # Its query tile of 192 divides no block.
                name = "-".join(filter(None, [variant.name, f"d{d}", suffix]))
                yield name, variant.module(d, schedule)
    for base, shape in DECODE.items():
        for suffix, schedule in DECODE_SCHEDULES.items():
            name = "_".join(filter(None, [base, suffix]))
            yield name, decode_module(*shape, schedule)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fovea-compile", default="build/release/bin/fovea-compile")
    parser.add_argument("--runtime", type=pathlib.Path,
                        default="build/release/lib/libfovea_runtime.so")
    parser.add_argument("--ptxas", default="ptxas")
    parser.add_argument("--out", type=pathlib.Path, default="build/gpu")
    parser.add_argument("--only", default="", help="a regular expression of names")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    shutil.copy(options.runtime, options.out)
    clean = r"\b0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads"
    for name, text in modules():
        if not re.search(options.only, name):
            continue
        base = options.out / name
        paths = {e: base.with_suffix("." + e) for e in ("mlir", "ptx", "cubin", "so")}
        paths["mlir"].write_text(text)
        paths["so"].unlink(missing_ok=True)
        fovea = [options.fovea_compile, paths["mlir"], "--target=cuda:sm_90a"]
        subprocess.run([*fovea, "--emit=ptx", "-o", paths["ptx"]], check=True)
        ptxas = subprocess.run([options.ptxas, "-v", "-arch=sm_90a", "-O3", paths["ptx"],
                                "-o", paths["cubin"]], capture_output=True, text=True)
        log = ptxas.stdout + ptxas.stderr
        good = not ptxas.returncode and "(C75" not in log and re.search(clean, log)
        subprocess.run([*fovea, "-o", paths["so"]], check=True)
        used = re.search("Used [^,]*", log)[0]
        spills = "" if good else f"  ! {re.search('[0-9]+ bytes stack.*', log)[0]}"
        print(f"{name:36} {used}{spills}", flush=True)


if __name__ == "__main__":
    main()
