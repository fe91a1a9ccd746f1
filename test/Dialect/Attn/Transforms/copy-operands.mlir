// RUN: fovea-opt %s --attn-copy-operands --canonicalize --cse --split-input-file --verify-diagnostics | FileCheck %s

// 20 channels: zeros behind them, in rows of 24; what is computed goes to the result
// without the last 4.
// DOC-BEGIN: attn-copy-operands --attn-copy-operands --canonicalize
func.func @odd(%q: tensor<1x2x?x20xbf16>, %k: tensor<1x2x?x20xbf16>, %v: tensor<1x2x?x64xbf16>,
               %o: tensor<1x2x?x64xbf16>) -> tensor<1x2x?x64xbf16> {
  // expected-remark @+1 {{is slower than it might be: it copies its queries, keys to rows of channels of a multiple of 8, one after the other in memory}}
  %r = attn.attention ins(%q : tensor<1x2x?x20xbf16>)
      dense(%k, %v : tensor<1x2x?x20xbf16>, tensor<1x2x?x64xbf16>)
      outs(%o : tensor<1x2x?x64xbf16>)
  return %r : tensor<1x2x?x64xbf16>
}
// DOC-END
// CHECK-LABEL: func.func @odd
// CHECK-SAME: (%[[Q:[^ ]*]]: tensor<1x2x?x20xbf16>, %[[K:[^ ]*]]: tensor<1x2x?x20xbf16>, %[[V:[^ ]*]]: tensor<1x2x?x64xbf16>
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0.000000e+00 : bf16
// CHECK-DAG: %[[C19:.*]] = arith.constant 19 : index
// CHECK-DAG: %[[C20:.*]] = arith.constant 20 : index
// CHECK: %[[QC:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<1x2x?x24xbf16>)
// CHECK-DAG: %[[I:.*]] = linalg.index 2
// CHECK-DAG: %[[D:.*]] = linalg.index 3
// CHECK: %[[AT:.*]] = arith.minsi %[[D]], %[[C19]]
// CHECK: %[[X:.*]] = tensor.extract %[[Q]][%{{.*}}, %{{.*}}, %[[I]], %[[AT]]]
// CHECK: %[[IN:.*]] = arith.cmpi slt, %[[D]], %[[C20]]
// CHECK: arith.select %[[IN]], %[[X]], %[[ZERO]]
// CHECK: %[[KC:.*]] = linalg.generic
// CHECK: tensor.extract %[[K]]
// CHECK: attn.attention ins(%[[QC]] : tensor<1x2x?x24xbf16>)
// CHECK-NEXT: dense(%[[KC]], %[[V]] :
// CHECK: scale = 0.2236

// -----

// Values of 20 channels, and a result of them. Channels that are not innermost. Lse is
// where it was.
// CHECK-LABEL: func.func @values
// CHECK-SAME: %[[K:[^ ]*]]: tensor<2x64x100xf16>, %[[V:[^ ]*]]: tensor<2x100x20xf16>, %[[O:[^ ]*]]: tensor<20x2x9xf16>, %[[L:[^ ]*]]: tensor<9x2xf32>)
// CHECK: %[[KC:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x100x64xf16>)
// CHECK: tensor.extract %[[K]]
// CHECK-NOT: arith.select
// CHECK: %[[VC:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x100x24xf16>)
// CHECK: %[[R:.*]]:2 = attn.attention
// CHECK-NEXT: dense(%[[KC]], %[[VC]] :
// CHECK-NEXT: outs(%{{.*}}, %[[L]] : tensor<2x9x24xf16>, tensor<9x2xf32>)
// CHECK: %[[C:.*]] = linalg.generic {{.*}} outs(%[[O]] :
// CHECK-DAG: %[[D:.*]] = linalg.index 0
// CHECK-DAG: %[[H:.*]] = linalg.index 1
// CHECK-DAG: %[[I:.*]] = linalg.index 2
// CHECK: tensor.extract %[[R]]#0[%[[H]], %[[I]], %[[D]]]
// CHECK: return %[[C]], %[[R]]#1
func.func @values(%q: tensor<2x9x64xf16>, %k: tensor<2x64x100xf16>, %v: tensor<2x100x20xf16>,
                  %o: tensor<20x2x9xf16>, %l: tensor<9x2xf32>) -> (tensor<20x2x9xf16>, tensor<9x2xf32>) {
  // expected-remark @+1 {{copies its keys, values, result to rows}}
  %r:2 = attn.attention ins(%q : tensor<2x9x64xf16>)
      dense(%k, %v : tensor<2x64x100xf16>, tensor<2x100x20xf16>)
      outs(%o, %l : tensor<20x2x9xf16>, tensor<9x2xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (h, i, d)>, affine_map<(b, h, i, j, d, e) -> (h, d, j)>,
        affine_map<(b, h, i, j, d, e) -> (h, j, e)>, affine_map<(b, h, i, j, d, e) -> (e, h, i)>,
        affine_map<(b, h, i, j, d, e) -> (i, h)>]}
  return %r#0, %r#1 : tensor<20x2x9xf16>, tensor<9x2xf32>
}

