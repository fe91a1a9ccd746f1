// RUN: rm -rf %t && split-file %s %t
// RUN: fovea-opt %t/program.mlir \
// RUN:   --transform-preload-library=transform-library-paths=%t/schedule.mlir \
// RUN:   --transform-interpreter --canonicalize --attn-decompose \
// RUN:   --empty-tensor-to-alloc-tensor --one-shot-bufferize=bufferize-function-boundaries \
// RUN:   --canonicalize --cse --canonicalize \
// RUN:   --convert-linalg-to-loops --scf-forall-to-for --expand-strided-metadata \
// RUN:   --lower-affine --convert-scf-to-cf --convert-math-to-libm --arith-expand \
// RUN:   --finalize-memref-to-llvm --convert-arith-to-llvm --convert-index-to-llvm \
// RUN:   --convert-cf-to-llvm --convert-func-to-llvm --reconcile-unrealized-casts \
// RUN: | mlir-runner -e main --entry-point-result=i32 | FileCheck %s

// Tiles, and parts of the keys, compute what the whole does: 0 of 54 numbers
// differ. The queries, which are compared as well, differ in all.

// CHECK: {{^}}100000054{{$}}

//--- program.mlir

func.func private @input(%salt: index, %heads: index, %rows: index)
    -> tensor<1x?x?x3xf32> {
  %r = tensor.generate %heads, %rows {
  ^bb0(%b: index, %h: index, %i: index, %d: index):
    %c5 = arith.constant 5 : index
    %c11 = arith.constant 11 : index
    %c17 = arith.constant 17 : index
    %0 = arith.muli %h, %c5 : index
    %1 = arith.muli %i, %c11 : index
    %2 = arith.addi %0, %1 : index
    %3 = arith.addi %2, %d : index
    %4 = arith.addi %3, %salt : index
    %5 = arith.muli %4, %4 : index
    %6 = arith.remui %5, %c17 : index
    %7 = arith.index_cast %6 : index to i32
    %8 = arith.sitofp %7 : i32 to f32
    %eighth = arith.constant 0.125 : f32
    %one = arith.constant 1.0 : f32
    %9 = arith.mulf %8, %eighth : f32
    %10 = arith.subf %9, %one : f32
    tensor.yield %10 : f32
  } : tensor<1x?x?x3xf32>
  return %r : tensor<1x?x?x3xf32>
}

func.func private @differing(%x: tensor<1x6x3x3xf32>, %y: tensor<1x6x3x3xf32>)
    -> i32 {
  %zero = arith.constant dense<0> : tensor<i32>
  %n = linalg.generic {
      indexing_maps = [affine_map<(a, b, c, d) -> (a, b, c, d)>,
                       affine_map<(a, b, c, d) -> (a, b, c, d)>,
                       affine_map<(a, b, c, d) -> ()>],
      iterator_types = ["reduction", "reduction", "reduction", "reduction"]}
      ins(%x, %y : tensor<1x6x3x3xf32>, tensor<1x6x3x3xf32>)
      outs(%zero : tensor<i32>) {
  ^bb0(%a: f32, %b: f32, %count: i32):
    %d = arith.subf %a, %b : f32
    %m = math.absf %d : f32
    %limit = arith.constant 1.0e-5 : f32
    %far = arith.cmpf ugt, %m, %limit : f32
    %one = arith.extui %far : i1 to i32
    %sum = arith.addi %count, %one : i32
    linalg.yield %sum : i32
  } -> tensor<i32>
  %r = tensor.extract %n[] : tensor<i32>
  return %r : i32
}

