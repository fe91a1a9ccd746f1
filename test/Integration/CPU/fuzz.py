#!/usr/bin/env python3
#===- fuzz.py - Random attention programs against the reference -----------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===------------------------------------------------------------------------===#
#
# Writes random programs (programs.py), many to a module, and has
#
#   fovea-run MODULE --random SEED --check --all-entries
#
# compare each with the reference in f64; --targets has the modules compiled for several
# targets in turn. That prints for each function
#
#   NAME REL_ERROR MAX_ERROR ok|FAIL
#
# Program N of seed S is the same in every run, whatever the other options are. A
# module that gives no line for some of its functions (it does not compile, or
# fovea-run crashes) is run again function by function.
#
#===------------------------------------------------------------------------===#

"""Check random attention programs against the reference."""

import argparse
import concurrent.futures
import itertools
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

# The folder of this script is part of the source tree: leave no cache in it.
sys.dont_write_bytecode = True

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "Programs"))
import programs as generator  # noqa: E402
LINE = re.compile(r"^@?(\w+)\s+(\S+)\s+(\S+)\s+(ok|FAIL)\b", re.MULTILINE)


def fail(message):
    """Print one diagnostic and exit with status 1."""
    sys.exit(f"fuzz.py: error: {message}")


def find_tool(given):
    """The fovea-run to use: given, from PATH, or of the release build."""
    if given:
        found = shutil.which(given)
        if not found:
            fail(f"'{given}' is not an executable file: give --fovea-run PATH")
        return found
    built = HERE.parents[2] / "build" / "release" / "bin" / "fovea-run"
    found = shutil.which("fovea-run") or shutil.which(str(built))
    if not found:
        fail(f"no fovea-run in PATH or '{built.parent}': build it, or give --fovea-run")
    return found


@dataclass
class Outcome:
    """What became of one program."""

    program: object
    error: float = 0.0
    failure: str = ""
    target: str = "cpu"


class Runner:
    """Runs modules of programs."""

    def __init__(self, arguments, folder):
        self.tool = find_tool(arguments.fovea_run)
        self.seed, self.extra = arguments.seed, arguments.extra
        self.timeout, self.folder = arguments.timeout, Path(folder)

    def command(self, path, target):
        command = [self.tool, str(path), "--random", str(self.seed), "--check"]
        return [*command, "--all-entries", *options_of(target), *self.extra]

    def execute(self, programs, target):
        """Status and output of fovea-run on a module with these programs."""
        path = self.folder / f"{programs[0].name}-{len(programs)}.mlir"
        path.write_text(generator.make_module(programs))
        try:
            done = subprocess.run(
                self.command(path, target), capture_output=True, text=True, timeout=self.timeout
            )
        except subprocess.TimeoutExpired:
            return None, "", f"no end within {self.timeout} s"
        except OSError as error:
            fail(f"cannot run '{self.tool}': {error.strerror}")
        return done.returncode, done.stdout, done.stderr

    def run(self, programs, target):
        """The outcomes of these programs."""
        status, output, errors = self.execute(programs, target)
        lines = {match[1]: match for match in LINE.finditer(output)}
        complete = all(program.name in lines for program in programs)
        if len(programs) > 1 and (not complete or status not in (0, 1)):
            return [outcome for p in programs for outcome in self.run([p], target)]
        outcomes = [self.judge(p, lines.get(p.name)) for p in programs]
        failed = any(outcome.failure for outcome in outcomes)
        # The lines alone don't prove success.
        if (status != 0 and not failed) or not complete:
            said = (errors or output).strip()
            outcomes[0].failure = "\n".join([describe(status), said]).strip()
        for outcome in outcomes:
            outcome.target = target
        return outcomes

    @staticmethod
    def judge(program, line):
        """The outcome that a line gives; a NaN never passes."""
        if line is None:
            return Outcome(program, failure="no result")
        try:
            error = float(line[2])
        except ValueError:
            return Outcome(program, failure=f"unreadable error '{line[2]}'")
        if line[4] == "ok" and error == error:
            return Outcome(program, error)
        return Outcome(
            program, error, f"relative error {line[2]}, largest error {line[3]}"
        )


def options_of(target):
    """Those of fovea-run for a target; "cpu" is its default."""
    return [] if target == "cpu" else [f"--target={target}"]


def describe(status):
    """An exit status in words."""
    if status is None:
        return "stopped"
    if status < 0:
        return f"killed by signal {signal.Signals(-status).name}"
    return f"exit status {status}"