// -----

// Slices: of every second channel, and from the fourth on, are copied; that from the
// eighth on is not, nor is a result of f32, wherever its channels are.
// CHECK-LABEL: func.func @slices
// CHECK-SAME: %[[A:[^ ]*]]: tensor<1x2x50x64xbf16>
// CHECK: %[[Q:.*]] = tensor.extract_slice %[[A]][0, 0, 0, 8]
// CHECK-COUNT-2: linalg.generic
// CHECK: attn.attention ins(%[[Q]] :
// CHECK-NOT: linalg.generic
func.func @slices(%a: tensor<1x2x50x64xbf16>, %o: tensor<1x16x2x50xf32>) -> tensor<1x16x2x50xf32> {
  %q = tensor.extract_slice %a[0, 0, 0, 8] [1, 2, 50, 16] [1, 1, 1, 1] : tensor<1x2x50x64xbf16> to tensor<1x2x50x16xbf16>
  %k = tensor.extract_slice %a[0, 0, 0, 8] [1, 2, 50, 16] [1, 1, 1, 2] : tensor<1x2x50x64xbf16> to tensor<1x2x50x16xbf16>
  %v = tensor.extract_slice %a[0, 0, 0, 4] [1, 2, 50, 16] [1, 1, 1, 1] : tensor<1x2x50x64xbf16> to tensor<1x2x50x16xbf16>
  // expected-remark @+1 {{copies its keys, values to rows}}
  %r = attn.attention ins(%q : tensor<1x2x50x16xbf16>)
      dense(%k, %v : tensor<1x2x50x16xbf16>, tensor<1x2x50x16xbf16>)
      outs(%o : tensor<1x16x2x50xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, e, h, i)>]}
  return %r : tensor<1x16x2x50xf32>
}

// -----

// Only a result, in an order of its own; rows of an axis that a slice leaves out.
// CHECK-LABEL: func.func @result
// CHECK-NOT: linalg.generic
// CHECK: attn.attention
// CHECK: linalg.generic
func.func @result(%a: tensor<3x2x50x64xbf16>, %o: tensor<64x2x50xbf16>) -> tensor<64x2x50xbf16> {
  %q = tensor.extract_slice %a[1, 0, 0, 0] [1, 2, 50, 64] [1, 1, 1, 1] : tensor<3x2x50x64xbf16> to tensor<2x50x64xbf16>
  // expected-remark @+1 {{copies its result to rows}}
  %r = attn.attention ins(%q : tensor<2x50x64xbf16>)
      dense(%q, %q : tensor<2x50x64xbf16>, tensor<2x50x64xbf16>)
      outs(%o : tensor<64x2x50xbf16>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (h, i, d)>, affine_map<(b, h, i, j, d, e) -> (h, j, d)>,
        affine_map<(b, h, i, j, d, e) -> (h, j, e)>, affine_map<(b, h, i, j, d, e) -> (e, h, i)>]}
  return %r : tensor<64x2x50xbf16>
}

// -----

// The numerics permit what the kernel multiplies to be rounded: queries and keys of
// f32; values are of 16 bits.
// CHECK-LABEL: func.func @rounded
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<2x9x64xbf16>)
// CHECK: %[[X:.*]] = tensor.extract %{{.*}} : tensor<2x9x64xf32>
// CHECK: arith.truncf %[[X]] : f32 to bf16
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<2x100x64xbf16>)
// CHECK-NOT: linalg.generic
// CHECK: attn.attention ins(%{{.*}} : tensor<2x9x64xbf16>)
// CHECK-NEXT: dense(%{{.*}}, %{{.*}} : tensor<2x100x64xbf16>, tensor<2x100x32xbf16>)
func.func @rounded(%q: tensor<2x9x64xf32>, %k: tensor<2x100x64xf32>, %v: tensor<2x100x32xbf16>,
                   %o: tensor<2x9x32xf32>) -> tensor<2x9x32xf32> {
  // expected-remark @+1 {{is slower than it might be: it rounds its queries, keys to 'bf16' ahead of the kernel, as its numerics permit}}
  %r = attn.attention ins(%q : tensor<2x9x64xf32>)
      dense(%k, %v : tensor<2x100x64xf32>, tensor<2x100x32xbf16>)
      outs(%o : tensor<2x9x32xf32>)
      attributes {numerics = #attn.numerics<operand = bf16>, indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (h, i, d)>, affine_map<(b, h, i, j, d, e) -> (h, j, d)>,
        affine_map<(b, h, i, j, d, e) -> (h, j, e)>, affine_map<(b, h, i, j, d, e) -> (h, i, e)>]}
  return %r : tensor<2x9x32xf32>
}
