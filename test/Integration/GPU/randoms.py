# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random programs (../Programs) for a GPU: a few of them share an object."""
import pathlib
import re
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "Programs"))
from programs import make_module, make_program  # noqa: E402

SEED = 1
BATCH = 10


def make(first, end):
    """Programs by number."""
    return [make_program(SEED, n, target="gpu") for n in range(first, end)]


def write(folder, count):
    """Writes modules of the first programs; their files."""
    for first in range(0, count, BATCH):
        path = folder / f"random-{first}.mlir"
        path.write_text(make_module(make(first, min(first + BATCH, count))))
        yield path


def read(path):
    """The programs of a file that was written here."""
    text, first = path.read_text(), int(path.stem.partition("-")[2])
    programs = make(first, first + text.count("func.func"))
    if make_module(programs) != text:
        raise RuntimeError(f"{path} was written by another version: build it again")
    return programs


def parse_type(text):
    """The extents, as text, and the element type; a scalar has no extents."""
    match = re.match(r"tensor<((?:[\d?]+x)*)(\w+)>", text)
    return (match[1].split("x")[:-1], match[2]) if match else ([], text)


def shape_of(argument, dims):
    """The extents of an argument."""
    names = re.search(r"fovea.dims = \[([^]]*)\]", " ".join(argument.attributes))
    names = re.findall(r'"(\w*)"', names[1]) if names else []
    return [dims[names[n]] if text == "?" else int(text)
            for n, text in enumerate(parse_type(argument.type)[0])]


def bounds_of(argument):
    """The lowest and highest number of an argument, or nothing; whether it is sorted."""
    text = " ".join(argument.attributes)
    found = [re.search(rf"fovea.{key} = (\S+)", text) for key in ("low", "high")]
    return [float(m[1]) for m in found if m], "fovea.sorted" in text


def slices_of(program):
    """For each slice that is made outside the op: name, what it is one of, indices."""
    for line in program.parts["setup"]:
        match = re.match(r"(%\w+) = tensor.extract_slice (%\w+)", line)
        if match:
            lists = [map(int, part.split(","))
                     for part in re.findall(r"\[([^]]*)\]", line.partition(" : ")[0])]
            yield (*match.groups(), tuple(
                slice(first, first + max(size - 1, 0) * step + (size > 0), step)
                for first, size, step in zip(*lists)))
