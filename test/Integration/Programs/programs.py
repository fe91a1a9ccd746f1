#===- programs.py - Random attention programs -----------------------------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===------------------------------------------------------------------------===#
#
# make_program(seed, number) gives one function with one attn.attention: random
# shapes, element types, layouts, lengths, sinks, origin, scale, and the score and
# mask of regions.py. It depends on nothing but its arguments. MAKERS has one for
# CPUs and one for GPUs.
#
# A program is made so that its result in f32 can be compared with f64:
#   - scores stay moderate (each float carries a bound on its magnitude), and
#     functions with unbounded slope are kept from their poles;
#   - what decides (comparisons, indices) is integer, or read from a table as it
#     is, never a rounded float;
#   - small outputs have positive values, so that they don't cancel to about 0.
#
#===------------------------------------------------------------------------===#

"""Random attention programs as MLIR text."""

import math
import random
import re
from dataclasses import dataclass, field

from regions import Region

# What a program may use beyond the basics; fuzz.py --without leaves some out.
FEATURES = {
    "empty": "dimensions of extent 0",
    "factors": "a bias of low rank in factors",
    "index": "ops of the index dialect, elements of type index",
    "infinite": "scores of -inf and near the lowest float",
    "integers": "unsigned and bitwise ops, and arithmetic in i32 and i64",
    "layouts": "other orders of dimensions (indexing_maps)",
    "math": "other functions than exp, tanh, sqrt and abs",
    "origin": "an origin of the coordinates",
    "scalars": "captured scalars, constants and arguments",
    "schedules": "schedules of CPUs other than the compiler's own",
    "segments": "packed and paged segments, and several in one softmax",
    "shared": "keys or values without a batch or head dimension",
    "start": "a start of the segment",
    "strides": "operands and tables that are strided slices",
    "types": "f16, bf16, i1 and i8 elements",
    "walks": "walks in closed form",
}


@dataclass
class Argument:
    """An argument of the function."""

    name: str
    type: str
    attributes: list


@dataclass
class Table:
    """A tensor that regions read."""

    argument: Argument
    element: str
    rank: int
    bound: float


@dataclass
class Segment:
    """Keys and values: their kind, and the sizes of their dimensions."""

    kind: str
    number: int
    sizes: dict  # Of b and j: pages and keys of a page, if it is paged.
    keys: int  # Keys that a sequence can have.
    start: int | None = None


@dataclass
class Program:
    """One function and the default sizes of its dynamic dimensions."""

    name: str
    text: str
    dims: dict = field(default_factory=dict)
    # What its text was made of: see Maker.program.
    parts: dict = field(default_factory=dict)

    def module(self):
        """A module with this function alone."""
        return make_module([self])


def make_module(programs):
    """One module with several programs."""
    dims = {}
    for program in programs:
        dims.update(program.dims)
    entries = ", ".join(f"{name} = {size}" for name, size in dims.items())
    head = f"module attributes {{fovea.dims = {{{entries}}}}} {{\n"
    return head + "\n".join(program.text for program in programs) + "}\n"


