#!/usr/bin/env python3
#===- conventions.py - Tests of the conventions of attention --------------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===------------------------------------------------------------------------===#
#
# One test for each rule on masked content, NaN, infinities, lengths, scale,
# sinks, indices and heads. Inputs and results go through .npy files; the expected
# values are computed here, in plain Python, from the rule.
#
#   conventions.py [--fovea-run PATH] [-- OPTION OF fovea-run ...]
#
#===------------------------------------------------------------------------===#

"""Test the conventions of attention with fovea-run."""

import argparse
import ast
import itertools
import math
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

NAN, INF = math.nan, math.inf
LOWEST = -3.4028234663852886e38
FORMATS = {"f32": ("<f4", "f"), "f16": ("<f2", "e"), "i32": ("<i4", "i")}

COMMAND = ["fovea-run"]


class Array:
    """A row-major array."""

    def __init__(self, shape, element, values):
        self.shape, self.element, self.values = tuple(shape), element, list(values)

    def __getitem__(self, indices):
        return self.values[self.at(indices)]

    def __setitem__(self, indices, value):
        self.values[self.at(indices)] = value

    def at(self, indices):
        """The place of an element."""
        place = 0
        for index, extent in zip(indices, self.shape, strict=True):
            assert 0 <= index < extent
            place = place * extent + index
        return place

    def copy(self):
        return Array(self.shape, self.element, self.values)

    def type(self):
        return f"tensor<{''.join(f'{n}x' for n in self.shape)}{self.element}>"

    def write(self, path):
        """Writes a .npy file of version 1.0."""
        descr, code = FORMATS[self.element]
        header = {"descr": descr, "fortran_order": False, "shape": self.shape}
        text = f"{header!r}"
        text += " " * (-(10 + len(text) + 1) % 64) + "\n"
        data = struct.pack(f"<{len(self.values)}{code}", *self.values)
        magic = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text))
        path.write_bytes(magic + text.encode() + data)

    @staticmethod
    def read(path):
        """Reads a .npy file as fovea-run writes it."""
        content = path.read_bytes()
        assert content[:7] == b"\x93NUMPY\x01", path
        end = 10 + struct.unpack("<H", content[8:10])[0]
        header = ast.literal_eval(content[10:end].decode())
        assert not header["fortran_order"]
        element = next(e for e, (d, _) in FORMATS.items() if d == header["descr"])
        count = math.prod(header["shape"])
        values = struct.unpack(f"<{count}{FORMATS[element][1]}", content[end:])
        return Array(header["shape"], element, values)


def normal(*shape, element="f32", seed=0):
    """Normal numbers that `element` holds exactly."""
    generator = random.Random(f"{shape} {seed}")
    values = (round(generator.gauss(0, 1) * 64) / 64 for _ in range(math.prod(shape)))
    return Array(shape, element, values)


