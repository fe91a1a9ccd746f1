#!/usr/bin/env python3
# ===- bench.py - Times the C ABI and compilation ahead of time ------------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# ===-----------------------------------------------------------------------===#
"""Times what a call through the C ABI takes beyond the kernel (call.c), and
fovea-compile from .mlir to shared object for each example: the best of five runs,
and the processor time of it, which a busy machine disturbs less.

  python3 benchmarks/abi/bench.py --bin build/release/bin
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
KERNEL = """
!t = tensor<?x?x?x16xf32>
func.func @attention(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
  return %r : !t
}
"""


def run(*command):
    return subprocess.run([str(word) for word in command], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def processor_time():
    """Seconds of a processor that finished programs have used."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", type=Path, default=ROOT / "build/release/bin")
    parser.add_argument("--cc", default="cc")
    options = parser.parse_args()
    compiler, lib = options.bin / "fovea-compile", options.bin.parent / "lib"
    late = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "f.mlir").write_text(KERNEL)
        run(compiler, folder / "f.mlir", "-o", folder / "f.so")
        run(options.cc, "-std=c11", "-O2", "-D_POSIX_C_SOURCE=200809L",
            f"-I{ROOT / 'include'}", Path(__file__).parent / "call.c", f"-L{lib}",
            "-lfovea_runtime", f"-Wl,-rpath,{lib.resolve()}", "-o", folder / "call")
        words = run(folder / "call", folder / "f.so").split()
        print("a call, microseconds:", " ".join(words), "(wanted: below 3 beyond)")
        if float(words[-1]) >= 3:
            late.append("call")
        times = {}
        for source in sorted((ROOT / "examples").glob("*.mlir")):
            runs = []
            for _ in range(5):
                start, before = time.perf_counter(), processor_time()
                run(compiler, source, "-o", folder / "x.so")
                runs.append((time.perf_counter() - start, processor_time() - before))
            times[source.stem] = min(runs)
    for stem, (wall, processor) in sorted(times.items(), key=lambda pair: pair[1]):
        print(f"{stem:20} {wall:.3f} s to a shared object, {processor:.3f} s of a "
              "processor (wanted: below 1)")
        if wall >= 1:
            late.append(stem)
    sys.exit("too slow: " + ", ".join(late) if late else 0)


if __name__ == "__main__":
    main()
