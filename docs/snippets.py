#!/usr/bin/env python3
# ===- snippets.py - What the pages show is what the tools print -----------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# ===-----------------------------------------------------------------------===#
"""Runs the commands of pages written by hand and compares what they show.

    python3 docs/snippets.py [PAGE.md ...]

Three kinds of blocks of code count:

- `mlir` or `c` that begins with `// NAME` or `/* NAME */`, a file name: the block
  is that file;
- `sh` with a block right behind it: a command and its output;
- `console`: commands after `$ `, each followed by its output.

An output may be shortened: `...` on a line of its own stands for any number of
lines, within a line for any text. `#name = ...` and `!name = ...` on the first
lines are abbreviations, `  // ...` at the end of a line is a remark. Names of
values and maps may differ, but each stands for one; in `console` numbers may
differ. Everything else has to be equal: FileCheck compares.

Commands run in an empty folder with links to the project's folders. Without
pages as arguments, links of all pages to files are checked, too.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ["README.md", "docs/Tutorial.md", "docs/Architecture.md"]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$(?=(\n*```(\w+)\n(.*?)^```$)?)", re.M | re.S)
FILE = re.compile(r"(?://|/\*) ([\w.-]+\.\w+)(?: \*/)?\n")
NUMBER = r"\b\d+(?:\.\d+)?(?:e[-+]?\d+)?"
ANY_NUMBER = r"{{[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?}}"


def find_tool(name, folder):
    path = shutil.which(name) or shutil.which(name, path=str(folder))
    if not path:
        sys.exit(f"snippets.py: error: {name} is not on PATH; run `make build` first")
    return Path(path)


TOOLS = find_tool("fovea-opt", ROOT / "build/release/bin").resolve().parent
FILECHECK = find_tool("FileCheck", "/usr/lib/llvm-22/bin")


def checks(block, loose):
    """The directives of FileCheck for a shown output."""
    lines = [re.sub(r"  +// .*", "", line).strip() for line in block.splitlines()]
    short = {}
    while lines and (match := re.match(r"([#!]\w+) = (.*)", lines[0])):
        short[match.group(1)] = match.group(2)
        lines.pop(0)
    for name in reversed(short):
        lines = [re.sub(rf"{name}\b", short[name], line) for line in lines]

    names = {}

    def pattern(match):
        text = match.group()
        if text == "...":
            return "{{.*}}"
        if text[0] in "%#":
            if text in names:
                return f"[[{names[text]}]]"
            names[text] = f"N{len(names)}"
            return f"[[{names[text]}:{text[0]}[A-Za-z0-9_]+]]"
        if text in ("[[", "{{"):
            return "{{" + re.escape(text) + "}}"
        return ANY_NUMBER if loose else text

    token = rf"\.\.\.|%\w+|#map\w*|\[\[|\{{\{{|{NUMBER}"
    result, directive = [], "CHECK"
    for line in lines:
        if line == "...":
            directive = "CHECK"
        elif line:
            result.append(f"{directive}: " + re.sub(token, pattern, line))
            directive = "CHECK-NEXT"
    return "\n".join(result) + "\n"


def run(command, folder):
    script = f"export PATH={TOOLS}:$PATH; {command}"
    return subprocess.run(["bash", "-c", script], cwd=folder, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def compare(page, command, block, loose, folder):
    """Whether the command prints what the block shows."""
    output = run(command, folder)
    if not block.strip():
        wrong = output
    else:
        # Blank lines do not count.
        (folder / "output").write_text(re.sub(r"\n\s*\n", "\n", output))
        (folder / "checks").write_text(checks(block, loose))
        wrong = subprocess.run(
            [FILECHECK, "--match-full-lines", "--input-file=output", "checks"],
            cwd=folder, text=True, capture_output=True).stderr
    if wrong:
        print(f"{page}: error: `{command}` prints something else:\n{wrong}")
    return not wrong


def check_page(page, folder):
    """Runs what a page shows; returns how many outputs agree and differ."""
    (folder / "build").mkdir()
    (folder / "build/release").symlink_to(TOOLS.parent)
    for link in ("benchmarks", "examples", "include", "test"):
        (folder / link).symlink_to(ROOT / link)
    results = []
    for match in FENCE.finditer((ROOT / page).read_text()):
        language, block, follows, shown = match.group(1, 2, 3, 5)
        file = FILE.match(block)
        if file:
            (folder / file.group(1)).write_text(block)
        elif language == "sh" and follows:
            results.append(compare(page, block.strip(), shown, False, folder))
        elif language == "console":
            for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
                command, output = re.match(r"((?:.*\\\n)*.*)\n([\s\S]*)", part).groups()
                results.append(compare(page, command, output, True, folder))
    print(f"{page}: {len(results)} outputs")
    return all(results)


def check_links():
    """Whether the files that pages link to are there."""
    agree = True
    for folder in (".", "docs", "docs/Dialects", "examples"):
        for page in sorted((ROOT / folder).glob("*.md")):
            text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
            for link in re.findall(r"\]\(([^)#:]+)[)#]", text):
                if not (page.parent / link).exists():
                    print(f"{page.relative_to(ROOT)}: error: links to {link}, which is not there")
                    agree = False
    return agree


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE.md")
    pages = parser.parse_args().pages
    agree = bool(pages) or check_links()
    for page in pages or PAGES:
        with tempfile.TemporaryDirectory() as folder:
            agree &= check_page(page, Path(folder))
    sys.exit(not agree)


if __name__ == "__main__":
    main()