class Attention:
    """One attention with its inputs, run by fovea-run and computed here.

    `score` and `mask` are pairs of the region's text and its meaning in Python,
    a function of (s, b, h, i, j) and (b, h, i, j); `tables` are arrays that both
    regions know as %t0, %t1 and so on.
    """

    def __init__(
        self,
        b=1,
        h=2,
        key_heads=2,
        i=5,
        j=70,
        d=8,
        e=8,
        element="f32",
        scale=None,
        score=None,
        mask=None,
        tables=(),
        lengths=None,
        sinks=None,
        origin=None,
        start=None,
        numerics=None,
    ):
        self.q = normal(b, h, i, d, element=element, seed="q")
        self.k = normal(b, key_heads, j, d, element=element, seed="k")
        self.v = normal(b, key_heads, j, e, element=element, seed="v")
        self.scale, self.score, self.mask = scale, score, mask
        self.tables, self.origin = tables, origin
        self.start, self.numerics = start, numerics
        self.lengths = Array([b], "i32", lengths) if lengths is not None else None
        self.sinks = Array([h], "f32", sinks) if sinks is not None else None
        self.shape = (b, h, i, e)

    # By fovea-run -------------------------------------------------------------

    def inputs(self):
        """Arrays by the name of their argument."""
        named = {"%q": self.q, "%k": self.k, "%v": self.v}
        if self.lengths:
            named["%lengths"] = self.lengths
        if self.sinks:
            named["%sinks"] = self.sinks
        named.update((f"%table{n}", t) for n, t in enumerate(self.tables))
        return named

    def region(self, keyword, arguments, region, type):
        """A region's text."""
        if not region:
            return ""
        captures = "".join(
            f", %t{n} = %table{n} : {t.type()}" for n, t in enumerate(self.tables)
        )
        return (
            f"    {keyword}({arguments}{captures}) {{\n{region[0]}\n"
            f"      attn.yield %r : {type}\n    }}\n"
        )

    def module(self):
        """The module's text."""
        b, h, i, e = self.shape
        o, lse = f"tensor<{b}x{h}x{i}x{e}xf32>", f"tensor<{b}x{h}x{i}xf32>"
        arguments = [f"{name}: {a.type()}" for name, a in self.inputs().items()]
        arguments += [f"%o: {o}", f"%lse: {lse}"]
        text = f"func.func @f({', '.join(arguments)}) -> ({o}, {lse}) {{\n"
        for n, first in enumerate(self.origin or ()):
            text += f"  %x{n} = arith.constant {first} : index\n"
        if self.start is not None:
            text += f"  %start = arith.constant {self.start} : index\n"
        text += f"  %r:2 = attn.attention ins(%q : {self.q.type()})\n"
        text += f"    dense(%k, %v : {self.k.type()}, {self.v.type()})\n"
        if self.lengths:
            text += f"      lengths(%lengths : {self.lengths.type()})\n"
        if self.start is not None:
            text += "      start(%start)\n"
        if self.sinks:
            text += f"    sinks(%sinks : {self.sinks.type()})\n"
        if self.origin:
            text += "    origin(%x0, %x1, %x2, %x3)\n"
        text += f"    outs(%o, %lse : {o}, {lse})\n"
        text += self.region("score", "%s, %b, %h, %i, %j", self.score, "f32")
        text += self.region("mask", "%b, %h, %i, %j", self.mask, "i1")
        attributes = []
        if self.scale is not None:
            attributes.append(f"scale = {float(self.scale)!r} : f64")
        if self.numerics:
            attributes.append(f"numerics = #attn.numerics<{self.numerics}>")
        if attributes:
            text += f"    attributes {{{', '.join(attributes)}}}\n"
        return text + f"  return %r#0, %r#1 : {o}, {lse}\n}}\n"

    def run(self, *options):
        """The output and lse that fovea-run gives."""
        with tempfile.TemporaryDirectory(prefix="fovea-conventions-") as name:
            folder = Path(name)
            files = []
            for argument, array in self.inputs().items():
                files.append(folder / f"{argument[1:]}.npy")
                array.write(files[-1])
            (folder / "f.mlir").write_text(self.module())
            outputs = [folder / "o.npy", folder / "lse.npy"]
            command = [*COMMAND, str(folder / "f.mlir"), *options]
            command += ["--in", ",".join(map(str, files))]
            command += ["--out", ",".join(map(str, outputs))]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120)
            if done.returncode != 0:
                raise AssertionError(f"{done.stderr}\n{self.module()}")
            return [Array.read(path) for path in outputs]

    # From the rules -----------------------------------------------------------

    def row(self, b, h, i):
        """The output row and lse of one query."""
        kb, heads, keys, _ = self.k.shape
        hk = h // (self.shape[1] // heads)
        count = min(max(self.lengths[b,], 0), keys) if self.lengths else keys
        scale = self.q.shape[3] ** -0.5 if self.scale is None else self.scale
        ob, oh, oi, oj = self.origin or (0, 0, 0, 0)
        scores = {}
        for j in range(count):
            at = (b + ob, h + oh, i + oi, j + oj + (self.start or 0))
            if self.mask and not self.mask[1](*at):
                continue
            channels = range(self.q.shape[3])
            s = scale * sum(self.q[b, h, i, d] * self.k[b, hk, j, d] for d in channels)
            scores[j] = self.score[1](s, *at) if self.score else s
        sink = self.sinks[h,] if self.sinks else -INF
        top = max([*scores.values(), sink])
        if top == -INF:
            return [0.0] * self.shape[3], -INF
        weights = {j: math.exp(s - top) for j, s in scores.items()}
        total = math.fsum([*weights.values(), math.exp(sink - top)])
        output = [
            math.fsum(w * self.v[b, hk, j, e] for j, w in weights.items()) / total
            for e in range(self.shape[3])
        ]
        return output, top + math.log(total)

    def expected(self):
        """The output and lse that the rules give."""
        rows = itertools.product(*map(range, self.shape[:3]))
        outputs, lses = [], []
        for row in rows:
            output, lse = self.row(*row)
            outputs += output
            lses.append(lse)
        return Array(self.shape, "f32", outputs), Array(self.shape[:3], "f32", lses)


