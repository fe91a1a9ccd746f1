# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls functions of compiled objects with NumPy arrays or PyTorch tensors, through
the C ABI (include/fovea-runtime/Runtime.h)."""
import ctypes

# Codes and bits of element types, by their names in NumPy and PyTorch.
CODES = {"bfloat16": (4, 16), "float16": (2, 16), "float32": (2, 32), "int8": (0, 8), "int32": (0, 32),
         "int64": (0, 64), "bool": (6, 8)}


class Tensor(ctypes.Structure):
    """fovea_tensor_t."""
    _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32),
                ("device_id", ctypes.c_int32), ("ndim", ctypes.c_int32),
                ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16),
                ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64)]


def describe(t):
    """The fovea_tensor_t of an array or tensor; nothing is copied."""
    code, bits = CODES[str(t.dtype).removeprefix("torch.")]
    if hasattr(t, "data_ptr"):
        data, kind, strides = t.data_ptr(), 2 if t.is_cuda else 1, t.stride()
    else:
        data, kind, strides = t.ctypes.data, 1, [n // t.itemsize for n in t.strides]
    dims = ctypes.c_int64 * len(t.shape)
    return Tensor(data, kind, 0, len(t.shape), code, bits, 1, dims(*t.shape),
                  dims(*strides), 0)


def current_stream(tensors):
    """PyTorch's stream, if a tensor is on a GPU."""
    if not any(getattr(t, "is_cuda", False) for t in tensors):
        return None
    import torch
    return torch.cuda.current_stream().cuda_stream


def load_runtime(folder):
    """libfovea_runtime.so of a folder, which objects loaded afterwards find."""
    runtime = ctypes.CDLL(str(folder / "libfovea_runtime.so"), mode=ctypes.RTLD_GLOBAL)
    runtime.fovea_last_error.restype = ctypes.c_char_p
    return runtime


class Library:
    """A function of a shared object."""

    def __init__(self, runtime, path, name="attention"):
        self.runtime = runtime
        self.function = getattr(ctypes.CDLL(str(path)), name)
        self.function.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p]

    def bind(self, tensors):
        """A call with these tensors on the current stream; an error is raised."""
        keep = [describe(t) for t in tensors]
        pointers = (ctypes.POINTER(Tensor) * len(keep))(*map(ctypes.pointer, keep))

        def call():
            if self.function(pointers, len(keep), current_stream(tensors)):
                raise RuntimeError(self.runtime.fovea_last_error().decode())

        call.keep = keep, tensors
        return call
