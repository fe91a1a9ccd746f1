// RUN: fovea-opt %s | fovea-opt | FileCheck %s
// RUN: fovea-opt %s --mlir-print-op-generic | fovea-opt | FileCheck %s
// RUN: fovea-opt %s --emit-bytecode | fovea-opt | FileCheck %s

// CHECK-LABEL: func @plain
// CHECK: attn.attention ins(%{{.*}} : tensor<1x8x?x64xf32>)
// CHECK-NEXT: dense(%{{.*}}, %{{.*}} : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
// CHECK-NEXT: outs(%{{.*}} : tensor<1x8x?x64xf32>)
func.func @plain(%q: tensor<1x8x?x64xf32>, %k: tensor<1x8x?x64xf32>,
                 %v: tensor<1x8x?x64xf32>, %o: tensor<1x8x?x64xf32>)
    -> tensor<1x8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x8x?x64xf32>)
      dense(%k, %v : tensor<1x8x?x64xf32>, tensor<1x8x?x64xf32>)
      outs(%o : tensor<1x8x?x64xf32>)
  return %r : tensor<1x8x?x64xf32>
}

// CHECK-LABEL: func @everything
// CHECK: dense(%{{.*}} : tensor<2x2x?x64xbf16>, tensor<2x2x?x32xbf16>) lengths(%{{.*}} : tensor<2xi32>) start(%{{.*}})
// CHECK: sinks(%{{.*}} : tensor<8xf32>) origin(%{{.*}}) outs(%{{.*}} : tensor<2x8x?x32xf32>, tensor<2x8x?xf32>)
// CHECK: score(%[[S:.*]], %[[B:.*]], %[[H:.*]], %[[I:.*]], %[[J:.*]], %[[T:.*]] = %{{.*}} : tensor<8xf32>) {
// CHECK:   tensor.extract %[[T]][%[[H]]]
// CHECK:   attn.yield %{{.*}} : f32
// CHECK: mask(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) {
// CHECK: attributes {numerics = #attn.numerics<probability = bf16, math = approximate>, scale = 2.500000e-01 : f64}
func.func @everything(%q: tensor<2x8x?x64xbf16>, %k: tensor<2x2x?x64xbf16>,
                      %v: tensor<2x2x?x32xbf16>, %n: tensor<2xi32>,
                      %sinks: tensor<8xf32>, %slopes: tensor<8xf32>, %x: index,
                      %o: tensor<2x8x?x32xf32>, %l: tensor<2x8x?xf32>)
    -> (tensor<2x8x?x32xf32>, tensor<2x8x?xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x?x64xbf16>)
      dense(%k, %v : tensor<2x2x?x64xbf16>, tensor<2x2x?x32xbf16>)
        lengths(%n : tensor<2xi32>) start(%x)
      sinks(%sinks : tensor<8xf32>) origin(%x, %x, %x, %x)
      outs(%o, %l : tensor<2x8x?x32xf32>, tensor<2x8x?xf32>)
      score(%s, %b, %h, %i, %j, %t = %slopes : tensor<8xf32>) {
        %m = tensor.extract %t[%h] : tensor<8xf32>
        %d = arith.subi %j, %i : index
        %d64 = arith.index_cast %d : index to i64
        %f = arith.sitofp %d64 : i64 to f32
        %y = math.fma %f, %m, %s : f32
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
      attributes {scale = 0.25, numerics = #attn.numerics<probability = bf16, math = approximate>}
  return %r#0, %r#1 : tensor<2x8x?x32xf32>, tensor<2x8x?xf32>
}

// CHECK-LABEL: func @segments
// CHECK: paged<16>(%{{.*}}) table(%{{.*}} : tensor<2x?xi32>) lengths(%{{.*}} : tensor<2xi32>)
// CHECK-NEXT: dense(%{{.*}})
func.func @segments(%q: tensor<2x8x1x64xf16>, %kp: tensor<?x8x16x64xf16>,
                    %t: tensor<2x?xi32>, %n: tensor<2xi32>,
                    %k: tensor<2x8x?x64xf16>, %o: tensor<2x8x1x64xf16>)
    -> tensor<2x8x1x64xf16> {
  %r = attn.attention ins(%q : tensor<2x8x1x64xf16>)
      paged<16>(%kp, %kp : tensor<?x8x16x64xf16>, tensor<?x8x16x64xf16>)
        table(%t : tensor<2x?xi32>) lengths(%n : tensor<2xi32>)
      dense(%k, %k : tensor<2x8x?x64xf16>, tensor<2x8x?x64xf16>)
      outs(%o : tensor<2x8x1x64xf16>)
  return %r : tensor<2x8x1x64xf16>
}

// Packed queries beside keys of each sequence.
// CHECK-LABEL: func @ragged
// CHECK: paged<16>(%{{.*}}) offsets(%[[X:.*]] : tensor<3xi32>) table(%{{.*}} : tensor<2x?xi32>) lengths(%{{.*}} : tensor<2xi32>)
// CHECK-NEXT: dense(%{{.*}}) offsets(%[[X]] : tensor<3xi32>)
func.func @ragged(%q: tensor<8x?x64xf16>, %kp: tensor<?x8x16x64xf16>, %x: tensor<3xi32>,
                  %t: tensor<2x?xi32>, %n: tensor<2xi32>, %k: tensor<2x8x?x64xf16>, %o: tensor<8x?x64xf16>)
    -> tensor<8x?x64xf16> {
  %r = attn.attention ins(%q : tensor<8x?x64xf16>)
      paged<16>(%kp, %kp : tensor<?x8x16x64xf16>, tensor<?x8x16x64xf16>)
        table(%t : tensor<2x?xi32>) lengths(%n : tensor<2xi32>) offsets(%x : tensor<3xi32>)
      dense(%k, %k : tensor<2x8x?x64xf16>, tensor<2x8x?x64xf16>) offsets(%x : tensor<3xi32>)
      outs(%o : tensor<8x?x64xf16>)
  return %r : tensor<8x?x64xf16>
}

// CHECK-LABEL: func @packed
// CHECK: packed(%{{.*}}) offsets(%{{.*}} : tensor<?xi32>, tensor<?xi32>)
func.func @packed(%q: tensor<8x?x64xf32>, %k: tensor<8x?x64xf32>,
                  %x: tensor<?xi32>, %o: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  %r = attn.attention ins(%q : tensor<8x?x64xf32>)
      packed(%k, %k : tensor<8x?x64xf32>, tensor<8x?x64xf32>)
        offsets(%x, %x : tensor<?xi32>, tensor<?xi32>)
      outs(%o : tensor<8x?x64xf32>)
  return %r : tensor<8x?x64xf32>
}

// CHECK-LABEL: func @bshd
// CHECK: attributes {indexing_maps = [
func.func @bshd(%q: memref<1x?x8x64xf32>, %o: memref<1x?x8x64xf32>) {
  attn.attention ins(%q : memref<1x?x8x64xf32>)
      dense(%q, %q : memref<1x?x8x64xf32>, memref<1x?x8x64xf32>)
      outs(%o : memref<1x?x8x64xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>]}
  return
}

