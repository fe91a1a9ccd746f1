#!/usr/bin/env python3
#===- bench.py - Speed of the CPU kernels against their targets -----------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===------------------------------------------------------------------------===#
#
# Runs `fovea-run FILE --bench --json --threads N` for the kernels beside this
# script, in several rounds over all, so that a change in the machine's speed
# meets all alike. Every figure that is compared is a ratio within a round:
#
#   of peak    GFLOP/s over the peak that fovea-run probes in the same process: of
#              products of bf16 where operands are bf16 and the CPU has them, else
#              of FMA on vectors of the target's width
#   of plain   GFLOP/s over those of the plain kernel of the same D, from the same
#              round
#   of full    GFLOP/s of useful work over those without a mask
#   of round   GFLOP/s over those for sizes that are multiples of all tiles
#   of separate
#              GFLOP/s over those of a call for each document, with such sizes
#   of 2048    GFLOP/s over those for 2,048 queries and keys
#   of one     time with one thread over the time with two, from the rounds in
#              which the probed peak is at least 1.9 times as high
#
# and the table shows medians over the rounds. Memory is measured by memory.py.
# Targets hold for one thread on a machine with AVX-512.
#
#===------------------------------------------------------------------------===#

"""Time the CPU kernels and compare them with their targets."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import memory

HERE = Path(__file__).resolve().parent

# Sizes of the kernels with dynamic sizes.
SQUARE = "--dims=Sq=2048,Skv=2048"
ROUND = "--dims=Sq=2048,Skv=1792"
ODD = "--dims=Sq=2047,Skv=1777"


def sized_rows(kind):
    """Rows of one element type for sizes that divide nothing."""
    odd = [
        (f"{kind} {shape}, odd sizes", f"sizes-{kind}-{name} {ODD}", "round",
         f"sizes-{kind}-{name} {ROUND}", 0.85)
        for shape, name in [("D64", "d64"), ("D80 Dv48", "d80-dv48")]
    ]
    return odd + [
        (f"{kind} D80", f"sizes-{kind}-d80 {SQUARE}", "peak", None, 0.75),
        (f"{kind} D64, 65 tokens", f"short-{kind}-d64", "2048",
         f"sizes-{kind}-d64 {SQUARE}", 0.60),
    ]


# Masks over 16,384 tokens: their time is at most so many times their share of the
# pairs of the time without a mask.
MASKS = [("causal", 1.12), ("window", 1.25), ("prefix", 1.12), ("chunks", 1.25)]

# Many calls.
SEPARATE = "separate-d64"

# Work, file and options, what its GFLOP/s are compared with (the peak, or those of
# another run), at least.
KERNELS = [
    ("f32 D64", "full-d64", "peak", None, 0.85),
    ("f32 D128", "full-d128", "peak", None, 0.88),
    ("f32 causal D64", "causal-d64", "peak", None, 0.75),
    ("f32 causal D128", "causal-d128", "peak", None, 0.80),
    ("f32 ALiBi D64", "alibi-d64", "plain", "full-d64", 0.94),
    ("f32 ALiBi D128", "alibi-d128", "plain", "full-d128", 0.94),
    ("f32 soft cap D64", "softcap-d64", "plain", "full-d64", 0.78),
    ("f32 soft cap D128", "softcap-d128", "plain", "full-d128", 0.86),
    ("f32 relative position D64", "relpos-d64", "plain", "full-d64", 0.88),
    ("f32 relative position D128", "relpos-d128", "plain", "full-d128", 0.88),
    *sized_rows("f32"),
    *[(f"f32 D64, S 16384, {name}", f"masks-{name}-d64", "full", "masks-full-d64",
       round(1 / most, 2)) for name, most in MASKS],
    ("f32 D64, AVX2", "full-d64 --target=cpu:avx2", "peak", None, 0.75),
    ("f32 D128, AVX2", "full-d128 --target=cpu:avx2", "peak", None, 0.75),
    ("bf16 D64", "bf16-d64", "peak", None, 0.75),
    ("bf16 D128", "bf16-d128", "peak", None, 0.75),
    *sized_rows("bf16"),
    ("f32 D64, 16 packed documents", "packed-d64", "separate", SEPARATE, 0.85),
]

# Two threads are compared with one where the probed peaks allow it.
THREADS_KERNEL = "full-d64"
THREADS_PROBE = 1.9
THREADS_TARGET = 1.8
COMPILE_TARGET = 300  # ms

NEEDED_KEYS = ("median_ms", "gflops", "peak_fraction", "compile_ms")


def fail(message):
    """Print one diagnostic and exit with status 1."""
    sys.exit(f"bench.py: error: {message}")


def find_tool(given):
    """The fovea-run to use: given, of the release build, or from PATH."""
    if given:
        found = shutil.which(given)
        if not found:
            fail(f"'{given}' is not an executable file: give --fovea-run PATH")
        return found
    built = HERE.parents[1] / "build" / "release" / "bin" / "fovea-run"
    found = shutil.which(str(built)) or shutil.which("fovea-run")
    if not found:
        fail(f"no fovea-run in '{built.parent}' or PATH: build it, or give --fovea-run")
    return found


def measure(tool, name, threads, extra):
    """What fovea-run measures for one kernel, as a dictionary."""
    file, *options = name.split()
    command = [tool, str(HERE / f"{file}.mlir"), "--random", "0", "--bench"]
    command += ["--json", "--threads", str(threads), *options, *extra]
    shown = " ".join(command)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        fail(f"`{shown}`: {error}")
    if done.returncode != 0:
        reason = done.stderr.strip() or done.stdout.strip() or "no message"
        fail(f"`{shown}` ended with status {done.returncode}: {reason}")
    try:
        result = json.loads(done.stdout)
    except ValueError:
        fail(f"`{shown}` printed no JSON: {done.stdout[:200]!r}")
    if isinstance(result, list) and len(result) == 1:
        result = result[0]
    for key in NEEDED_KEYS:
        value = result.get(key) if isinstance(result, dict) else None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            fail(f"`{shown}` printed no number for '{key}'")
        if not 0 < value < float("inf"):
            fail(f"`{shown}` printed {value} for '{key}'")
    return result


def run_rounds(tool, names, arguments):
    """Results by kernel name and threads, one for each round."""
    runs = [(name, arguments.threads) for name in names]
    if not arguments.filter:
        runs += [(THREADS_KERNEL, n) for n in (1, 2)]
    runs = list(dict.fromkeys(runs))
    results = {run: [] for run in runs}
    total = arguments.rounds * len(runs)
    for number in range(total):
        # Every other round runs backwards: no kernel is always after the same.
        turn, place = divmod(number, len(runs))
        name, threads = runs[place if turn % 2 == 0 else len(runs) - 1 - place]
        if sys.stderr.isatty():
            print(
                f"\r\x1b[K[{number + 1}/{total}] {name}, threads: {threads}",
                end="",
                file=sys.stderr,
                flush=True,
            )
        result = measure(tool, name, threads, arguments.extra)
        results[name, threads].append(result)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    return results


def median(values):
    """The median, rounded to what the table and the JSON can mean."""
    return round(statistics.median(values), 4)


def verdict(passed):
    return "pass" if passed else "fail"


def kernel_rows(results, selected, threads):
    """One row for each kernel."""
    rows = []
    for work, name, basis, other, target in selected:
        runs = results[name, threads]
        ratios = [run["peak_fraction"] for run in runs]
        peak = median(ratios)
        if other:
            against = results[other, threads]
            ratios = [a["gflops"] / b["gflops"] for a, b in zip(runs, against)]
        value = median(ratios)
        row = {
            "work": work,
            "kernel": name,
            "threads": threads,
            "ms": median(run["median_ms"] for run in runs),
            "gflops": median(run["gflops"] for run in runs),
            "peak": peak,
            "value": value,
            "unit": f"of {basis}",
            "target": f">= {target:.2f}",
            "result": verdict(value >= target) if threads == 1 else "-",
        }
        rows.append(row)
    return rows


def probed_peak(result):
    return result["gflops"] / result["peak_fraction"]


def scaling_row(results):
    """Two threads against one, over the rounds whose probes show two cores."""
    ratios, probes = [], []
    for one, two in zip(*(results[THREADS_KERNEL, n] for n in (1, 2))):
        ratios.append(one["median_ms"] / two["median_ms"])
        probes.append(probed_peak(two) / probed_peak(one))
    able = [r for r, probe in zip(ratios, probes) if probe >= THREADS_PROBE]
    value = median(able or ratios)
    return {
        "work": f"two threads, {THREADS_KERNEL} (probe {median(probes):.2f})",
        "value": value,
        "unit": "of one",
        "target": f">= {THREADS_TARGET:.2f}",
        "rounds": len(able),
        # Without a round in which the probe itself doubles, there is no verdict.
        "result": verdict(value >= THREADS_TARGET) if able else "-",
    }


def compile_row(results):
    """The slowest kernel to compile, by its median, of files that have one."""
    times = {
        name: median(run["compile_ms"] for run in runs)
        for (name, _), runs in results.items()
        if name != SEPARATE
    }
    name = max(times, key=times.get)
    return {
        "work": f"compile time, slowest ({name})",
        "value": times[name],
        "unit": "ms",
        "target": f"< {COMPILE_TARGET}",
        "result": verdict(times[name] < COMPILE_TARGET),
    }


def memory_row(tool, extra):
    """Scratch memory of a thread, and whether a long sequence is right."""
    try:
        used = memory.scratch(tool, extra)
    except RuntimeError as error:
        fail(str(error))
    return {
        "work": f"scratch a thread, Sq = Skv = {memory.TOKENS}",
        "value": median([used / 1e6]),
        "unit": "MB",
        "target": f"< {memory.TARGET / 1e6:.0f}",
        "result": verdict(used < memory.TARGET),
    }


def print_table(rows):
    """Cells in columns; the first column to the left, the others to the right."""
    table = [["work", "ms", "GFLOP/s", "of peak", "measured", "", "target", "result"]]
    for row in rows:
        cells = [row["work"], "", "", ""]
        if "ms" in row:
            cells[1:] = [f"{row['ms']:.2f}", f"{row['gflops']:.1f}", f"{row['peak']:.3f}"]
        digits = 0 if row["unit"] == "ms" else 3
        cells += [f"{row['value']:.{digits}f}", row["unit"], row["target"], row["result"]]
        table.append(cells)
    widths = [max(len(cells[n]) for cells in table) for n in range(len(table[0]))]
    for cells in table:
        first = cells[0].ljust(widths[0])
        rest = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:]))
        print("  ".join([first, *rest]).rstrip())


def write_json(path, content):
    """Write the file whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_text(json.dumps(content, indent=2) + "\n")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        fail(f"cannot write '{path}': {error.strerror}")


