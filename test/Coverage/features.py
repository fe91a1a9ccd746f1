#!/usr/bin/env python3
# ===- features.py - Checks that every op, pass and tool has a test --------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# ===-----------------------------------------------------------------------===#
"""Checks that every op, canonicalization, pass, pipeline and tool has a lit test.

The ops and passes are those of the generated reference (docs/Passes.md and
docs/Dialects/, which test/Docs holds to the sources). An op is expected in its
dialect's ops.mlir, which writes it as text, generic text and bytecode; an op with
patterns or folds also in canonicalize.mlir; a pass or pipeline is run, and a tool
called, on a RUN line of a test.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CHECK = r"^ *// [A-Z][\w-]*: .*"


def run_lines():
    """The RUN lines of all tests."""
    lines = []
    for path in [*(ROOT / "test").rglob("*"), *(ROOT / "examples").rglob("*")]:
        if path.suffix in (".mlir", ".test"):
            lines += re.findall(r"^ *(?://|#) *RUN: (.*)", path.read_text(), re.M)
    return "\n".join(lines).replace("\\\n", "")


def headings(page):
    """The entries of a page of the reference: (name, the class of an op)."""
    pattern = r"^### `([\w.-]+)`(?: \(.*::(\w+)\))?"
    return re.findall(pattern, page.read_text(), re.M)


def expects(test, op):
    """Whether a line of FileCheck in the test names the op."""
    word = re.compile(rf"(?<![\w.]){re.escape(op)}(?![\w.])")
    if not test.exists():
        return False
    return any(map(word.search, re.findall(CHECK, test.read_text(), re.M)))


def canonicalized():
    """Classes of the ops with canonicalizations or folds."""
    rewrite = r"(\w+Op)::(?:getCanonicalizationPatterns|canonicalize|fold)\("
    for path in (ROOT / "lib/Dialect").rglob("*.cpp"):
        yield from re.findall(rewrite, path.read_text())


def main():
    missing = []
    ops = 0
    rewritten = set(canonicalized())
    for page in sorted((ROOT / "docs/Dialects").glob("*.md")):
        folder = ROOT / "test/Dialect" / page.stem
        for op, name in headings(page):
            ops += 1
            tests = ["ops.mlir"] + ["canonicalize.mlir"] * (name in rewritten)
            missing += [f"{page.stem}/{test} does not expect {op}"
                        for test in tests if not expects(folder / test, op)]
    runs = run_lines()
    passes = headings(ROOT / "docs/Passes.md")
    for name, _ in passes:
        if not re.search(rf"fovea-opt.*[-(,]{name}(?![\w-])", runs):
            missing.append(f"no test runs fovea-opt --{name}")
    tools = [path.parent.name for path in (ROOT / "tools").glob("*/CMakeLists.txt")]
    for tool in tools:
        if not re.search(rf"(?<![\w-]){tool}(?![\w-])", runs):
            missing.append(f"no test calls {tool}")
    for line in missing:
        print(f"features.py: error: {line}")
    print(f"{ops} ops, {len(passes)} passes and {len(tools)} tools, "
          f"{len(missing)} without a test")
    sys.exit(bool(missing))


if __name__ == "__main__":
    main()