// Factors of all segments; some dimensions are shared.
// CHECK-LABEL: func @factors
// CHECK: dense(%{{.*}}) start(%{{.*}})
// CHECK-NEXT: factors(%[[F:.*]], %[[G:.*]], %[[G2:.*]] : tensor<1x8x1x2xf32>, tensor<2x8x16x2xf16>, tensor<1x1x?x2xbf16>) sinks(%{{.*}} : tensor<8xf32>) outs(
// CHECK: attn.score_reduce column_sum ins(
// CHECK-NEXT: dense(
// CHECK-NEXT: factors(%[[F]], %[[G2]] : tensor<1x8x1x2xf32>, tensor<1x1x?x2xbf16>) lse(%{{.*}} : tensor<2x8x?xf32>) outs(
func.func @factors(%q: tensor<2x8x?x64xf16>, %kp: tensor<?x8x16x64xf16>, %t: tensor<2x?xi32>,
                   %k: tensor<2x8x?x64xf16>, %f: tensor<1x8x1x2xf32>, %gp: tensor<2x8x16x2xf16>,
                   %g: tensor<1x1x?x2xbf16>, %s: tensor<8xf32>, %x: index,
                   %o: tensor<2x8x?x64xf16>, %l: tensor<2x8x?xf32>, %m: tensor<2x8x?xf32>)
    -> (tensor<2x8x?x64xf16>, tensor<2x8x?xf32>) {
  %r = attn.attention ins(%q : tensor<2x8x?x64xf16>)
      paged<16>(%kp, %kp : tensor<?x8x16x64xf16>, tensor<?x8x16x64xf16>) table(%t : tensor<2x?xi32>)
      dense(%k, %k : tensor<2x8x?x64xf16>, tensor<2x8x?x64xf16>) start(%x)
      factors(%f, %gp, %g : tensor<1x8x1x2xf32>, tensor<2x8x16x2xf16>, tensor<1x1x?x2xbf16>)
      sinks(%s : tensor<8xf32>)
      outs(%o : tensor<2x8x?x64xf16>)
  %n = attn.score_reduce column_sum ins(%q : tensor<2x8x?x64xf16>)
      dense(%k : tensor<2x8x?x64xf16>)
      factors(%f, %g : tensor<1x8x1x2xf32>, tensor<1x1x?x2xbf16>)
      lse(%l : tensor<2x8x?xf32>) outs(%m : tensor<2x8x?xf32>)
  return %r, %n : tensor<2x8x?x64xf16>, tensor<2x8x?xf32>
}

