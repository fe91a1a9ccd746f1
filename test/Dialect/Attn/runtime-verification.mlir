// RUN: fovea-opt %s --generate-runtime-verification | FileCheck %s

// Every dynamic size is compared with one that it has to equal; heads are
// divided.

// CHECK-LABEL: func @attention(
// CHECK: cf.assert %{{.*}}^ dimension 2 of value must equal dimension 2 of key: the number of keys (j)
// CHECK: cf.assert %{{.*}}^ dimension 0 of key must equal dimension 0 of query: the number of sequences (b)
// CHECK: cf.assert %{{.*}}^ dimension 0 of value must equal dimension 0 of query: the number of sequences (b)
// CHECK: cf.assert %{{.*}}^ dimension 0 of lengths must equal dimension 0 of query: the number of sequences (b)
// CHECK: cf.assert %{{.*}}^ dimension 0 of output must equal dimension 0 of query: the number of sequences (b)
// CHECK: cf.assert %{{.*}}^ dimension 0 of lse must equal dimension 0 of query: the number of sequences (b)
// CHECK: cf.assert %{{.*}}^ dimension 0 of sinks must equal dimension 1 of query: the number of heads (h)
// CHECK: cf.assert %{{.*}}^ dimension 1 of output must equal dimension 1 of query: the number of heads (h)
// CHECK: cf.assert %{{.*}}^ dimension 1 of lse must equal dimension 1 of query: the number of heads (h)
// CHECK: cf.assert %{{.*}}^ dimension 2 of output must equal dimension 2 of query: the number of queries (i)
// CHECK: cf.assert %{{.*}}^ dimension 2 of lse must equal dimension 2 of query: the number of queries (i)
// CHECK: cf.assert %{{.*}}^ dimension 1 of value must equal dimension 1 of key: the number of key heads
// CHECK: cf.assert %{{.*}}^ dimension 1 of query must be a multiple of dimension 1 of key: query heads for each key head
// CHECK: return
func.func @attention(%q: tensor<?x?x?x64xf32>, %k: tensor<?x?x?x64xf32>,
                     %v: tensor<?x?x?x32xf32>, %n: tensor<?xi32>,
                     %s: tensor<?xf32>, %o: tensor<?x?x?x32xf32>,
                     %l: tensor<?x?x?xf32>)
    -> (tensor<?x?x?x32xf32>, tensor<?x?x?xf32>) {
  %r:2 = attn.attention ins(%q : tensor<?x?x?x64xf32>)
      dense(%k, %v : tensor<?x?x?x64xf32>, tensor<?x?x?x32xf32>)
        lengths(%n : tensor<?xi32>)
      sinks(%s : tensor<?xf32>)
      outs(%o, %l : tensor<?x?x?x32xf32>, tensor<?x?x?xf32>)
  return %r#0, %r#1 : tensor<?x?x?x32xf32>, tensor<?x?x?xf32>
}

// What the verifier knows is not checked again.

// CHECK-LABEL: func @static(
// CHECK-NOT: cf.assert
// CHECK: return
func.func @static(%q: tensor<1x8x16x64xf32>, %o: tensor<1x8x16x64xf32>)
    -> tensor<1x8x16x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x16x64xf32>)
      dense(%q, %q : tensor<1x8x16x64xf32>, tensor<1x8x16x64xf32>)
      outs(%o : tensor<1x8x16x64xf32>)
  return %r : tensor<1x8x16x64xf32>
}

// The maps say which dimension is which.

// CHECK-LABEL: func @bshd(
// CHECK: cf.assert %{{.*}}^ dimension 1 of output must equal dimension 1 of query: the number of queries (i)
// CHECK: return
func.func @bshd(%q: memref<1x?x8x64xf32>, %k: memref<1x?x8x64xf32>, %o: memref<1x?x8x64xf32>) {
  attn.attention ins(%q : memref<1x?x8x64xf32>)
      dense(%k, %k : memref<1x?x8x64xf32>, memref<1x?x8x64xf32>)
      outs(%o : memref<1x?x8x64xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>]}
  return
}

// Pages have their own dimensions; each segment has its own number of keys.

