// Two ranges of one key tile each: no loop is left, and the second product adds
// to the first one.
// RUN: fovea-run %s --check | FileCheck %s
// CHECK: rel_error {{.*}} ok

func.func @single_tiles(%q: tensor<1x1x16x8xf32>, %k: tensor<1x1x129x8xf32>,
                        %o: tensor<1x1x16x8xf32>) -> tensor<1x1x16x8xf32> {
  %r = attn.attention ins(%q : tensor<1x1x16x8xf32>)
      dense(%k, %k : tensor<1x1x129x8xf32>, tensor<1x1x129x8xf32>)
      outs(%o : tensor<1x1x16x8xf32>)
      mask(%b, %h, %i, %j) {
        %first = arith.constant 74 : index
        %visible = arith.cmpi sge, %j, %first : index
        attn.yield %visible : i1
      }
  return %r : tensor<1x1x16x8xf32>
}