def positive(text):
    """An integer of at least 1, for argparse."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Time the CPU kernels in interleaved rounds and print medians\n"
        "beside their targets; exit with 1 if one is missed.",
        epilog="examples:\n"
        "  benchmarks/cpu/bench.py\n"
        "  benchmarks/cpu/bench.py --rounds 3 --filter d64 --json build/bench.json\n"
        "  benchmarks/cpu/bench.py -- --target cpu:avx2",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--fovea-run", metavar="PATH", help="fovea-run (default: of build/release)")
    add("--threads", type=positive, default=1, metavar="N", help="default: 1")
    add("--rounds", type=positive, default=5, metavar="N", help="default: 5")
    add("--filter", default="", metavar="TEXT",
        help="only kernels with TEXT in the name; neither two threads nor memory")
    add("--json", type=Path, metavar="FILE", help="also write the results as JSON")
    add("extra", nargs="*", metavar="OPTION", help="after --: options of fovea-run")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    selected = [kernel for kernel in KERNELS if arguments.filter in kernel[1]]
    if not selected:
        known = ", ".join(kernel[1] for kernel in KERNELS)
        fail(f"no kernel has '{arguments.filter}' in its name; there are {known}")
    tool = find_tool(arguments.fovea_run)
    names = dict.fromkeys(
        name for kernel in selected for name in (kernel[3], kernel[1]) if name
    )
    results = run_rounds(tool, names, arguments)
    rows = kernel_rows(results, selected, arguments.threads)
    if not arguments.filter:
        rows.append(scaling_row(results))
    rows.append(compile_row(results))
    if not arguments.filter:
        rows.append(memory_row(tool, arguments.extra))
    print_table(rows)
    if arguments.json:
        raw = [
            {"kernel": name, "threads": threads, "runs": runs}
            for (name, threads), runs in results.items()
        ]
        content = {"rounds": arguments.rounds, "rows": rows, "raw": raw}
        write_json(arguments.json, content)
    sys.exit(1 if any(row["result"] == "fail" for row in rows) else 0)


if __name__ == "__main__":
    main()