// One factor for all keys of all pages.
// CHECK-LABEL: func @shared_factor
// CHECK: factors(%{{.*}}, %{{.*}} : tensor<2x8x?x1xf32>, tensor<1x1x1x1xf32>)
func.func @shared_factor(%q: tensor<2x8x?x64xf16>, %k: tensor<?x8x16x64xf16>, %t: tensor<2x?xi32>,
                         %f: tensor<2x8x?x1xf32>, %g: tensor<1x1x1x1xf32>) -> tensor<2x8x?x64xf16> {
  %r = attn.attention ins(%q : tensor<2x8x?x64xf16>)
      paged<16>(%k, %k : tensor<?x8x16x64xf16>, tensor<?x8x16x64xf16>) table(%t : tensor<2x?xi32>)
      factors(%f, %g : tensor<2x8x?x1xf32>, tensor<1x1x1x1xf32>)
      outs(%q : tensor<2x8x?x64xf16>)
  return %r : tensor<2x8x?x64xf16>
}

// CHECK-LABEL: func @reduce
// CHECK: attn.score_reduce column_sum ins(
// CHECK: lse(%{{.*}} : tensor<1x8x?xf32>) outs(
func.func @reduce(%q: tensor<1x8x?x64xf32>, %k: tensor<1x4x?x64xf32>,
                  %l: tensor<1x8x?xf32>, %c: tensor<1x8x?xf32>) -> tensor<1x8x?xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<1x8x?x64xf32>)
      dense(%k : tensor<1x4x?x64xf32>) lse(%l : tensor<1x8x?xf32>)
      outs(%c : tensor<1x8x?xf32>)
  return %r : tensor<1x8x?xf32>
}

// CHECK-LABEL: func @merge
// CHECK: attn.merge parts(
func.func @merge(%a: tensor<2x8x?x64xf32>, %la: tensor<2x8x?xf32>,
                 %o: tensor<2x8x?x64xf32>) -> tensor<2x8x?x64xf32> {
  %r = attn.merge parts(%a, %a : tensor<2x8x?x64xf32>, tensor<2x8x?x64xf32>)
      lse(%la, %la : tensor<2x8x?xf32>, tensor<2x8x?xf32>)
      outs(%o : tensor<2x8x?x64xf32>) -> tensor<2x8x?x64xf32>
  return %r : tensor<2x8x?x64xf32>
}

