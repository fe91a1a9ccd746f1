#!/usr/bin/env python3
# ===- messages.py - Checks that every diagnostic has a test ---------------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# ===-----------------------------------------------------------------------===#
"""Checks that every diagnostic in the sources is expected by a test.

A diagnostic is a statement of C++ with a literal of three words or more, unless
a word of NO_MESSAGE stands in it. What its literals say must occur, in order and
with anything in between, in one expectation of a test: a text after `expected-`,
a line of FileCheck, or a literal of a unit test. A choice (a ? b : c) asks for one
expectation of each side. Messages that no test can provoke stand in UNTESTED,
each with the reason.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

# Words of statements whose literals are not diagnostics.
NO_MESSAGE = {
    "InlineAsmOp", "PassPipelineRegistration", "asm", "assert", "cl",
    "llvm_unreachable", "numbersIn", "os", "outs", "progress", "registerAndParseCLIOptions",
    "registerCpu", "registerCuda", "setBugReportMsg", "static_assert", "svg",
}
# Literals of assembly, in which no message is.
ASSEMBLY = re.compile(r"%%|\$|\.sync\.|\.reg ")

# A part of the message: why no test provokes it.
EMITTER = "all ops that the emitter of kernels knows give their values"
UNTESTED = {
    "an index has no value in the kernel": EMITTER,
    "an operand has no value in the kernel": EMITTER,
    "an operand of '": EMITTER,
    "attention ops and": "tests of known sizes fold before kernels are made",
    "cannot be renamed to": "only an unknown op could hide uses of a function",
    "is also in another file and cannot be renamed": "as above",
    "is no sum of a thread's and a register's part": "all layouts are such sums",
    "the file became shorter while it was read": "a race with another process",
    "yields a value that is unknown in the kernel": EMITTER,
}

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)'|\w+|::|<<|&&|\|\||[^\w\s]",
    re.S,
)
FORMAT = re.compile(r"%[-+.\d]*(?:(?:ll?|z)?[a-z]|$)")
GAP = "\0"


def statements(text):
    """Yields the first line and the tokens of each statement; the header of an if,
    for or while is one, or several if && or || stand in it."""
    line, position, depth, tokens, header = 1, 0, 0, [], False
    for match in TOKEN.finditer(text):
        token = match.group()
        if token.startswith(("//", "/*")):
            continue
        if not tokens:
            line += text.count("\n", position, match.start())
            position = match.start()
        header |= not tokens and token in ("if", "for", "while")
        tokens.append(token)
        depth += (token == "(") - (token == ")")
        ends = token in (";", "{", "}", "else") or header and token == ")" and not depth
        if ends or header and token in ("&&", "||"):
            yield line, tokens
            tokens = []
        if ends:
            depth, header = 0, False


def literal(token, formatted):
    text = token[1:-1]
    for escape, char in (("\\n", " "), ('\\"', '"'), ("\\'", "'"), ("\\\\", "\\")):
        text = text.replace(escape, char)
    return FORMAT.sub(GAP, text) if formatted else text


def pieces(tokens, formatted):
    """The literals of a statement: (text, choices), where `choices` are the sides
    (number of the choice, side) in which it stands."""
    result, open_choices, depth, number, previous = [], [], 0, 0, ""
    for token in tokens:
        if token in "([{":
            depth += 1
        elif token in ")]}" or (token in ",;" or token == "<<"):
            if token in ")]}":
                depth -= 1
            bound = depth if token in ")]}" else depth - 1
            while open_choices and open_choices[-1][0] > bound:
                open_choices.pop()
        elif token == "?":
            open_choices.append((depth, number, 0))
            number += 1
        elif token == ":" and open_choices:
            while open_choices[-1][2] == 1 and len(open_choices) > 1:
                open_choices.pop()
            level, choice, _ = open_choices.pop()
            open_choices.append((level, choice, 1))
        elif token.startswith('"'):
            text = literal(token, formatted)
            choices = tuple((choice, side) for _, choice, side in open_choices)
            if previous.startswith('"') and result:
                text = result.pop()[0] + text
            elif previous.startswith("PRI") and result:
                text = result.pop()[0] + GAP + text
            result.append((text, choices))
        previous = token
    return result


def words(text):
    return len(text.replace(GAP, " ").split())


def variants(found):
    """The patterns that tests must match: one, or one for each side of a choice."""
    sides = {choices for text, choices in found if words(text) > 1}
    for side in sorted(sides - {()}) or [()]:
        chosen = [text for text, choices in found if set(choices) <= set(side)]
        parts = [" ".join(part.split()) for text in chosen
                 for part in text.split(GAP)]
        parts = [part for part in parts if len(part) > 2]
        if sum(map(words, parts)) >= 3:
            yield parts


def messages():
    for folder in ("include", "lib", "runtime", "tools"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".cpp", ".h"):
                continue
            for line, tokens in statements(path.read_text()):
                if NO_MESSAGE & set(tokens):
                    continue
                found = pieces(tokens, folder == "runtime")
                if any(ASSEMBLY.search(text) for text, _ in found):
                    continue
                if not any(words(text) > 2 for text, _ in found):
                    continue
                for parts in variants(found):
                    yield f"{path.relative_to(ROOT)}:{line}", parts


def expectations():
    """What tests expect, a line each."""
    for folder in ("test", "examples"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".mlir", ".test"):
                continue
            text = path.read_text()
            for line in re.findall(r"expected-\w+.*?\{\{(.*)\}\}", text):
                yield re.sub(r"\{\{.*?\}\}", GAP, line)
            for line in re.findall(r"^ *(?://|#) *[A-Z][\w-]*: (.*)", text, re.M):
                yield re.sub(r"\{\{.*?\}\}", GAP, line)
    for path in sorted((ROOT / "unittests").rglob("*.cpp")):
        for _, tokens in statements(path.read_text()):
            yield GAP.join(text for text, _ in pieces(tokens, False))


def main():
    corpus = "\n".join(" ".join(line.split()) for line in expectations())
    missing = 0
    count = 0
    excused = set()
    for place, parts in messages():
        excuse = {text for text in UNTESTED if text in parts}
        excused |= excuse
        if excuse:
            continue
        count += 1
        if not re.search(".*".join(map(re.escape, parts)), corpus):
            missing += 1
            print(f"{place}: error: no test expects: {' ... '.join(parts)}")
    for text in UNTESTED.keys() - excused:
        missing += 1
        print(f"messages.py: error: UNTESTED names no message: {text}")
    print(f"{count} messages, {missing} without a test")
    sys.exit(missing != 0)


if __name__ == "__main__":
    main()
