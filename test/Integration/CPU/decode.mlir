// The keys of one query, or of a few, are divided between work items: the same
// number whatever the number of threads.
// RUN: fovea-run %s --all-entries --check --threads=3 | FileCheck %s
// RUN: fovea-run %s --all-entries --check --threads=2 --dims B=1,N=4001 | FileCheck %s
// RUN: fovea-run %s --all-entries --check --dims B=2,N=1 | FileCheck %s
// RUN: fovea-run %s --all-entries --check --dims B=1,N=0 | FileCheck %s
// RUN: fovea-run %s --all-entries --check --target=cpu:avx2 --dims B=1,N=1029 | FileCheck %s
// RUN: fovea-run %s --all-entries --check --target=cpu:plain --dims B=1,N=77 | FileCheck %s
// RUN: fovea-run %s --entry=few_queries --check-each-pass --dims B=1,N=300 | FileCheck %s --check-prefix=EACH
// CHECK: grouped {{.*}} ok
// CHECK: short_floats {{.*}} ok
// CHECK: few_queries {{.*}} ok
// CHECK: window {{.*}} ok
// CHECK: pages {{.*}} ok
// CHECK: transposed {{.*}} ok
// CHECK: many_heads {{.*}} ok
// EACH: cse {{.*}} ok

module attributes {fovea.dims = {B = 7, N = 777}} {
  func.func @grouped(
      %q: tensor<?x6x1x64xf32> {fovea.dims = ["B", "", "", ""]},
      %k: tensor<?x2x?x64xf32> {fovea.dims = ["B", "", "N", ""]},
      %v: tensor<?x2x?x64xf32> {fovea.dims = ["B", "", "N", ""]},
      %lengths: tensor<?xi32> {fovea.dims = ["B"], fovea.low = -1 : i64, fovea.high = 780 : i64},
      %o: tensor<?x6x1x64xf32> {fovea.dims = ["B", "", "", ""]},
      %lse: tensor<?x6x1xf32> {fovea.dims = ["B", "", ""]})
      -> (tensor<?x6x1x64xf32>, tensor<?x6x1xf32>) {
    %r:2 = attn.attention ins(%q : tensor<?x6x1x64xf32>)
        dense(%k, %v : tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>)
        lengths(%lengths : tensor<?xi32>)
        outs(%o, %lse : tensor<?x6x1x64xf32>, tensor<?x6x1xf32>)
    return %r#0, %r#1 : tensor<?x6x1x64xf32>, tensor<?x6x1xf32>
  }

  func.func @short_floats(
      %q: tensor<?x8x1x72xbf16> {fovea.dims = ["B", "", "", ""]},
      %k: tensor<?x1x?x72xbf16> {fovea.dims = ["B", "", "N", ""]},
      %v: tensor<?x1x?x40xbf16> {fovea.dims = ["B", "", "N", ""]},
      %o: tensor<?x8x1x40xbf16> {fovea.dims = ["B", "", "", ""]}) -> tensor<?x8x1x40xbf16> {
    %r = attn.attention ins(%q : tensor<?x8x1x72xbf16>)
        dense(%k, %v : tensor<?x1x?x72xbf16>, tensor<?x1x?x40xbf16>)
        outs(%o : tensor<?x8x1x40xbf16>)
    return %r : tensor<?x8x1x40xbf16>
  }

  // A sink belongs to the first part only; each query sees other keys.
  func.func @few_queries(
      %q: tensor<?x2x5x20xf32> {fovea.dims = ["B", "", "", ""]},
      %k: tensor<?x1x?x20xf32> {fovea.dims = ["B", "", "N", ""]},
      %v: tensor<?x1x?x12xf32> {fovea.dims = ["B", "", "N", ""]},
      %sinks: tensor<2xf32>,
      %o: tensor<?x2x5x12xf32> {fovea.dims = ["B", "", "", ""]},
      %lse: tensor<?x2x5xf32> {fovea.dims = ["B", "", ""]})
      -> (tensor<?x2x5x12xf32>, tensor<?x2x5xf32>) {
    %c2 = arith.constant 2 : index
    %n = tensor.dim %k, %c2 : tensor<?x1x?x20xf32>
    %r:2 = attn.attention ins(%q : tensor<?x2x5x20xf32>)
        dense(%k, %v : tensor<?x1x?x20xf32>, tensor<?x1x?x12xf32>)
        sinks(%sinks : tensor<2xf32>)
        outs(%o, %lse : tensor<?x2x5x12xf32>, tensor<?x2x5xf32>)
        score(%s, %b, %h, %i, %j) {
          %d = arith.subi %j, %i : index
          %m = arith.index_cast %d : index to i32
          %f = arith.sitofp %m : i32 to f32
          %c = arith.constant 0.001 : f32
          %y = math.fma %f, %c, %s : f32
          attn.yield %y : f32
        }
        mask(%b, %h, %i, %j, %keys = %n : index) {
          %five = arith.constant 5 : index
          %last = arith.subi %keys, %five : index
          %end = arith.addi %last, %i : index
          %c = arith.cmpi sle, %j, %end : index
          attn.yield %c : i1
        }
    return %r#0, %r#1 : tensor<?x2x5x12xf32>, tensor<?x2x5xf32>
  }

