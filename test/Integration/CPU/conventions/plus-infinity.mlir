// A score of +inf makes its row NaN, and no other row.
//
// RUN: fovea-run %s --check --out %t.npy
// RUN: python3 -c "import struct; d = open(r'%t.npy', 'rb').read()[-256:]; print([x == x for x in struct.unpack('<64f', d)[::16]])" | FileCheck %s
// CHECK: [True, False, True, True]

func.func @plus_infinity(%q: tensor<1x1x4x16xf32>, %k: tensor<1x1x4x16xf32>,
                         %o: tensor<1x1x4x16xf32>) -> tensor<1x1x4x16xf32> {
  %r = attn.attention ins(%q : tensor<1x1x4x16xf32>)
      dense(%k, %k : tensor<1x1x4x16xf32>, tensor<1x1x4x16xf32>)
      outs(%o : tensor<1x1x4x16xf32>)
      score(%s, %b, %h, %i, %j) {
        %inf = arith.constant 0x7F800000 : f32
        %c1 = arith.constant 1 : index
        %c2 = arith.constant 2 : index
        %row = arith.cmpi eq, %i, %c1 : index
        %column = arith.cmpi eq, %j, %c2 : index
        %here = arith.andi %row, %column : i1
        %x = arith.select %here, %inf, %s : f32
        attn.yield %x : f32
      }
  return %r : tensor<1x1x4x16xf32>
}
