"""Compares the numbers in two files: close.py GOT WANTED"""
import re
import sys

NUMBER = re.compile(r"(?<![\w@])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w@])")
got, want = (list(map(float, NUMBER.findall(open(path).read().split("data =")[1])))
             for path in sys.argv[1:])
worst = max(abs(a - b) for a, b in zip(got, want, strict=True))
print(f"{len(got)} numbers, {'close' if worst < 1e-4 else f'{worst} apart'}")
