// A causal mask aligned at the last query and the last key: the offset is
// captured. With more queries than keys the first rows see nothing and are 0.
//
// RUN: fovea-run %s --check --dims M=20,N=100 | FileCheck %s
// RUN: fovea-run %s --check --dims M=100,N=20 --out %t.npy | FileCheck %s
// RUN: python3 -c "import struct; d = open(r'%t.npy', 'rb').read()[-6400:]; print([x == 0 for x in struct.unpack('<1600f', d)[::16]].count(True))" | FileCheck %s --check-prefix=ZEROS
// CHECK: rel_error {{.*}} ok
// ZEROS: 80

func.func @aligned_at_the_end(
    %q: tensor<1x1x?x16xf32> {fovea.dims = ["", "", "M", ""]},
    %k: tensor<1x1x?x16xf32> {fovea.dims = ["", "", "N", ""]},
    %o: tensor<1x1x?x16xf32> {fovea.dims = ["", "", "M", ""]}) -> tensor<1x1x?x16xf32> {
  %axis = arith.constant 2 : index
  %queries = tensor.dim %q, %axis : tensor<1x1x?x16xf32>
  %keys = tensor.dim %k, %axis : tensor<1x1x?x16xf32>
  %offset = arith.subi %keys, %queries : index
  %r = attn.attention ins(%q : tensor<1x1x?x16xf32>)
      dense(%k, %k : tensor<1x1x?x16xf32>, tensor<1x1x?x16xf32>)
      outs(%o : tensor<1x1x?x16xf32>)
      mask(%b, %h, %i, %j, %first = %offset : index) {
        %last = arith.addi %i, %first : index
        %c = arith.cmpi sle, %j, %last : index
        attn.yield %c : i1
      }
  return %r : tensor<1x1x?x16xf32>
}