  // A walk of several ranges is divided across them.
  func.func @window(
      %q: tensor<?x4x1x32xf32> {fovea.dims = ["B", "", "", ""]},
      %k: tensor<?x4x?x32xf32> {fovea.dims = ["B", "", "N", ""]},
      %o: tensor<?x4x1x32xf32> {fovea.dims = ["B", "", "", ""]}) -> tensor<?x4x1x32xf32> {
    %r = attn.attention ins(%q : tensor<?x4x1x32xf32>)
        dense(%k, %k : tensor<?x4x?x32xf32>, tensor<?x4x?x32xf32>)
        outs(%o : tensor<?x4x1x32xf32>)
        mask(%b, %h, %i, %j) {
          %first = arith.constant 70 : index
          %from = arith.constant 300 : index
          %c = arith.cmpi slt, %j, %first : index
          %d = arith.cmpi sge, %j, %from : index
          %e = arith.ori %c, %d : i1
          attn.yield %e : i1
        }
    return %r : tensor<?x4x1x32xf32>
  }

  // Pages end within the keys that fill a vector; one sequence has no keys, and its
  // query no weight.
  func.func @pages(
      %q: tensor<3x4x1x40xbf16>, %k: tensor<60x2x5x40xbf16>, %v: tensor<60x2x5x17xbf16>,
      %t: tensor<3x16xi32> {fovea.low = 0 : i64, fovea.high = 59 : i64},
      %lengths: tensor<3xi32> {fovea.low = -20 : i64, fovea.high = 80 : i64},
      %keep: tensor<80xi1> {fovea.low = 0 : i64, fovea.high = 1 : i64},
      %o: tensor<3x4x1x17xbf16>) -> tensor<3x4x1x17xbf16> {
    %r = attn.attention ins(%q : tensor<3x4x1x40xbf16>)
        paged<5>(%k, %v : tensor<60x2x5x40xbf16>, tensor<60x2x5x17xbf16>) table(%t : tensor<3x16xi32>) lengths(%lengths : tensor<3xi32>)
        outs(%o : tensor<3x4x1x17xbf16>)
        mask(%b, %h, %i, %j, %kept = %keep : tensor<80xi1>) {
          %c = tensor.extract %kept[%j] : tensor<80xi1>
          attn.yield %c : i1
        }
    return %r : tensor<3x4x1x17xbf16>
  }

  // Rows of keys and values are not contiguous: they are copied.
  func.func @transposed(
      %q: tensor<?x2x3x24xf16> {fovea.dims = ["B", "", "", ""]},
      %k: tensor<?x2x24x?xf16> {fovea.dims = ["B", "", "", "N"]},
      %o: tensor<?x2x3x24xf16> {fovea.dims = ["B", "", "", ""]}) -> tensor<?x2x3x24xf16> {
    %r = attn.attention ins(%q : tensor<?x2x3x24xf16>)
        dense(%k, %k : tensor<?x2x24x?xf16>, tensor<?x2x24x?xf16>)
        outs(%o : tensor<?x2x3x24xf16>)
        attributes {indexing_maps = [
          affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>,
          affine_map<(b, h, i, j, d, e) -> (b, h, d, j)>,
          affine_map<(b, h, i, j, d, e) -> (b, h, e, j)>,
          affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>]}
    return %r : tensor<?x2x3x24xf16>
  }

  // The heads of a page one after the other, up to eight in a work item; slopes of the
  // score and sinks are those of each head.
  func.func @many_heads(
      %q: tensor<2x22x1x40xbf16>, %k: tensor<60x11x16x40xbf16>, %v: tensor<60x11x16x24xbf16>,
      %t: tensor<2x24xi32> {fovea.low = 0 : i64, fovea.high = 59 : i64},
      %lengths: tensor<2xi32> {fovea.low = 0 : i64, fovea.high = 384 : i64},
      %slopes: tensor<22xf32>, %sinks: tensor<22xf32>,
      %o: tensor<2x22x1x24xbf16>, %lse: tensor<2x22x1xf32>)
      -> (tensor<2x22x1x24xbf16>, tensor<2x22x1xf32>) {
    %r:2 = attn.attention ins(%q : tensor<2x22x1x40xbf16>)
        paged<16>(%k, %v : tensor<60x11x16x40xbf16>, tensor<60x11x16x24xbf16>) table(%t : tensor<2x24xi32>) lengths(%lengths : tensor<2xi32>)
        sinks(%sinks : tensor<22xf32>)
        outs(%o, %lse : tensor<2x22x1x24xbf16>, tensor<2x22x1xf32>)
        score(%s, %b, %h, %i, %j, %slope = %slopes : tensor<22xf32>) {
          %c = tensor.extract %slope[%h] : tensor<22xf32>
          %x = arith.mulf %s, %c : f32
          attn.yield %x : f32
        }
    return %r#0, %r#1 : tensor<2x22x1x24xbf16>, tensor<2x22x1xf32>
  }
}
