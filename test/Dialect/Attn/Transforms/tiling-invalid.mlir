// RUN: fovea-opt %s --transform-interpreter --verify-diagnostics --split-input-file

// What is not tiled says why in a remark; the errors are those of the transform
// ops.

func.func @keys(%q: tensor<2x8x?x64xf32>, %k: tensor<2x2x?x64xf32>, %v: tensor<2x2x?x64xf32>, %o: tensor<2x8x?x64xf32>) {
  // expected-remark @below {{'attn.attention' op is not tiled: a loop over the keys (j) cannot carry the softmax; split the keys as a partial reduction (transform.structured.tile_reduction_using_forall)}}
  // expected-error @below {{faild to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  %r = attn.attention ins(%q : tensor<2x8x?x64xf32>)
      dense(%k, %v : tensor<2x2x?x64xf32>, tensor<2x2x?x64xf32>)
      outs(%o : tensor<2x8x?x64xf32>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:1 = transform.structured.tile_using_for %a tile_sizes [0, 0, 0, 32, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// Three heads would read keys of two groups of four.

func.func @heads(%q: tensor<2x8x?x64xf32>, %k: tensor<2x2x?x64xf32>, %v: tensor<2x2x?x64xf32>, %o: tensor<2x8x?x64xf32>) {
  // expected-remark @below {{is not tiled: a tile of heads (h) must divide the 4 query heads of a key head or be a multiple of them, and start at a multiple of its size}}
  // expected-error @below {{faild to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  %r = attn.attention ins(%q : tensor<2x8x?x64xf32>)
      dense(%k, %v : tensor<2x2x?x64xf32>, tensor<2x2x?x64xf32>)
      outs(%o : tensor<2x8x?x64xf32>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:1 = transform.structured.tile_using_for %a tile_sizes [0, 3, 0, 0, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// Six heads of sixteen: the tiles are ragged, and cross groups.

func.func @ragged_heads(%q: tensor<2x16x?x64xf32>, %k: tensor<2x4x?x64xf32>, %v: tensor<2x4x?x64xf32>, %o: tensor<2x16x?x64xf32>) {
  // expected-remark @below {{is not tiled: a tile of heads (h) must divide the 4 query heads}}
  // expected-error @below {{faild to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  %r = attn.attention ins(%q : tensor<2x16x?x64xf32>)
      dense(%k, %v : tensor<2x4x?x64xf32>, tensor<2x4x?x64xf32>)
      outs(%o : tensor<2x16x?x64xf32>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:1 = transform.structured.tile_using_for %a tile_sizes [0, 6, 0, 0, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @dynamic_heads(%q: tensor<2x?x?x64xf32>, %k: tensor<2x?x?x64xf32>, %v: tensor<2x?x?x64xf32>, %o: tensor<2x?x?x64xf32>) {
  // expected-remark @below {{is not tiled: the number of query heads for each key head is not static, so that only tiles of one head (h) are known to read one key head}}
  // expected-error @below {{faild to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  %r = attn.attention ins(%q : tensor<2x?x?x64xf32>)
      dense(%k, %v : tensor<2x?x?x64xf32>, tensor<2x?x?x64xf32>)
      outs(%o : tensor<2x?x?x64xf32>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:1 = transform.structured.tile_using_for %a tile_sizes [0, 2, 0, 0, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @channels(%q: tensor<2x8x?x64xf32>, %k: tensor<2x2x?x64xf32>, %v: tensor<2x2x?x64xf32>, %o: tensor<2x8x?x64xf32>) {
  // expected-remark @below {{is not tiled: the tile of the values' channels (e) has no static size; choose one that divides Dv}}
  // expected-error @below {{faild to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  %r = attn.attention ins(%q : tensor<2x8x?x64xf32>)
      dense(%k, %v : tensor<2x2x?x64xf32>, tensor<2x2x?x64xf32>)
      outs(%o : tensor<2x8x?x64xf32>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:1 = transform.structured.tile_using_for %a tile_sizes [0, 0, 0, 0, 48]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @channels_and_lse(%q: tensor<2x8x?x64xf32>, %k: tensor<2x2x?x64xf32>, %v: tensor<2x2x?x64xf32>, %o: tensor<2x8x?x64xf32>, %l: tensor<2x8x?xf32>) {
  // expected-remark @below {{is not tiled: it has an lse, which each tile of the values' channels (e) would write; tile the other loops only}}
  // expected-error @below {{faild to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  %r:2 = attn.attention ins(%q : tensor<2x8x?x64xf32>)
      dense(%k, %v : tensor<2x2x?x64xf32>, tensor<2x2x?x64xf32>)
      outs(%o, %l : tensor<2x8x?x64xf32>, tensor<2x8x?xf32>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:1 = transform.structured.tile_using_for %a tile_sizes [0, 0, 0, 0, 32]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @segments(%q: tensor<2x8x?x64xf32>, %k: tensor<2x2x?x64xf32>, %v: tensor<2x2x?x64xf32>, %o: tensor<2x8x?x64xf32>) {
  // expected-remark @below {{is not tiled: it has several segments of keys; split them into one attention each and combine these with attn.merge}}
  // expected-error @below {{faild to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  %r = attn.attention ins(%q : tensor<2x8x?x64xf32>)
      dense(%k, %v : tensor<2x2x?x64xf32>, tensor<2x2x?x64xf32>)
      dense(%k, %v : tensor<2x2x?x64xf32>, tensor<2x2x?x64xf32>)
      outs(%o : tensor<2x8x?x64xf32>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:1 = transform.structured.tile_using_for %a tile_sizes [1, 0, 0, 0, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @packed_queries(%q: tensor<8x5x64xf16>, %k: tensor<2x8x16x64xf16>, %x: tensor<3xi32>, %o: tensor<8x5x64xf16>) {
  // expected-remark @below {{is not tiled: its queries are packed}}
  // expected-error @below {{faild to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  %r = attn.attention ins(%q : tensor<8x5x64xf16>)
      dense(%k, %k : tensor<2x8x16x64xf16>, tensor<2x8x16x64xf16>) offsets(%x : tensor<3xi32>)
      outs(%o : tensor<8x5x64xf16>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:1 = transform.structured.tile_using_for %a tile_sizes [0, 1, 0, 0, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @paged(%q: tensor<2x8x1x64xf16>, %k: tensor<?x8x16x64xf16>,
                 %t: tensor<2x?xi32>, %o: tensor<2x8x1x64xf16>) {
  // expected-remark @below {{is not tiled: its keys are paged; only dense keys are tiled}}
  // expected-error @below {{faild to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  %r = attn.attention ins(%q : tensor<2x8x1x64xf16>)
      paged<16>(%k, %k : tensor<?x8x16x64xf16>, tensor<?x8x16x64xf16>)
        table(%t : tensor<2x?xi32>)
      outs(%o : tensor<2x8x1x64xf16>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:1 = transform.structured.tile_using_for %a tile_sizes [0, 1, 0, 0, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @split_without_lse(%q: tensor<2x8x?x64xf32>, %k: tensor<2x2x?x64xf32>, %v: tensor<2x2x?x64xf32>, %o: tensor<2x8x?x64xf32>) {
  // expected-remark @below {{'attn.attention' op is not split over its keys: the parts are merged by their lse; give the op an lse output, outs(%o, %lse : ...)}}
  %r = attn.attention ins(%q : tensor<2x8x?x64xf32>)
      dense(%k, %v : tensor<2x2x?x64xf32>, tensor<2x2x?x64xf32>)
      outs(%o : tensor<2x8x?x64xf32>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %o, %l, %part, %merge, %loop =
        // expected-error @below {{could not tile reduction}}
        transform.structured.tile_reduction_using_forall %a by num_threads = [0, 0, 0, 4, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @split_with_sinks(%q: tensor<2x8x?x64xf32>, %k: tensor<2x2x?x64xf32>, %v: tensor<2x2x?x64xf32>, %o: tensor<2x8x?x64xf32>, %l: tensor<2x8x?xf32>, %s: tensor<8xf32>) {
  // expected-remark @below {{is not split over its keys: its sinks would enter every part; leave them out, and merge a part with o = 0 and the sinks as its lse}}
  %r:2 = attn.attention ins(%q : tensor<2x8x?x64xf32>)
      dense(%k, %v : tensor<2x2x?x64xf32>, tensor<2x2x?x64xf32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x?x64xf32>, tensor<2x8x?xf32>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %o, %l, %part, %merge, %loop =
        // expected-error @below {{could not tile reduction}}
        transform.structured.tile_reduction_using_forall %a by num_threads = [0, 0, 0, 4, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @split_transposed(%q: tensor<2x8x?x64xf32>, %k: tensor<2x2x?x64xf32>, %v: tensor<2x2x?x64xf32>, %o: tensor<2x8x64x?xf32>, %l: tensor<2x8x?xf32>) {
  // expected-remark @below {{is not split over its keys: attn.merge needs outputs [..., Dv] with an lse [...] in the same order}}
  %r:2 = attn.attention ins(%q : tensor<2x8x?x64xf32>)
      dense(%k, %v : tensor<2x2x?x64xf32>, tensor<2x2x?x64xf32>)
      outs(%o, %l : tensor<2x8x64x?xf32>, tensor<2x8x?xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, e, i)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, i)>]}
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %o, %l, %part, %merge, %loop =
        // expected-error @below {{could not tile reduction}}
        transform.structured.tile_reduction_using_forall %a by num_threads = [0, 0, 0, 4, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @split_by_size(%q: tensor<2x8x?x64xf32>, %k: tensor<2x2x?x64xf32>, %v: tensor<2x2x?x64xf32>, %o: tensor<2x8x?x64xf32>, %l: tensor<2x8x?xf32>) {
  // expected-remark @below {{is not split over its keys: the number of parts is not static; give it as num_threads}}
  %r:2 = attn.attention ins(%q : tensor<2x8x?x64xf32>)
      dense(%k, %v : tensor<2x2x?x64xf32>, tensor<2x2x?x64xf32>)
      outs(%o, %l : tensor<2x8x?x64xf32>, tensor<2x8x?xf32>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %o, %l, %part, %merge, %loop =
        // expected-error @below {{could not tile reduction}}
        transform.structured.tile_reduction_using_forall %a by tile_sizes = [0, 0, 0, 32, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @split_in_sequence(%q: tensor<2x8x?x64xf32>, %k: tensor<2x2x?x64xf32>, %v: tensor<2x2x?x64xf32>, %o: tensor<2x8x?x64xf32>, %l: tensor<2x8x?xf32>) {
  // expected-remark @below {{is not split over its keys: only parts that run in parallel are supported (transform.structured.tile_reduction_using_forall)}}
  // expected-error @below {{faild to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  %r:2 = attn.attention ins(%q : tensor<2x8x?x64xf32>)
      dense(%k, %v : tensor<2x2x?x64xf32>, tensor<2x2x?x64xf32>)
      outs(%o, %l : tensor<2x8x?x64xf32>, tensor<2x8x?xf32>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %o, %l, %part, %merge, %loop =
        // expected-error @below {{failed to tile using partial reduction}}
        transform.structured.tile_reduction_using_for %a by tile_sizes = [0, 0, 0, 4, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @merge(%a: tensor<4x64xf32>, %la: tensor<4xf32>) {
  // expected-remark @below {{'attn.merge' op is not tiled: it has an lse, which each tile of the last dimension would write; tile the other dimensions only}}
  // expected-error @below {{faild to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  %r:2 = attn.merge parts(%a, %a : tensor<4x64xf32>, tensor<4x64xf32>)
      lse(%la, %la : tensor<4xf32>, tensor<4xf32>)
      outs(%a, %la : tensor<4x64xf32>, tensor<4xf32>)
      -> tensor<4x64xf32>, tensor<4xf32>
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.merge"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:1 = transform.structured.tile_using_for %a tile_sizes [0, 16]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @split_memrefs(%q: memref<2x8x5x64xf32>, %k: memref<2x2x9x64xf32>, %o: memref<2x8x5x64xf32>, %l: memref<2x8x5xf32>) {
  // expected-remark @below {{'attn.attention' op is not split over its keys: it works on memrefs; split it before bufferization}}
  attn.attention ins(%q : memref<2x8x5x64xf32>)
      dense(%k, %k : memref<2x2x9x64xf32>, memref<2x2x9x64xf32>)
      outs(%o, %l : memref<2x8x5x64xf32>, memref<2x8x5xf32>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %o, %l, %part, %merge, %loop =
        // expected-error @below {{could not tile reduction}}
        transform.structured.tile_reduction_using_forall %a by num_threads = [0, 0, 0, 4, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// Six heads of twelve: no tile is ragged, but they cross groups of four.

func.func @even_heads(%q: tensor<2x12x?x64xf32>, %k: tensor<2x3x?x64xf32>, %v: tensor<2x3x?x64xf32>, %o: tensor<2x12x?x64xf32>) {
  // expected-remark @below {{is not tiled: a tile of heads (h) must divide the 4 query heads of a key head or be a multiple of them, and start at a multiple of its size; its size is 6}}
  // expected-error @below {{faild to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  %r = attn.attention ins(%q : tensor<2x12x?x64xf32>)
      dense(%k, %v : tensor<2x3x?x64xf32>, tensor<2x3x?x64xf32>)
      outs(%o : tensor<2x12x?x64xf32>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:1 = transform.structured.tile_using_for %a tile_sizes [0, 6, 0, 0, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// Decomposition, too, is of ops on tensors.

func.func @decompose_memrefs(%q: memref<2x8x1x64xf32>, %k: memref<2x8x5x64xf32>, %o: memref<2x8x1x64xf32>) {
  // expected-error @below {{'attn.attention' op is decomposed on tensors, before bufferization}}
  // expected-note @below {{when applied to this op}}
  attn.attention ins(%q : memref<2x8x1x64xf32>)
      dense(%k, %k : memref<2x8x5x64xf32>, memref<2x8x5x64xf32>)
      outs(%o : memref<2x8x1x64xf32>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    // expected-error @below {{failed to apply}}
    transform.structured.decompose_interface %a : (!transform.any_op) -> !transform.any_op
    transform.yield
  }
}

// -----

func.func @decompose_merge(%a: memref<4x64xf32>, %la: memref<4xf32>, %o: memref<4x64xf32>) {
  // expected-error @below {{'attn.merge' op is decomposed on tensors, before bufferization}}
  // expected-note @below {{when applied to this op}}
  attn.merge parts(%a : memref<4x64xf32>) lse(%la : memref<4xf32>) outs(%o : memref<4x64xf32>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.merge"]} in %m
        : (!transform.any_op) -> !transform.any_op
    // expected-error @below {{failed to apply}}
    transform.structured.decompose_interface %a : (!transform.any_op) -> !transform.any_op
    transform.yield
  }
}

// -----

func.func @walk(%q: tensor<1x2x256x64xf32>, %r: tensor<1x1x4x4xi32>,
                %t: tensor<16xi32>) {
  // expected-remark @below {{it has a walk, which counts tiles from its first query and key; tile first, and make walks for the tiles}}
  // expected-error @below {{faild to tile operation}}
  // expected-error @below {{failed to generate tiling loops}}
  %x = attn.attention ins(%q : tensor<1x2x256x64xf32>)
      dense(%q, %q : tensor<1x2x256x64xf32>, tensor<1x2x256x64xf32>)
      walk<64, 64>(%r, %t : tensor<1x1x4x4xi32>, tensor<16xi32>)
      outs(%q : tensor<1x2x256x64xf32>)
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:1 = transform.structured.tile_using_for %a tile_sizes [0, 1, 0, 0, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