// CHECK-LABEL: func @segments(
// CHECK: cf.assert %{{.*}}^ dimension 2 of key of segment 0 must be the page size, 16
// CHECK: cf.assert %{{.*}}^ dimension 0 of value of segment 0 must equal dimension 0 of key of segment 0: the number of pages
// CHECK: cf.assert %{{.*}}^ dimension 2 of value of segment 1 must equal dimension 2 of key of segment 1: the number of keys (j)
// CHECK: cf.assert %{{.*}}^ dimension 0 of table of segment 0 must equal dimension 0 of query: the number of sequences (b)
// CHECK: scf.for
// CHECK:   tensor.extract
// CHECK:   arith.ceildivsi
// CHECK:   scf.for
// CHECK:     tensor.extract
// CHECK:     arith.cmpi ult
// CHECK: cf.assert %{{.*}}^ table of segment 0 must name pages below dimension 0 of key of segment 0 where a sequence has keys: the number of pages
// CHECK: return
func.func @segments(%q: tensor<2x8x1x64xf16>, %kp: tensor<?x8x?x64xf16>, %vp: tensor<?x8x16x64xf16>,
                    %t: tensor<?x?xi32>, %n: tensor<2xi32>,
                    %k: tensor<2x8x?x64xf16>, %v: tensor<2x8x?x64xf16>, %o: tensor<2x8x1x64xf16>)
    -> tensor<2x8x1x64xf16> {
  %r = attn.attention ins(%q : tensor<2x8x1x64xf16>)
      paged<16>(%kp, %vp : tensor<?x8x?x64xf16>, tensor<?x8x16x64xf16>)
        table(%t : tensor<?x?xi32>) lengths(%n : tensor<2xi32>)
      dense(%k, %v : tensor<2x8x?x64xf16>, tensor<2x8x?x64xf16>)
      outs(%o : tensor<2x8x1x64xf16>)
  return %r : tensor<2x8x1x64xf16>
}

// Offsets ascend; there is one more than sequences.

// CHECK-LABEL: func @packed(
// CHECK: cf.assert %{{.*}}^ dimension 0 of offsets of keys must equal dimension 0 of offsets of queries: the number of sequences (b) and one
// CHECK: cf.assert %{{.*}}^ dimension 0 of offsets of queries must not be 0: there is one more offset than sequences
// CHECK: cf.assert %{{.*}}^ dimension 0 of offsets of queries must be one more than dimension 0 of lengths: the number of sequences (b)
// CHECK: scf.for
// CHECK:   tensor.extract
// CHECK: cf.assert %{{.*}}^ offsets of queries must ascend, from 0 or more
// CHECK: cf.assert %{{.*}}^ the last of offsets of queries must be at most dimension 1 of query: the number of rows
// CHECK: scf.for
// CHECK: cf.assert %{{.*}}^ offsets of keys must ascend, from 0 or more
// CHECK: cf.assert %{{.*}}^ the last of offsets of keys must be at most dimension 1 of key: the number of rows
// CHECK: return
func.func @packed(%q: tensor<8x?x64xf16>, %k: tensor<8x?x64xf16>, %qo: tensor<?xi32>, %ko: tensor<?xi64>,
                  %n: tensor<3xi32>, %o: tensor<8x?x64xf16>) -> tensor<8x?x64xf16> {
  %r = attn.attention ins(%q : tensor<8x?x64xf16>)
      packed(%k, %k : tensor<8x?x64xf16>, tensor<8x?x64xf16>)
        offsets(%qo, %ko : tensor<?xi32>, tensor<?xi64>) lengths(%n : tensor<3xi32>)
      outs(%o : tensor<8x?x64xf16>)
  return %r : tensor<8x?x64xf16>
}

// CHECK-LABEL: func @reduce(
// CHECK: cf.assert %{{.*}}^ dimension 2 of lse must equal dimension 2 of query: the number of queries (i)
// CHECK: cf.assert %{{.*}}^ dimension 2 of output must equal dimension 2 of key: the number of keys (j)
// CHECK: return
func.func @reduce(%q: tensor<1x8x?x64xf32>, %k: tensor<1x4x?x64xf32>,
                  %l: tensor<1x8x?xf32>, %c: tensor<1x8x?xf32>) -> tensor<1x8x?xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<1x8x?x64xf32>)
      dense(%k : tensor<1x4x?x64xf32>) lse(%l : tensor<1x8x?xf32>)
      outs(%c : tensor<1x8x?xf32>)
  return %r : tensor<1x8x?xf32>
}