def report(outcome, arguments):
    """Print a failure: what, how to run it again, the program."""
    number = outcome.program.name[1:]
    options = f"--seed {arguments.seed} --first {number} --programs 1"
    if arguments.without:
        options += f" --without {','.join(sorted(arguments.without))}"
    extra = options_of(outcome.target) + arguments.extra
    extra = "".join(f" {shlex.quote(option)}" for option in extra)
    print(f"FAIL: program {number} of seed {arguments.seed}: {outcome.failure}")
    print("to run it again:")
    print(f"  {shlex.quote(__file__)} {options} --print > fuzz.mlir")
    print(f"  fovea-run fuzz.mlir --random {arguments.seed} --check{extra}")
    print(outcome.program.module(), flush=True)


def batches(arguments):
    """Lists of programs, one list for each module."""
    end = arguments.first + arguments.programs
    for first in range(arguments.first, end, arguments.batch):
        yield [
            generator.make_program(arguments.seed, number, arguments.without)
            for number in range(first, min(first + arguments.batch, end))
        ]


def fuzz(arguments):
    """Run everything; the exit status."""
    started, done, failures, worst = time.monotonic(), 0, 0, Outcome(None)
    with tempfile.TemporaryDirectory(prefix="fovea-fuzz-") as folder:
        runner = Runner(arguments, folder)
        pool = concurrent.futures.ThreadPoolExecutor(arguments.jobs)
        targets = itertools.cycle(arguments.targets)
        futures = [
            pool.submit(runner.run, batch, target)
            for batch, target in zip(batches(arguments), targets)
        ]
        try:
            for future in concurrent.futures.as_completed(futures):
                for outcome in future.result():
                    done += 1
                    if not outcome.failure:
                        worst = max(worst, outcome, key=lambda o: o.error)
                        continue
                    failures += 1
                    if failures <= arguments.show:
                        report(outcome, arguments)
                if sys.stderr.isatty():
                    text = f"\r\x1b[K[{done}/{arguments.programs}]"
                    print(text, end="", file=sys.stderr, flush=True)
        finally:
            pool.shutdown(cancel_futures=True)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    seconds = time.monotonic() - started
    largest = f"{worst.error:.1e} ({worst.program.name})" if worst.program else "none"
    print(
        f"fuzz: {done} programs, seed {arguments.seed}, {failures} failures, "
        f"largest relative error {largest}, {seconds:.0f} s"
    )
    return 1 if failures or done != arguments.programs else 0


def features(text):
    """A set of feature names, for argparse."""
    names = frozenset(name for name in text.split(",") if name)
    unknown = names - generator.FEATURES.keys()
    if unknown:
        known = ", ".join(generator.FEATURES)
        raise argparse.ArgumentTypeError(
            f"no feature '{min(unknown)}'; there are {known}"
        )
    return names


def natural(least):
    """A parser of integers of at least `least`, for argparse."""

    def number(text):
        value = int(text)
        if value < least:
            raise ValueError
        return value

    return number


def parse_arguments():
    known = "".join(f"\n  {n:<10}{t}" for n, t in generator.FEATURES.items())
    parser = argparse.ArgumentParser(
        description="Check random attention programs against the reference in f64.",
        epilog=f"features for --without:{known}\n\nexamples:\n"
        "  fuzz.py --seed 7 --programs 2000\n"
        "  fuzz.py --seed 7 --first 123 --programs 1 --print\n"
        "  fuzz.py --targets cpu cpu:avx2 cpu:plain",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add, count = parser.add_argument, natural(1)
    cores = min(len(os.sched_getaffinity(0)), 8)
    add("--fovea-run", metavar="PATH", help="fovea-run (default: from PATH)")
    add("--seed", type=natural(0), default=1, metavar="N", help="default: 1")
    add("--programs", type=count, default=500, metavar="N", help="default: 500")
    add("--first", type=natural(0), default=0, metavar="N", help="number of the first")
    add("--batch", type=count, default=25, metavar="N", help="per module (default: 25)")
    add("--jobs", type=count, default=cores, metavar="N", help=f"default: {cores}")
    add("--timeout", type=count, default=300, metavar="S", help="of one module, in s")
    add("--show", type=natural(0), default=3, metavar="N", help="failures to print")
    add("--without", type=features, default=frozenset(), metavar="F,...",
        help="features to leave out, see below")
    add("--targets", nargs="+", default=["cpu"], metavar="T",
        help="targets of fovea-run, for the modules in turn (default: cpu)")
    add("--print", action="store_true", help="print the programs, run nothing")
    add("extra", nargs="*", metavar="OPTION", help="after --: options of fovea-run")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    if arguments.print:
        programs = [program for batch in batches(arguments) for program in batch]
        print(generator.make_module(programs), end="")
        return
    sys.exit(fuzz(arguments))


if __name__ == "__main__":
    main()