func.func @main() -> i32 {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c6 = arith.constant 6 : index
  %c9 = arith.constant 9 : index
  %q0 = call @input(%c1, %c6, %c3) : (index, index, index) -> tensor<1x?x?x3xf32>
  %k0 = call @input(%c2, %c2, %c9) : (index, index, index) -> tensor<1x?x?x3xf32>
  %v0 = call @input(%c3, %c2, %c9) : (index, index, index) -> tensor<1x?x?x3xf32>
  %q = tensor.cast %q0 : tensor<1x?x?x3xf32> to tensor<1x6x3x3xf32>
  %k = tensor.cast %k0 : tensor<1x?x?x3xf32> to tensor<1x2x?x3xf32>
  %v = tensor.cast %v0 : tensor<1x?x?x3xf32> to tensor<1x2x?x3xf32>
  %n = arith.constant dense<7> : tensor<1xi64>
  // A bias of two products: of heads and keys.
  %f = tensor.extract_slice %q[0, 0, 1, 1] [1, 6, 1, 2] [1, 1, 1, 1]
      : tensor<1x6x3x3xf32> to tensor<1x6x1x2xf32>
  %g = tensor.extract_slice %k[0, 1, 0, 0] [1, 1, %c9, 2] [1, 1, 1, 1]
      : tensor<1x2x?x3xf32> to tensor<1x1x?x2xf32>
  %o = tensor.empty() : tensor<1x6x3x3xf32>
  %l = tensor.empty() : tensor<1x6x3xf32>
  %o1 = tensor.empty() : tensor<1x6x3x3xf32>
  %l1 = tensor.empty() : tensor<1x6x3xf32>
  %o2 = tensor.empty() : tensor<1x6x3x3xf32>
  %l2 = tensor.empty() : tensor<1x6x3xf32>

  %whole:2 = attn.attention ins(%q : tensor<1x6x3x3xf32>)
      dense(%k, %v : tensor<1x2x?x3xf32>, tensor<1x2x?x3xf32>)
        lengths(%n : tensor<1xi64>)
      factors(%f, %g : tensor<1x6x1x2xf32>, tensor<1x1x?x2xf32>)
      outs(%o, %l : tensor<1x6x3x3xf32>, tensor<1x6x3xf32>)
      mask(%b, %h, %i, %j) {
        %x = arith.addi %i, %h : index
        %c = arith.cmpi sle, %j, %x : index
        attn.yield %c : i1
      }
  %tiles:2 = attn.attention ins(%q : tensor<1x6x3x3xf32>)
      dense(%k, %v : tensor<1x2x?x3xf32>, tensor<1x2x?x3xf32>)
        lengths(%n : tensor<1xi64>)
      factors(%f, %g : tensor<1x6x1x2xf32>, tensor<1x1x?x2xf32>)
      outs(%o1, %l1 : tensor<1x6x3x3xf32>, tensor<1x6x3xf32>)
      mask(%b, %h, %i, %j) {
        %x = arith.addi %i, %h : index
        %c = arith.cmpi sle, %j, %x : index
        attn.yield %c : i1
      } attributes {tiles}
  %parts:2 = attn.attention ins(%q : tensor<1x6x3x3xf32>)
      dense(%k, %v : tensor<1x2x?x3xf32>, tensor<1x2x?x3xf32>)
        lengths(%n : tensor<1xi64>)
      factors(%f, %g : tensor<1x6x1x2xf32>, tensor<1x1x?x2xf32>)
      outs(%o2, %l2 : tensor<1x6x3x3xf32>, tensor<1x6x3xf32>)
      mask(%b, %h, %i, %j) {
        %x = arith.addi %i, %h : index
        %c = arith.cmpi sle, %j, %x : index
        attn.yield %c : i1
      } attributes {parts}
  %a = call @differing(%whole#0, %tiles#0)
      : (tensor<1x6x3x3xf32>, tensor<1x6x3x3xf32>) -> i32
  %b = call @differing(%whole#0, %parts#0)
      : (tensor<1x6x3x3xf32>, tensor<1x6x3x3xf32>) -> i32
  %c = call @differing(%whole#0, %q)
      : (tensor<1x6x3x3xf32>, tensor<1x6x3x3xf32>) -> i32
  %million = arith.constant 1000000 : i32
  %thousand = arith.constant 1000 : i32
  %mark = arith.constant 100000000 : i32
  %0 = arith.muli %a, %million : i32
  %1 = arith.muli %b, %thousand : i32
  %2 = arith.addi %0, %1 : i32
  %3 = arith.addi %2, %c : i32
  %4 = arith.addi %3, %mark : i32
  return %4 : i32
}

//--- schedule.mlir

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %a = transform.structured.match ops{["attn.attention"]} attributes {tiles} in %m
        : (!transform.any_op) -> !transform.any_op
    %t, %l:2 = transform.structured.tile_using_for %a tile_sizes [0, 3, 2, 0, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    %b = transform.structured.match ops{["attn.attention"]} attributes {parts} in %m
        : (!transform.any_op) -> !transform.any_op
    %o, %x, %part, %merge, %loop =
        transform.structured.tile_reduction_using_forall %b by num_threads = [0, 0, 0, 4, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}