// CHECK-LABEL: func @merge(
// CHECK: cf.assert %{{.*}}^ dimension 2 of part 0 must equal dimension 2 of output: the number of rows
// CHECK: cf.assert %{{.*}}^ dimension 2 of part 1 must equal dimension 2 of output: the number of rows
// CHECK: cf.assert %{{.*}}^ dimension 2 of lse 0 must equal dimension 2 of output: the number of rows
// CHECK: cf.assert %{{.*}}^ dimension 2 of lse 1 must equal dimension 2 of output: the number of rows
// CHECK: cf.assert %{{.*}}^ dimension 2 of lse output must equal dimension 2 of output: the number of rows
// CHECK: return
func.func @merge(%a: tensor<2x8x?x64xf32>, %la: tensor<2x8x?xf32>, %b: tensor<2x8x?x64xf32>, %lb: tensor<2x8x?xf32>,
                 %o: tensor<2x8x4x64xf32>, %lo: tensor<2x8x?xf32>) -> (tensor<2x8x4x64xf32>, tensor<2x8x?xf32>) {
  %r:2 = attn.merge parts(%a, %b : tensor<2x8x?x64xf32>, tensor<2x8x?x64xf32>)
      lse(%la, %lb : tensor<2x8x?xf32>, tensor<2x8x?xf32>)
      outs(%o, %lo : tensor<2x8x4x64xf32>, tensor<2x8x?xf32>) -> tensor<2x8x4x64xf32>, tensor<2x8x?xf32>
  return %r#0, %r#1 : tensor<2x8x4x64xf32>, tensor<2x8x?xf32>
}

// CHECK-LABEL: func @walk(
// CHECK: cf.assert %{{.*}}^ dimension 0 of the walk's masks must equal dimension 0 of the walk's tiles: the number of entries
// CHECK: cf.assert %{{.*}}^ dimension 0 of the walk's rows must be 1 or equal dimension 0 of query
// CHECK: cf.assert %{{.*}}^ dimension 1 of the walk's rows must be 1 or equal dimension 1 of query
// CHECK: cf.assert %{{.*}}^ dimension 2 of the walk's rows must be dimension 2 of query divided by 64, rounded up
// CHECK: return
func.func @walk(%q: tensor<?x?x?x64xf32>, %r: tensor<?x?x?x4xi32>,
                %t: tensor<?xi32>, %m: tensor<?x64x4xi32>)
    -> tensor<?x?x?x64xf32> {
  %x = attn.attention ins(%q : tensor<?x?x?x64xf32>)
      dense(%q, %q : tensor<?x?x?x64xf32>, tensor<?x?x?x64xf32>)
      walk<64, 64>(%r, %t, %m
          : tensor<?x?x?x4xi32>, tensor<?xi32>, tensor<?x64x4xi32>)
      outs(%q : tensor<?x?x?x64xf32>)
  return %x : tensor<?x?x?x64xf32>
}

// A factor has the sizes of its operand, but where it is shared.

// CHECK-LABEL: func @factors(
// CHECK: cf.assert %{{.*}}^ dimension 2 of factor of the keys of segment 0 must be the page size, 16
// CHECK: cf.assert %{{.*}}^ dimension 0 of factor of the keys of segment 0 must equal dimension 0 of key of segment 0: the number of pages
// CHECK: cf.assert %{{.*}}^ dimension 2 of factor of the keys of segment 1 must equal dimension 2 of key of segment 1: the number of keys (j)
// CHECK-NOT: ^ dimension {{.*}} of factor
// CHECK: cf.assert %{{.*}}^ dimension 2 of factor of the queries must equal dimension 2 of query: the number of queries (i)
// CHECK-NOT: ^ dimension {{.*}} of factor
// CHECK: return
func.func @factors(%q: tensor<1x8x?x64xf16>, %kp: tensor<?x8x16x64xf16>, %t: tensor<1x?xi32>,
                   %k: tensor<1x8x?x64xf16>, %f: tensor<1x1x?x2xf32>, %gp: tensor<?x8x?x2xf16>,
                   %g: tensor<1x1x?x2xf16>) -> tensor<1x8x?x64xf16> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf16>)
      paged<16>(%kp, %kp : tensor<?x8x16x64xf16>, tensor<?x8x16x64xf16>) table(%t : tensor<1x?xi32>)
      dense(%k, %k : tensor<1x8x?x64xf16>, tensor<1x8x?x64xf16>)
      factors(%f, %gp, %g : tensor<1x1x?x2xf32>, tensor<?x8x?x2xf16>, tensor<1x1x?x2xf16>)
      outs(%q : tensor<1x8x?x64xf16>)
  return %r : tensor<1x8x?x64xf16>
}