class Maker:
    """Chooses the operands of one program and writes its text."""

    channels = [1, 3, 8, 16, 17, 40, 64, 80]
    # Products q.k and p.v of the reference for one program, at most.
    work = 3_000_000

    def __init__(self, seed, number, without):
        self.random = random.Random(f"fovea {seed} {number}")
        self.own_random = random.Random(f"fovea factors {seed} {number}")
        self.walk_random = random.Random(f"fovea walk {seed} {number}")
        self.schedule_random = random.Random(f"fovea schedule {seed} {number}")
        self.name, self.without = f"p{number}", without
        self.dims, self.tables, self.setup = {}, [], []
        self.arguments = []  # All but the outputs, in order.
        self.choose_sizes()
        self.choose_segments()
        pick = self.random.random()
        self.dynamic = 0.0 if pick < 0.3 else 1.0 if pick < 0.6 else 0.5
        self.origin = None
        if self.chance(0.15) and self.has("origin"):
            largest = (3, 6, 130, 130)
            self.origin = tuple(self.random.randint(0, n) for n in largest)
        for segment in self.segments:
            if not self.origin and self.chance(0.08) and self.has("start"):
                segment.start = self.random.randint(0, 90)
        self.choose_scale()

    def has(self, feature):
        return feature not in self.without

    def chance(self, probability):
        return self.random.random() < probability

    # Choices ------------------------------------------------------------------

    def tokens(self):
        """A number of queries or keys."""
        pick = self.random.random()
        if pick < 0.03 and self.has("empty"):
            return 0
        if pick < 0.1:
            return 1
        if pick < 0.25:
            return self.random.choice([15, 16, 17, 32, 63, 64, 65, 128, 129])
        if pick < 0.32:
            return self.random.randint(200, 330)
        return self.random.randint(2, 70)

    def choose_sizes(self):
        """Extents, small enough for the reference."""
        choice = self.random.choice
        b = 0 if self.has("empty") and self.chance(0.02) else choice([1, 1, 2, 3])
        key_heads, group = choice([1, 1, 2, 3]), choice([1, 1, 2, 4])
        sizes = {"b": b, "i": self.tokens(), "j": self.tokens()}
        sizes.update(h=key_heads * group, k=key_heads)
        sizes["d"], sizes["e"] = choice(self.channels), choice(self.channels)

        def work():
            pairs = sizes["b"] * sizes["h"] * sizes["i"] * sizes["j"]
            return pairs * (sizes["d"] + sizes["e"])

        if work() > self.work:
            sizes["b"] = min(sizes["b"], 1)
        if work() > self.work:
            sizes["h"] = sizes["k"] = 1
        while work() > self.work:
            sizes["i"] //= 2
        self.sizes = sizes

    def choose_segments(self):
        """Which segments there are; the keys of all are about `j`."""
        kinds = ["dense"]
        if self.has("segments") and self.chance(0.4):
            count = self.random.choice([1, 2, 2, 3])
            kinds = self.random.choices(["dense", "paged"], k=count)
            if self.chance(0.4):
                kinds = ["packed"] * min(count, 2)
        self.packed = "packed" in kinds
        self.packed_queries = self.packed
        if self.has("segments") and self.chance(0.15):
            self.packed_queries = True
        self.segments = []
        for number, kind in enumerate(kinds):
            keys = self.sizes["j"] if number == 0 else self.tokens() // 2
            sizes = {"b": self.sizes["b"], "j": keys}
            if kind == "paged":
                size = self.random.choice([1, 2, 5, 8, 16, 16, 37, 64, 128, 256])
                pages = -(-keys // size)
                sizes = {"b": self.random.randint(1, 3 * pages + 1), "j": size}
                keys = pages * size
            self.segments.append(Segment(kind, number, sizes, keys))

    def key_bound(self):
        """At least the coordinate j of the last key, without the origin."""
        last = max(segment.start or 0 for segment in self.segments)
        return last + sum(segment.keys for segment in self.segments)

    def choose_scale(self):
        """The scale attribute, or none, and the bound on scores it gives."""
        usual = self.sizes["d"] ** -0.5
        self.scale = None
        if self.chance(0.4):
            factor = self.random.choice([-1.0, 0.0, 0.1, 0.5, 2.0, -3.0, 10.0])
            self.scale = round(factor * usual, 6)
        # Products of normal numbers: a few standard deviations, roughly.
        factor = abs((usual if self.scale is None else self.scale) / usual)
        self.score_bound = 5 * factor

    def float_type(self):
        if self.has("types") and self.chance(0.45):
            return self.random.choice(["f16", "bf16"])
        return "f32"

    def operand_type(self, name):
        """The element type of q, k, v or o."""
        return self.float_type()

    # Types and arguments ------------------------------------------------------

    def extent(self, name, size, fixed=False):
        """The text of an extent, and the name of the dimension if dynamic."""
        if fixed or not self.chance(self.dynamic):
            return str(size), ""
        key = f"{self.name}_{name}"
        self.dims[key] = size
        return "?", key

    def shaped(self, name, element, extents, attributes=(), fixed=()):
        """An argument; `extents` are pairs of a dimension's name and size."""
        parts = [self.extent(n, size, n in fixed) for n, size in extents]
        type = f"tensor<{'x'.join([text for text, _ in parts] + [element])}>"
        attributes = list(attributes)
        if any(key for _, key in parts):
            keys = ", ".join(f'"{key}"' for _, key in parts)
            attributes.insert(0, f"fovea.dims = [{keys}]")
        return Argument(f"%{name}", type, attributes)

    def table(self, kind, rank=None):
        """A table of integers, floats or i1, new or one that there is."""
        known = [
            table
            for table in self.tables
            if self.kind(table) == kind and rank in (None, table.rank)
        ]
        if known and (len(self.tables) > 4 or self.chance(0.4)):
            return self.random.choice(known)
        rank = rank or self.random.choice([1, 1, 2, 2, 3])
        element, bound, attributes = self.table_elements(kind)
        name = f"t{len(self.tables)}"
        extents = []
        for axis in range(rank):
            other = self.random.randint(1, 70)
            size = self.random.choice([*self.sizes.values(), other])
            extents.append((f"{name}_{axis}", min(max(size, 1), 140)))
        argument = self.taken(self.shaped(name, element, extents, attributes))
        self.tables.append(Table(argument, element, rank, bound))
        return self.tables[-1]

    @staticmethod
    def kind(table):
        if table.element == "i1":
            return "i1"
        return "float" if "f" in table.element else "integer"

    def table_elements(self, kind):
        """Element type, bound and attributes of a new table."""
        if kind == "i1":
            return "i1", 1, ["fovea.low = 0 : i64", "fovea.high = 1 : i64"]
        if kind == "float":
            element = self.float_type() if self.chance(0.3) else "f32"
            attributes = ["fovea.low = -2.0 : f64", "fovea.high = 2.0 : f64"]
            return element, 2.0, attributes
        others = [t for t, f in (("i8", "types"), ("index", "index")) if self.has(f)]
        others = others if self.chance(0.15) else []
        element = self.random.choice(others or ["i32", "i32", "i64"])
        low = self.random.choice([0, 0, -3])
        high = self.random.choice([1, 4, max(self.sizes["j"], 1)])
        high = min(high, 100)
        attributes = [f"fovea.low = {low} : i64", f"fovea.high = {high} : i64"]
        if self.chance(0.3):
            attributes.append("fovea.sorted")
        return element, max(-low, high), attributes

    def outer_index(self):
        """An integer scalar from outside the regions: name, type, bound."""
        if self.chance(0.5):
            name = f"%n{len(self.setup)}"
            value = self.random.randint(-5, 70)
            self.setup.append(f"{name} = arith.constant {value} : index")
            return name, "index", abs(value)
        attributes = ["fovea.low = -5 : i64", "fovea.high = 70 : i64"]
        type = self.random.choice(["i32", "i64", "index"])
        argument = Argument(f"%m{len(self.arguments)}", type, attributes)
        self.arguments.append(argument)
        return argument.name, type, 70

    def outer_float(self):
        """A float scalar from outside the regions: name, type, bound."""
        if self.chance(0.5):
            name = f"%x{len(self.setup)}"
            self.setup.append(f"{name} = arith.constant 0.75 : f32")
            return name, "f32", 0.75
        attributes = ["fovea.low = -2.0 : f64", "fovea.high = 2.0 : f64"]
        argument = Argument(f"%y{len(self.arguments)}", self.float_type(), attributes)
        self.arguments.append(argument)
        return argument.name, argument.type, 2.0

    # Operands -----------------------------------------------------------------

    def choose_maps(self, has_lse):
        """The dimensions of query, key, value, output and lse, in order."""
        maps = [list("bhid"), list("bhjd"), list("bhje"), list("bhie")]
        maps += [list("bhi")] if has_lse else []
        pick = self.random.random()
        if self.has("layouts") and pick < 0.2:
            maps = [[m[0], m[2], m[1], *m[3:]] for m in maps]
        elif self.has("layouts") and pick < 0.5:
            for m in maps:
                self.random.shuffle(m)
        if self.packed_queries:
            for m in maps[:1] + maps[3:]:
                m.remove("b")
        if self.packed:
            for m in maps[1:3]:
                m.remove("b")
        paged = any(segment.kind == "paged" for segment in self.segments)
        if self.has("shared") and self.chance(0.08):
            dim = self.random.choice("h" if paged or self.packed else "bh")
            choices = [maps[1:3]]
            if dim == "b":  # Heads are shared by keys and values, or by neither.
                choices += [maps[1:2], maps[2:3]]
            for m in self.random.choice(choices):
                m.remove(dim)
        usual = ["bhid", "bhjd", "bhje", "bhie", "bhi"]
        if self.packed_queries:
            usual[0], *usual[3:] = (text[1:] for text in usual[:1] + usual[3:])
        if self.packed:
            usual[1:3] = (text[1:] for text in usual[1:3])
        self.custom_maps = ["".join(m) for m in maps] != usual[: len(maps)]
        return maps

    def operand(self, name, dims, attributes=()):
        """An operand of the queries' side with the dimensions `dims`."""
        extents = [(d, self.sizes[d]) for d in dims]
        element = "f32" if name == "l" else self.operand_type(name)
        return self.shaped(name, element, extents, attributes, fixed=("d", "e"))

    def keyed(self, name, segment, dims, attributes=()):
        """Keys or values of a segment."""
        extents = []
        for d in dims:
            own = d == "j" or (d == "b" and segment.kind == "paged")
            if own:
                extents.append((f"{d}{segment.number}", segment.sizes[d]))
            else:
                d = "k" if d == "h" else d
                extents.append((d, self.sizes[d]))
        element = self.operand_type(name)
        name = f"{name}{segment.number}"
        argument = self.shaped(
            name, element, extents, attributes, fixed=("d", "e")
        )
        return self.taken(argument)

    def integers(self, name, extents, low, high, attributes=()):
        """Lengths, offsets or page numbers."""
        elements = ["i32", "i32", "i64"] + (["index"] if self.has("index") else [])
        limits = [f"fovea.low = {low} : i64", f"fovea.high = {high} : i64"]
        element = self.random.choice(elements)
        return self.taken(
            self.shaped(name, element, extents, [*limits, *attributes])
        )

    def offsets(self, name, rows):
        """Row offsets of packed sequences, of some of the rows."""
        extents = [("b_1", self.sizes["b"] + 1)]
        low, high = self.random.choice([(0, rows), (0, rows), (rows // 3, rows)])
        return self.integers(name, extents, low, high, ["fovea.sorted"])

    def slice_choices(self, name, is_last):
        """Offsets, strides and what may be left over of one axis of a slice."""
        return [0, 0, 1, 5], [1, 1, 1, 2, 3], [1, 1, 4]

    def taken(self, argument):
        """Takes an argument as it is, or as a strided slice of a larger one."""
        if "?" in argument.type or not self.has("strides") or not self.chance(0.3):
            self.arguments.append(argument)
            return argument
        rank = len(re.findall(r"\d+x", argument.type))
        *sizes, element = argument.type[len("tensor<") : -1].split("x", rank)
        choices = [
            self.slice_choices(argument.name, axis == rank - 1) for axis in range(rank)
        ]
        offsets = [self.random.choice(offsets) for offsets, _, _ in choices]
        strides = [self.random.choice(strides) for _, strides, _ in choices]
        extents = [
            o + max(int(n) - 1, 0) * s + self.random.choice(rests)
            for o, n, s, (_, _, rests) in zip(offsets, sizes, strides, choices)
        ]
        type = f"tensor<{'x'.join(map(str, extents))}x{element}>"
        whole = Argument(f"{argument.name}_whole", type, argument.attributes)
        lists = "".join(
            f"[{', '.join(map(str, part))}]" for part in (offsets, sizes, strides)
        )
        self.setup.append(
            f"{argument.name} = tensor.extract_slice {whole.name}{lists} "
            f": {type} to {argument.type}"
        )
        self.arguments.append(whole)
        return argument

    def factors(self, maps):
        """The clause of factors, and those of the queries and of the keys."""
        # Of a sequence of its own: a program without them is what it was before.
        random_before, self.random = self.random, self.own_random
        clause, found = "", []
        rank = self.random.choice([1, 1, 2, 3, 8])
        # On GPUs there are 256 channels at most, and 6 for a product.
        fits = self.sizes["d"] + 6 * rank <= 256
        if self.has("factors") and fits and self.chance(0.2):
            # Of products as large as those of queries and keys.
            limit = round(2.0 * rank**-0.25, 3)
            limits = [f"fovea.low = -{limit} : f64", f"fovea.high = {limit} : f64"]
            sides = [("f", maps[0], None)]
            sides += [(f"g{s.number}", maps[1], s) for s in self.segments]
            for name, dims, segment in sides:
                found.append(self.factor(name, dims, segment, rank, limits))
            names = ", ".join(f.name for f in found)
            types = ", ".join(f.type for f in found)
            clause = f"factors({names} : {types}) "
            self.score_bound += 4 * rank**0.5
        self.random = random_before
        return clause, found

    def factor(self, name, dims, segment, rank, limits):
        """A factor with the dimensions of an operand; some are shared."""
        extents = []
        for d in dims:
            size, key = self.sizes[d], d
            if segment and (d == "j" or (d == "b" and segment.kind == "paged")):
                size, key = segment.sizes[d], f"{d}{segment.number}"
            elif segment and d == "h":
                size, key = self.sizes["k"], "k"
            if d == "d":
                size, key = rank, "r"
            elif self.chance(0.25):
                size, key = 1, "one"
            extents.append((key, size))
        element = self.float_type()
        return self.taken(
            self.shaped(name, element, extents, limits, fixed=("r", "one"))
        )

    def value_attributes(self):
        """Positive values where an output of few numbers could cancel."""
        outputs = self.sizes["b"] * self.sizes["h"] * self.sizes["i"] * self.sizes["e"]
        if outputs >= 512:
            return []
        return ["fovea.low = 0.25 : f64", "fovea.high = 2.0 : f64"]

    def segment_lines(self, maps):
        """The lines of all segments."""
        lines = []
        queries = None
        if self.packed_queries:
            queries = self.offsets("qo", self.sizes["i"])
        for segment in self.segments:
            n = segment.number
            k = self.keyed("k", segment, maps[1])
            v = self.keyed("v", segment, maps[2], self.value_attributes())
            kind, tables = segment.kind, ""
            if self.packed_queries and kind != "packed":
                tables = f" offsets({queries.name} : {queries.type})"
            if kind == "paged":
                kind = f"paged<{segment.sizes['j']}>"
                extents = [("b", self.sizes["b"])]
                extents.append((f"p{n}", segment.keys // segment.sizes["j"]))
                last = segment.sizes["b"] - 1
                t = self.integers(f"t{n}_pages", extents, 0, last)
                tables += f" table({t.name} : {t.type})"
            if kind == "packed":
                t = self.offsets(f"ko{n}", segment.keys)
                tables = f" offsets({queries.name}, {t.name} : {queries.type}, {t.type})"
            line = f"      {kind}({k.name}, {v.name} : {k.type}, {v.type}){tables}"
            lengths = None
            if self.chance(0.3):
                low = self.random.choice([0, 0, 1, -2])
                extents = [("b", self.sizes["b"])]
                lengths = self.integers(f"len{n}", extents, low, segment.keys + 3)
                line += f" lengths({lengths.name} : {lengths.type})"
            if segment.start is not None:
                line += f" start({self.indices([segment.start])})"
            lines.append(line)
            segment.operands = k, v, lengths
        return lines

    # Text ---------------------------------------------------------------------

    def regions(self):
        """The regions, by keyword, with their values."""
        regions = {}
        if self.chance(0.62):
            region = Region(self, has_score=True)
            regions["score"] = region, region.score_value()
        if self.chance(0.72):
            region = Region(self, has_score=False)
            regions["mask"] = region, region.mask()
        return regions

    def indices(self, values):
        """Index constants outside the op."""
        names = []
        for value in values:
            names.append(f"%a{len(self.setup)}")
            self.setup.append(f"{names[-1]} = arith.constant {value} : index")
        return ", ".join(names)

    def numerics(self):
        """The attribute of numerics, in a list."""
        return []

    def schedule(self):
        """The attribute of a schedule for CPUs, in a list: in most programs a small
        one, which is compiled sooner, in the others the compiler's."""
        pick = self.schedule_random.choice
        if not self.has("schedules") or pick(range(3)) == 0:
            return []
        lanes, vectors, rows = pick([4, 8, 8, 16]), pick([1, 2]), pick([1, 2, 4])
        fields = {"lanes": lanes, "rows": rows, "vectors": vectors}
        if pick(range(6)) == 0:
            fields |= {"query_tile": pick([1, 2, 3]), "key_tile": lanes * pick([1, 2, 4])}
            fields["lane_axis"] = 1
        else:
            fields |= {"query_tile": lanes * vectors * pick([1, 2])}
            fields["key_tile"] = rows * pick([3, 8, 16])
        fields["split_to"] = pick([1, 1, 8])
        fields["heads"] = pick([1, 2, 3])
        text = ", ".join(f"{name} = {value}" for name, value in fields.items())
        return [f"schedule = #tile.cpu_schedule<{text}>"]

    def walk(self):
        """The attribute of a walk in closed form, in a list."""
        pick = self.walk_random.choice
        if not self.has("walks") or pick(range(8)):
            return []
        ends = ["0", "1", "2", "t", "t + 1", "t - 1", "t + 3", "t * 2", "t floordiv 2", "6 - t",
                "t ceildiv 3 + 2", "t * 3 - 1", "t mod 4", "t mod 3 + 2", "99"]
        ranges = ", ".join(pick(ends) for _ in range(2 * pick([1, 1, 2, 3])))
        sizes = f"queries = {pick([1, 7, 16, 32, 64])}, keys = {pick([1, 5, 16, 32, 48])}"
        return [f"walk = #attn.walk<{sizes}, ranges = (t) -> ({ranges})>"]

    def attributes(self, maps):
        """The lines of the op's attributes."""
        entries = self.numerics() + self.schedule() + self.walk()
        if self.scale is not None:
            entries.append(f"scale = {self.scale:.6f} : f64")
        if self.custom_maps:
            texts = (
                f"affine_map<(b, h, i, j, d, e) -> ({', '.join(m)})>" for m in maps
            )
            lines = ",\n        ".join(texts)
            entries.append(f"indexing_maps = [\n        {lines}]")
        return [f"      attributes {{{', '.join(entries)}}}"] if entries else []

    def program(self):
        """The function."""
        has_lse = self.chance(0.35)
        maps = self.choose_maps(has_lse)
        q = self.taken(self.operand("q", maps[0]))
        segments = self.segment_lines(maps)
        clause, factors = self.factors(maps)
        outputs = [self.operand("o", maps[3])]
        outputs += [self.operand("l", maps[4])] if has_lse else []
        sinks = None
        if self.chance(0.2):
            sinks = self.shaped("sink", "f32", [("h", self.sizes["h"])])
            sinks = self.taken(sinks)
        names = ", ".join(o.name for o in outputs)
        types = ", ".join(o.type for o in outputs)
        tail = clause + (f"sinks({sinks.name} : {sinks.type}) " if sinks else "")
        if self.origin:
            tail += f"origin({self.indices(self.origin)}) "
        regions = self.regions()
        op = [
            f"%r:{len(outputs)} = attn.attention ins({q.name} : {q.type})",
            *segments,
            f"      {tail}outs({names} : {types})",
            *(
                line
                for keyword, (region, value) in regions.items()
                for line in region.text(keyword, value)
            ),
            *self.attributes(maps),
            f"return {', '.join(f'%r#{n}' for n in range(len(outputs)))} : {types}",
        ]
        text = self.function(self.arguments + outputs, types, op)
        k, v, lengths = self.segments[0].operands
        parts = {
            "arguments": self.arguments,
            "outputs": outputs,
            "setup": self.setup,
            "operands": (q, k, v),
            "maps": maps,
            "lengths": lengths,
            "sinks": sinks,
            "factors": factors,
            "start": self.segments[0].start or 0,
            "origin": self.origin or (0, 0, 0, 0),
            "scale": self.scale,
            "regions": regions,
            "scores": math.prod(self.sizes[d] for d in "bhij"),
        }
        return Program(self.name, text, self.dims, parts)

    def function(self, arguments, types, op):
        """The text of the function."""
        shown = []
        for a in arguments:
            attributes = f" {{{', '.join(a.attributes)}}}" if a.attributes else ""
            shown.append(f"    {a.name}: {a.type}{attributes}")
        head = f"func.func @{self.name}(\n" + ",\n".join(shown) + f") -> ({types}) {{\n"
        return head + "".join(f"  {line}\n" for line in [*self.setup, *op]) + "}\n"


class GpuMaker(Maker):
    """Programs for GPUs: what a tensor map takes, and tiles of 128 rows and keys."""

    # Of functions there are exp, exp2, tanh, sqrt and abs; of segments, one that is dense;
    # run.py knows no walk.
    absent = frozenset({"math", "segments", "schedules", "walks"})

    channels = [8, 16, 24, 40, 64, 64, 72, 80, 96, 128, 128, 136, 192, 256]
    work = 60_000_000

    def __init__(self, seed, number, without):
        super().__init__(seed, number, without | self.absent)
        # Queries and keys have one type, values have another or the same.
        types = ["bf16", "bf16", "f16"]
        self.types = {name: self.random.choice(types) for name in "qvo"}
        self.types["k"] = self.types["q"]

    def tokens(self):
        pick = self.random.random()
        if pick < 0.03 and self.has("empty"):
            return 0
        if pick < 0.15:
            return 1
        if pick < 0.45:
            return self.random.choice([63, 64, 65, 127, 128, 129, 191, 192, 193, 256])
        return self.random.randint(2, 420)

    def operand_type(self, name):
        return self.types[name]

    def choose_maps(self, has_lse):
        """Channels stay innermost."""
        maps = super().choose_maps(has_lse)
        maps[:4] = [sorted(m, key="de".__contains__) for m in maps[:4]]
        return maps

    def slice_choices(self, name, is_last):
        if name[1] in "qkv" and name[2:].isdigit() | (not name[2:]) and is_last:
            return [0, 8], [1], [1, 9]
        return super().slice_choices(name, is_last)

    def numerics(self):
        entries = []
        if self.chance(0.3):
            entries.append("math = approximate")
        if self.chance(0.2):
            entries.append(f"probability = {self.types['v']}")
        return [f"numerics = #attn.numerics<{', '.join(entries)}>"] if entries else []


MAKERS = {"cpu": Maker, "gpu": GpuMaker}


def make_program(seed, number, without=frozenset(), target="cpu"):
    """Program `number` of the sequence that `seed` gives."""
    return MAKERS[target](seed, number, without).program()
