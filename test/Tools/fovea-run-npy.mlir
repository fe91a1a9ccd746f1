// Files that don't fit an argument: one diagnostic, status 1, nothing written.

// RUN: rm -rf %t && mkdir -p %t/locked && chmod a-w %t/locked
// RUN: python3 %S/Inputs/write_npy.py %t/good.npy "<f4" "(1, 2, 5, 4)" 160
// RUN: fovea-run %s --in %t/good.npy --out %t/o.npy
// RUN: ls %t/o.npy

// RUN: python3 %S/Inputs/write_npy.py %t/type.npy "<f8" "(1, 2, 5, 4)" 320
// RUN: python3 %S/Inputs/once.py fovea-run %s --in %t/type.npy --out %t/no.npy | FileCheck %s --check-prefix=TYPE
// TYPE: error: {{.*}}type.npy: the elements are f64 ('<f8') where f32 is expected: save it with arr.astype('<f4')
// RUN: python3 %S/Inputs/write_npy.py %t/order.npy ">f4" "(1, 2, 5, 4)" 160
// RUN: python3 %S/Inputs/once.py fovea-run %s --in %t/order.npy --out %t/no.npy | FileCheck %s --check-prefix=ORDER
// ORDER: error: {{.*}}order.npy: big-endian ('>f4'): save it with arr.astype('<f4')
// RUN: python3 %S/Inputs/write_npy.py %t/shape.npy "<f4" "(1, 2, 5, 8)" 320
// RUN: python3 %S/Inputs/once.py fovea-run %s --in %t/shape.npy --out %t/no.npy | FileCheck %s --check-prefix=SHAPE
// SHAPE: error: {{.*}}shape.npy: has shape (1, 2, 5, 8), but argument 0 of @f is (1, 2, ?, 4)
// RUN: python3 %S/Inputs/write_npy.py %t/rank.npy "<f4" "(10, 4)" 160
// RUN: python3 %S/Inputs/once.py fovea-run %s --in %t/rank.npy --out %t/no.npy | FileCheck %s --check-prefix=RANK
// RANK: error: {{.*}}rank.npy: has shape (10, 4), but argument 0 of @f is (1, 2, ?, 4)
// RUN: python3 %S/Inputs/write_npy.py %t/short.npy "<f4" "(1, 2, 5, 4)" 159
// RUN: python3 %S/Inputs/once.py fovea-run %s --in %t/short.npy --out %t/no.npy | FileCheck %s --check-prefix=SHORT
// SHORT: error: {{.*}}short.npy: truncated: an array of shape (1, 2, 5, 4) of f32 has 160 bytes, and the file has 159 after the header
// RUN: python3 %S/Inputs/write_npy.py %t/header.npy "<f4" "(1, -2)" 8
// RUN: python3 %S/Inputs/once.py fovea-run %s --in %t/header.npy --out %t/no.npy | FileCheck %s --check-prefix=HEADER
// HEADER: error: {{.*}}header.npy: bad .npy header: a dimension is negative
// RUN: python3 %S/Inputs/write_npy.py %t/object.npy "|O" "(1, 2, 5, 4)" 320
// RUN: python3 %S/Inputs/once.py fovea-run %s --in %t/object.npy --out %t/no.npy | FileCheck %s --check-prefix=OBJECT
// OBJECT: error: {{.*}}object.npy: arrays of Python objects aren't supported: convert it with arr.astype('<f4') before saving
// RUN: python3 %S/Inputs/write_npy.py %t/struct.npy "[('a', '<f4')]" "(1, 2, 5, 4)" 160
// RUN: python3 %S/Inputs/once.py fovea-run %s --in %t/struct.npy --out %t/no.npy | FileCheck %s --check-prefix=STRUCT
// STRUCT: error: {{.*}}struct.npy: bad .npy header:
// RUN: python3 %S/Inputs/write_npy.py %t/long.npy "<f4" "(1, 2, 5, 4)" 161
// RUN: python3 %S/Inputs/once.py fovea-run %s --in %t/long.npy --out %t/no.npy | FileCheck %s --check-prefix=LONG
// LONG: error: {{.*}}long.npy: trailing data: an array of shape (1, 2, 5, 4) of f32 has 160 bytes, and the file has 161 after the header
// RUN: cp %s %t/text.npy
// RUN: python3 %S/Inputs/once.py fovea-run %s --in %t/text.npy --out %t/no.npy | FileCheck %s --check-prefix=MAGIC
// MAGIC: error: {{.*}}text.npy: not a .npy file: it doesn't begin with
// RUN: python3 %S/Inputs/once.py fovea-run %s --in %t/none.npy --out %t/no.npy | FileCheck %s --check-prefix=NONE
// NONE: error: {{.*}}none.npy: cannot open: No such file or directory
// RUN: python3 %S/Inputs/once.py fovea-run %s --in %t/good.npy,%t/good.npy,%t/good.npy --out %t/no.npy | FileCheck %s --check-prefix=MANY
// MANY: error: --in gives 3 files, but @f has 2 arguments

// A dimension that two files give different sizes.
// RUN: python3 %S/Inputs/write_npy.py %t/longer.npy "<f4" "(1, 2, 6, 4)" 192
// RUN: python3 %S/Inputs/once.py fovea-run %s --in %t/good.npy,%t/longer.npy --out %t/no.npy | FileCheck %s --check-prefix=DIM
// DIM: error: argument 1 of @f has 6 for dimension S, which is 5 in an earlier file
// RUN: python3 %S/Inputs/once.py fovea-run %s --in %t/good.npy --dims S=6 | FileCheck %s --check-prefix=GIVEN
// GIVEN: error: argument 0 of @f has 5 for dimension S, which --dims gives as 6
// RUN: fovea-run %s --in %t/good.npy --dims S=5

// A folder as the result's path; more results than there are.
// RUN: python3 %S/Inputs/once.py fovea-run %s --in %t/good.npy --out %t/locked | FileCheck %s --check-prefix=FOLDER
// FOLDER: error: {{.*}}locked: cannot write: not a regular file
// RUN: python3 %S/Inputs/once.py fovea-run %s --in %t/good.npy --out %t/o.npy,%t/no.npy | FileCheck %s --check-prefix=RESULTS
// RESULTS: error: --out {{.*}}no.npy: @f has 1 results
// RUN: not ls %t/no.npy
// RUN: ls %t | not grep tmp

func.func @f(%q: tensor<1x2x?x4xf32> {fovea.dims = ["", "", "S", ""]},
             %o: tensor<1x2x?x4xf32> {fovea.dims = ["", "", "S", ""]})
    -> tensor<1x2x?x4xf32> {
  %r = attn.attention ins(%q : tensor<1x2x?x4xf32>)
      dense(%q, %q : tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>)
      outs(%o : tensor<1x2x?x4xf32>)
  return %r : tensor<1x2x?x4xf32>
}