def visible(text, meaning):
    """A mask of one comparison."""
    return f"      %r = arith.cmpi {text} : index", meaning


CAUSAL = visible("sle, %j, %i", lambda b, h, i, j: j <= i)


class ConventionsTest(unittest.TestCase):
    def compare(self, got, want):
        """Equal but for rounding; infinities and zeros of rows are exact."""
        for name, g, w in zip(("output", "lse"), got, want, strict=True):
            self.assertEqual(g.shape, w.shape)
            for n, (x, y) in enumerate(zip(g.values, w.values, strict=True)):
                if x != y and not abs(x - y) <= 5e-6 + 5e-6 * abs(y):
                    self.fail(f"{name} element {n} of {g.shape} is {x}, expected {y}")

    def check(self, attention):
        """fovea-run gives what the rules give."""
        self.compare(attention.run(), attention.expected())

    # Masked content -----------------------------------------------------------

    def fill_beyond(self, attention, length):
        """What the rules give; then NaN and infinities from `length` on."""
        want = attention.expected()
        values = itertools.cycle([NAN, INF, -INF])
        for array in (attention.k, attention.v):
            b, h, j, d = array.shape
            for at in itertools.product(range(b), range(h), range(length, j), range(d)):
                array[at] = next(values)
        return want

    def test_keys_and_values_beyond_the_length_may_hold_anything(self):
        for length in (1, 15, 16, 40, 64, 69):
            for mask in (None, CAUSAL):
                with self.subTest(length=length, causal=mask is not None):
                    attention = Attention(lengths=[length], mask=mask)
                    want = self.fill_beyond(attention, length)
                    self.compare(attention.run(), want)

    def test_keys_and_values_beyond_the_length_may_hold_anything_in_f16(self):
        attention = Attention(lengths=[40], element="f16")
        want = self.fill_beyond(attention, 40)
        self.compare(attention.run(), want)

    def test_masked_keys_may_hold_anything(self):
        attention = Attention(mask=visible("sge, %j, %h", lambda b, h, i, j: j >= h))
        want = attention.expected()
        for d, value in enumerate([NAN, INF, -INF, NAN, 1e38, NAN, INF, 0]):
            attention.k[0, 1, 0, d] = value
        self.compare(attention.run(), want)

    def test_a_nan_in_a_query_reaches_its_row_only(self):
        attention = Attention(i=70)
        want = attention.expected()
        attention.q[0, 1, 33, 2] = NAN
        got = attention.run()
        self.assertTrue(all(math.isnan(got[0][0, 1, 33, e]) for e in range(8)))
        self.assertTrue(math.isnan(got[1][0, 1, 33]))
        for e in range(8):
            got[0][0, 1, 33, e] = want[0][0, 1, 33, e]
        got[1][0, 1, 33] = want[1][0, 1, 33]
        self.compare(got, want)

    # Rows without keys --------------------------------------------------------

    def test_a_row_without_keys_is_zero_and_its_lse_minus_infinity(self):
        mask = visible("ne, %i, %c2", lambda b, h, i, j: i != 2)
        mask = ("      %c2 = arith.constant 2 : index\n" + mask[0], mask[1])
        attention = Attention(mask=mask)
        output, lse = attention.run()
        self.assertEqual(lse[0, 1, 2], -INF)
        self.assertEqual([output[0, 1, 2, e] for e in range(8)], [0.0] * 8)
        self.compare([output, lse], attention.expected())

    def test_a_row_without_keys_has_its_sink_as_lse(self):
        mask = visible("slt, %i, %b", lambda b, h, i, j: i < b)
        attention = Attention(mask=mask, sinks=[0.5, -200.0])
        output, lse = attention.run()
        self.assertEqual([lse[0, 0, 3], lse[0, 1, 3]], [0.5, -200.0])
        self.assertEqual(set(output.values), {0.0})

    def test_lengths_are_clamped(self):
        self.check(Attention(b=4, lengths=[0, -5, 1000, 7]))

    def test_a_sequence_of_length_0_reads_no_key(self):
        attention = Attention(lengths=[0])
        want = self.fill_beyond(attention, 0)
        self.compare(attention.run(), want)
        self.assertEqual(set(want[1].values), {-INF})

    def test_there_may_be_no_keys_or_no_queries(self):
        self.check(Attention(j=0))
        self.check(Attention(j=0, sinks=[1.0, 2.0]))
        self.check(Attention(i=0))

    # Scores -------------------------------------------------------------------

    def test_the_scale_may_be_negative_zero_or_large(self):
        for scale in (-1.0, -0.3, 0.0, 7.5, -40.0):
            with self.subTest(scale=scale):
                attention = Attention(scale=scale, mask=CAUSAL)
                # Integers: a large scale then multiplies no rounding.
                for array in (attention.q, attention.k):
                    array.values = [float(round(x)) for x in array.values]
                self.check(attention)

    def test_scores_may_be_minus_infinity(self):
        text = """      %inf = arith.constant 0xFF800000 : f32
      %c = arith.cmpi sle, %j, %i : index
      %c2 = arith.constant 2 : index
      %d = arith.cmpi ne, %i, %c2 : index
      %e = arith.andi %c, %d : i1
      %r = arith.select %e, %s, %inf : f32"""
        score = (text, lambda s, b, h, i, j: s if j <= i and i != 2 else -INF)
        self.check(Attention(score=score))
        self.check(Attention(score=score, sinks=[0.25, -1.0]))

    def test_scores_may_be_near_the_lowest_float(self):
        # As additive masks are made; a row that has no other key is their mean.
        text = f"""      %low = arith.constant {LOWEST!r} : f32
      %zero = arith.constant 0.0 : f32
      %c1 = arith.constant 1 : index
      %next = arith.addi %j, %c1 : index
      %c = arith.cmpi sle, %next, %i : index
      %bias = arith.select %c, %zero, %low : f32
      %r = arith.addf %s, %bias : f32"""
        score = (text, lambda s, b, h, i, j: s if j + 1 <= i else LOWEST)
        self.check(Attention(score=score))

    def test_sinks_take_part_in_the_softmax(self):
        self.check(Attention(sinks=[2.0, -3.0]))
        self.check(Attention(sinks=[60.0, -60.0], mask=CAUSAL))

    def test_functions_in_regions_are_accurate(self):
        # With one key lse is the score; q . k is exact. `approximate` permits more,
        # which CPUs do not use.
        for name, meaning in (("tanh", math.tanh), ("exp", math.exp)):
            for mode in ("accurate", "approximate"):
                with self.subTest(name=name, mode=mode):
                    text = f"      %r = math.{name} %s : f32"
                    score = (text, lambda s, b, h, i, j, f=meaning: f(s))
                    attention = Attention(
                        j=1, i=200, scale=1, score=score, numerics=f"math = {mode}"
                    )
                    got, want = attention.run()[1], attention.expected()[1]
                    for x, y in zip(got.values, want.values, strict=True):
                        self.assertLessEqual(abs(x - y), 2**-21 * abs(y))

    # Indices ------------------------------------------------------------------

    def table_score(self, index, meaning):
        """Adds table0[index]."""
        text = f"""{index}
      %x = tensor.extract %t0[%n] : tensor<4xf32>
      %r = arith.addf %s, %x : f32"""

        def score(s, b, h, i, j):
            n = meaning(b, h, i, j)
            return s + self.table.values[min(max(n + 4 if n < 0 else n, 0), 3)]

        self.table = Array([4], "f32", [0.5, -1.0, 2.0, 1.25])
        return (text, score)

    def test_a_negative_index_counts_from_the_end_and_others_are_clamped(self):
        score = self.table_score(
            "      %n = arith.subi %j, %i : index", lambda b, h, i, j: j - i
        )
        self.check(Attention(score=score, tables=[self.table], i=20))

    def test_division_is_by_its_name(self):
        head = "      %c10 = arith.constant 10 : index\n"
        head += "      %c4 = arith.constant 4 : index\n"
        head += "      %x = arith.subi %j, %c10 : index\n"
        ops = {
            "floordivsi": lambda x: x // 4,
            "ceildivsi": lambda x: -(-x // 4),
            "divsi": lambda x: int(x / 4),
            "remsi": lambda x: int(math.fmod(x, 4)),
        }
        for op, meaning in ops.items():
            with self.subTest(op=op):
                text = head + f"      %y = arith.{op} %x, %c4 : index\n"
                text += "      %z = arith.subi %i, %c4 : index\n"
                text += "      %r = arith.cmpi sle, %y, %z : index"

                def mask(b, h, i, j, meaning=meaning):
                    return meaning(j - 10) <= i - 4

                self.check(Attention(mask=(text, mask), i=12, j=40))

    def test_indices_have_64_bits(self):
        text = f"""      %big = arith.constant {1 << 33} : index
      %limit = arith.constant {(2 << 33) + 5} : index
      %x = arith.muli %i, %big : index
      %y = arith.addi %x, %j : index
      %r = arith.cmpi sle, %y, %limit : index"""
        mask = (text, lambda b, h, i, j: (i << 33) + j <= (2 << 33) + 5)
        self.check(Attention(mask=mask))

    def test_causal_masks_start_at_the_first_query_and_key(self):
        self.check(Attention(mask=CAUSAL, i=20, j=7))
        self.check(Attention(mask=CAUSAL, i=7, j=100))

    def test_origin_shifts_the_coordinates_of_both_regions(self):
        score = self.table_score(
            "      %n = arith.addi %h, %b : index", lambda b, h, i, j: h + b
        )
        attention = Attention(
            mask=CAUSAL, score=score, tables=[self.table], origin=(1, 1, 31, 20), i=20
        )
        self.check(attention)

    def test_the_start_of_a_segment_is_the_coordinate_of_its_first_key(self):
        score = self.table_score(
            "      %n = arith.subi %j, %i : index", lambda b, h, i, j: j - i
        )
        for start, origin in ((3, None), (-2, None), (100, (0, 0, 110, 4))):
            with self.subTest(start=start, origin=origin):
                options = {"start": start, "origin": origin, "i": 20, "mask": CAUSAL}
                self.check(Attention(score=score, tables=[self.table], **options))
                self.check(Attention(lengths=[30], **options))

    # Heads --------------------------------------------------------------------

    def test_h_is_the_query_head_and_groups_are_consecutive(self):
        score = self.table_score(
            "      %c0 = arith.constant 0 : index\n"
            "      %n = arith.addi %h, %c0 : index",
            lambda b, h, i, j: h,
        )
        self.check(Attention(h=4, key_heads=2, score=score, tables=[self.table]))

    # Threads ------------------------------------------------------------------

    def test_the_result_does_not_depend_on_the_number_of_threads(self):
        attention = Attention(b=2, h=4, key_heads=2, i=130, mask=CAUSAL)
        one, two = (attention.run("--threads", n) for n in "12")
        for a, b in zip(one, two, strict=True):
            self.assertEqual(a.values, b.values)


def main():
    parser = argparse.ArgumentParser(
        description="Test the conventions of attention with fovea-run.",
        epilog="example:\n  conventions.py --fovea-run build/release/bin/fovea-run",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--fovea-run", default="fovea-run", metavar="PATH")
    parser.add_argument("extra", nargs="*", metavar="OPTION", help="of fovea-run")
    arguments = parser.parse_args()
    tool = shutil.which(arguments.fovea_run)
    if not tool:
        sys.exit(f"conventions.py: error: no '{arguments.fovea_run}': give --fovea-run")
    COMMAND[:] = [tool, *arguments.extra]
    unittest.main(argv=sys.argv[:1], verbosity=2)


if __name__ == "__main__":
    main()