// CHECK-LABEL: func @orders
// CHECK: attn.reorder order(<grid = [16, 30, 45], q = [4, 4, 4], kv = [2, 6, 5], kv_size = 64>) axes [0]
// CHECK: attn.reorder inverse order(<grid = [?, 4], q = [64, 1], kv = [128, 1], q_size = 72>) keys axes [2]
// CHECK: attn.reorder order(<grid = [6, 10], q = [4, 4], kv = [4, 4], kv_step = [1, 2]>) keys axes [0]
// CHECK: attn.reorder by(%{{.*}} : tensor<8x?xi32>) axes [1, 2]
// CHECK: attn.reorder inverse by(%{{.*}} : tensor<?xindex>) axes [0]
// CHECK: attn.reorder {{.*}} memref
// CHECK: order = #attn.order<grid = [6, 10]>
func.func @orders(%a: tensor<21600x64xf32>, %oa: tensor<24576x64xf32>,
                  %b: tensor<1x2x1024x4xf16>, %ob: tensor<1x2x999x4xf16>,
                  %c: tensor<1x8x?x4xf32>, %p: tensor<8x?xi32>,
                  %d: tensor<?xf32>, %pd: tensor<?xindex>,
                  %m: memref<5xf32>, %n: memref<6xf32>,
                  %e: tensor<60xf32>, %oe: tensor<480xf32>,
                  %q: tensor<1x1x60x4xf32>) {
  %0 = attn.reorder order(#attn.order<grid = [16, 30, 45], q = [4, 4, 4],
                                      kv = [2, 6, 5], kv_size = 64>) axes [0]
      ins(%a : tensor<21600x64xf32>) outs(%oa : tensor<24576x64xf32>)
      -> tensor<24576x64xf32>
  %1 = attn.reorder inverse
      order(#attn.order<grid = [?, 4], q = [64, 1], kv = [128, 1], q_size = 72>)
      keys axes [2]
      ins(%b : tensor<1x2x1024x4xf16>) outs(%ob : tensor<1x2x999x4xf16>)
      -> tensor<1x2x999x4xf16>
  %5 = attn.reorder
      order(#attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4], kv_step = [1, 2]>)
      keys axes [0] ins(%e : tensor<60xf32>) outs(%oe : tensor<480xf32>)
      -> tensor<480xf32>
  %2 = attn.reorder by(%p : tensor<8x?xi32>) axes [1, 2]
      ins(%c : tensor<1x8x?x4xf32>) outs(%c : tensor<1x8x?x4xf32>)
      -> tensor<1x8x?x4xf32>
  %3 = attn.reorder inverse by(%pd : tensor<?xindex>) axes [0]
      ins(%d : tensor<?xf32>) outs(%d : tensor<?xf32>) -> tensor<?xf32>
  attn.reorder order(#attn.order<grid = [5], q = [2], kv = [1]>) axes [0]
      ins(%m : memref<5xf32>) outs(%n : memref<6xf32>)
  %4 = attn.attention ins(%q : tensor<1x1x60x4xf32>)
      dense(%q, %q : tensor<1x1x60x4xf32>, tensor<1x1x60x4xf32>)
      outs(%q : tensor<1x1x60x4xf32>)
      attributes {order = #attn.order<grid = [6, 10]>}
  return
}

// Walks.

// CHECK-LABEL: func.func @attention
// CHECK: walk<64, 128>(%{{.*}}, %{{.*}} : tensor<1x2x?x4xi32>, tensor<?xi32>) outs
// CHECK: walk<64, 128>(%{{.*}}, %{{.*}}, %{{.*}} : tensor<1x2x?x4xi32>, tensor<?xi32>, tensor<?x64x4xi32>) outs
func.func @attention(%q: tensor<1x2x?x64xf32>, %k: tensor<1x2x?x64xf32>,
                     %v: tensor<1x2x?x64xf32>, %rows: tensor<1x2x?x4xi32>,
                     %tiles: tensor<?xi32>, %masks: tensor<?x64x4xi32>,
                     %o: tensor<1x2x?x64xf32>) -> tensor<1x2x?x64xf32> {
  %a = attn.attention ins(%q : tensor<1x2x?x64xf32>)
      dense(%k, %v : tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>)
      walk<64, 128>(%rows, %tiles : tensor<1x2x?x4xi32>, tensor<?xi32>)
      outs(%o : tensor<1x2x?x64xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  %r = attn.attention ins(%q : tensor<1x2x?x64xf32>)
      dense(%k, %v : tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>)
      walk<64, 128>(%rows, %tiles, %masks
          : tensor<1x2x?x4xi32>, tensor<?xi32>, tensor<?x64x4xi32>)
      outs(%a : tensor<1x2x?x64xf32>)
  return %r : tensor<1x2x?x64xf32>
}

// CHECK-LABEL: func.func @score_reduce
// CHECK: walk<64, 64>(%{{.*}}, %{{.*}} : tensor<1x1x4x4xi32>, tensor<16xi32>) outs
func.func @score_reduce(%q: tensor<1x2x256x64xf32>, %k: tensor<1x2x256x64xf32>,
                        %lse: tensor<1x2x256xf32>, %rows: tensor<1x1x4x4xi32>,
                        %tiles: tensor<16xi32>, %c: tensor<1x2x256xf32>)
    -> tensor<1x2x256xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<1x2x256x64xf32>)
      dense(%k : tensor<1x2x256x64xf32>) lse(%lse : tensor<1x2x256xf32>)
      walk<64, 64>(%rows, %tiles : tensor<1x1x4x4xi32>, tensor<16xi32>)
      outs(%c : tensor<1x2x256xf32>)
  return %r : tensor<1x2x256xf32>
}

// CHECK-LABEL: func.func @from_mask
// CHECK: attn.walk.from_mask<128, 64> sizes(%{{.*}}, %{{.*}})
// CHECK-NEXT: outs(%{{.*}}, %{{.*}}, %{{.*}} : tensor<1x1x?x4xi32>, tensor<?xi32>, tensor<?x128x4xi32>)
// CHECK-NEXT: mask(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[D:.*]] = %{{.*}} : tensor<?xi32>) {
func.func @from_mask(%docs: tensor<?xi32>, %n: index,
                     %rows: tensor<1x1x?x4xi32>, %tiles: tensor<?xi32>,
                     %masks: tensor<?x128x4xi32>) -> tensor<?xi32> {
  %r, %t, %m = attn.walk.from_mask<128, 64> sizes(%n, %n)
      outs(%rows, %tiles, %masks
          : tensor<1x1x?x4xi32>, tensor<?xi32>, tensor<?x128x4xi32>)
      mask(%b, %h, %i, %j, %doc = %docs : tensor<?xi32>) {
        %x = tensor.extract %doc[%i] : tensor<?xi32>
        %y = tensor.extract %doc[%j] : tensor<?xi32>
        %same = arith.cmpi eq, %x, %y : i32
        attn.yield %same : i1
      }
  return %t : tensor<?xi32>
}

// CHECK-LABEL: func.func @select
// CHECK: attn.walk.from_blocks ins(%{{.*}} : memref<1x1x8x8xi1>) outs(%{{.*}}, %{{.*}} : memref<1x1x8x4xi32>, memref<64xi32>)
// CHECK: attn.walk.from_blocks partial ins
// CHECK: attn.walk.topk 16 ins(%{{.*}} : memref<1x1x8x8xf32>)
// CHECK: attn.walk.threshold %{{.*}} partial ins(%{{.*}} : memref<1x1x8x8xf32>)
func.func @select(%blocks: memref<1x1x8x8xi1>, %scores: memref<1x1x8x8xf32>,
                  %least: f32, %rows: memref<1x1x8x4xi32>,
                  %tiles: memref<64xi32>) {
  attn.walk.from_blocks ins(%blocks : memref<1x1x8x8xi1>)
      outs(%rows, %tiles : memref<1x1x8x4xi32>, memref<64xi32>)
  attn.walk.from_blocks partial ins(%blocks : memref<1x1x8x8xi1>)
      outs(%rows, %tiles : memref<1x1x8x4xi32>, memref<64xi32>)
  attn.walk.topk 16 ins(%scores : memref<1x1x8x8xf32>)
      outs(%rows, %tiles : memref<1x1x8x4xi32>, memref<64xi32>)
  attn.walk.threshold %least partial ins(%scores : memref<1x1x8x8xf32>)
      outs(%rows, %tiles : memref<1x1x8x4xi32>, memref<64xi32>)
  return
}
