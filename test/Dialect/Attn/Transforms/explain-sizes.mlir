// RUN: fovea-run %s --explain --target cpu:plain --svg %t.svg | FileCheck %s --check-prefixes=CHECK,SMALL
// RUN: FileCheck %s --check-prefix=SVG --input-file %t.svg
// RUN: fovea-run %s --explain --target cpu:plain --dims S=65,T=130 | FileCheck %s --check-prefixes=CHECK,RAGGED
// RUN: fovea-run %s --explain --target cpu:plain --dims S=1048576 --dims T=2097152 --svg %t.large.svg | FileCheck %s --check-prefixes=CHECK,LARGE
// RUN: FileCheck %s --check-prefix=COARSE --input-file %t.large.svg
// RUN: not fovea-run %s --explain --dims U=64 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not fovea-run %s --explain --dims S=-1 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not fovea-run %s --explain --dims S=1,S=2 2>&1 | FileCheck %s --check-prefix=TWICE
// UNKNOWN: error: --dims U=64: there is no dimension U; dimensions: S, T
// NEGATIVE: error: --dims S=-1: expected NAME=VALUE with a size of 0 or more
// TWICE: error: --dims S=2: S is given twice; give it once

module attributes {fovea.dims = {S = 512, T = 1024}} {

// Sizes by name; a mask that is aligned at the end, by a captured difference of sizes.

// SMALL: @causal: 512 queries, 1024 keys
// SMALL-NEXT: all heads: 16 x 8 tiles of 32 queries by 128 keys: 24 empty, 88 full, 16 partial
// SMALL-NEXT: pairs in tiles with work: 81.2% of all
// RAGGED: @causal: 65 queries, 130 keys
// RAGGED-NEXT: all heads: 3 x 2 tiles of 32 queries by 128 keys: 1 empty, 2 full, 3 partial
// RAGGED-NEXT: pairs in tiles with work: 99.2% of all
// LARGE: @causal: 1048576 queries, 2097152 keys
// LARGE-NEXT: all heads: 32768 x 16384 tiles of 32 queries by 128 keys: 134201344 empty, 402636800 full, 32768 partial
// LARGE-NEXT: pairs in tiles with work: 75.0% of all
// CHECK-NEXT: schedule:
// CHECK-NEXT: expected time: {{[0-9]}}
// SVG: @causal: 512 queries, 1024 keys
// SVG-NOT: a cell is
// SVG: @sampled
// SVG: @assumed: 512 queries, 4096 keys (the number of keys is assumed)
// SVG: key tiles of 128 keys
// SVG: query tiles of 32 queries
// COARSE: a cell is 256 by 128 tiles: darker where more have work<
// COARSE: @sampled
// COARSE: a cell is 256 by 128 tiles, by some of them: darker where more have work<
func.func @causal(%q: tensor<1x2x?x64xf32> {fovea.dims = ["", "", "S", ""]},
                  %k: tensor<1x2x?x64xf32> {fovea.dims = ["", "", "T", ""]})
    -> tensor<1x2x?x64xf32> {
  %c2 = arith.constant 2 : index
  %queries = tensor.dim %q, %c2 : tensor<1x2x?x64xf32>
  %keys = tensor.dim %k, %c2 : tensor<1x2x?x64xf32>
  %offset = arith.subi %keys, %queries : index
  %r = attn.attention ins(%q : tensor<1x2x?x64xf32>)
      dense(%k, %k : tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>)
      outs(%q : tensor<1x2x?x64xf32>)
      mask(%b, %h, %i, %j, %n = %offset : index) {
        %last = arith.addi %i, %n : index
        %past = arith.cmpi sle, %j, %last : index
        attn.yield %past : i1
      }
  return %r : tensor<1x2x?x64xf32>
}

// Each tile is partial, and that has to be found out for each: of the large ones for some.

// SMALL: @sampled: 512 queries, 1024 keys
// SMALL-NEXT: all heads: 16 x 8 tiles of 32 queries by 128 keys: 0 empty, 0 full, 128 partial
// LARGE: @sampled: 1048576 queries, 2097152 keys
// LARGE-NEXT: all heads: 32768 x 16384 tiles of 32 queries by 128 keys: about 0 empty, 0 full, 536870912 partial
// LARGE-NEXT: pairs in tiles with work: about 100.0% of all
// LARGE-NEXT: schedule:
// LARGE-NEXT: expected time: about 100.0%
func.func @sampled(%q: tensor<1x1x?x64xf32> {fovea.dims = ["", "", "S", ""]},
                   %k: tensor<1x1x?x64xf32> {fovea.dims = ["", "", "T", ""]})
    -> tensor<1x1x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x1x?x64xf32>)
      dense(%k, %k : tensor<1x1x?x64xf32>, tensor<1x1x?x64xf32>)
      outs(%q : tensor<1x1x?x64xf32>)
      mask(%b, %h, %i, %j) {
        %c0 = arith.constant 0 : index
        %c3 = arith.constant 3 : index
        %d = arith.subi %i, %j : index
        %m = arith.remsi %d, %c3 : index
        %c = arith.cmpi ne, %m, %c0 : index
        attn.yield %c : i1
      }
  return %r : tensor<1x1x?x64xf32>
}

// Each row of tiles has one or two with work, of 8,192.

// LARGE: @window: 1048576 queries, 1048576 keys
// LARGE-NEXT: all heads: 32768 x 8192 tiles of 32 queries by 128 keys: 268369924 empty, 0 full, 65532 partial
// LARGE-NEXT: pairs in tiles with work: 0.024% of all
func.func @window(%q: tensor<1x1x?x64xf32> {fovea.dims = ["", "", "S", ""]})
    -> tensor<1x1x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x1x?x64xf32>)
      dense(%q, %q : tensor<1x1x?x64xf32>, tensor<1x1x?x64xf32>)
      outs(%q : tensor<1x1x?x64xf32>)
      mask(%b, %h, %i, %j) {
        %c128 = arith.constant 128 : index
        %past = arith.cmpi sle, %j, %i : index
        %d = arith.subi %i, %j : index
        %near = arith.cmpi slt, %d, %c128 : index
        %c = arith.andi %past, %near : i1
        attn.yield %c : i1
      }
  return %r : tensor<1x1x?x64xf32>
}

// Keys without a name; a captured sum of what is known, and an integer that is known later.

// CHECK: @assumed: {{[0-9]+}} queries, 4096 keys
// CHECK-NEXT: the number of keys is assumed: neither the types nor fovea.dims say it
// SMALL-NEXT: all heads: 16 x 32 tiles of 32 queries by 128 keys: 432 empty, 64 full, 16 partial
// CHECK: @later: {{[0-9]+}} queries, {{[0-9]+}} keys
// CHECK-NEXT: the tiles are not known before it runs
func.func @assumed(%q: tensor<1x1x?x64xf32> {fovea.dims = ["", "", "S", ""]},
                   %k: tensor<1x1x?x64xf32>) -> tensor<1x1x?x64xf32> {
  %c2 = arith.constant 2 : index
  %c100 = arith.constant 100 : i32
  %queries = tensor.dim %q, %c2 : tensor<1x1x?x64xf32>
  %cast = arith.index_cast %queries : index to i32
  %limit = arith.addi %cast, %c100 : i32
  %r = attn.attention ins(%q : tensor<1x1x?x64xf32>)
      dense(%k, %k : tensor<1x1x?x64xf32>, tensor<1x1x?x64xf32>)
      outs(%q : tensor<1x1x?x64xf32>)
      mask(%b, %h, %i, %j, %n = %limit : i32) {
        %key = arith.index_cast %j : index to i32
        %c = arith.cmpi slt, %key, %n : i32
        attn.yield %c : i1
      }
  return %r : tensor<1x1x?x64xf32>
}

func.func @later(%q: tensor<1x1x?x64xf32> {fovea.dims = ["", "", "S", ""]},
                 %offset: index) -> tensor<1x1x?x64xf32> {
  %r = attn.attention ins(%q : tensor<1x1x?x64xf32>)
      dense(%q, %q : tensor<1x1x?x64xf32>, tensor<1x1x?x64xf32>)
      outs(%q : tensor<1x1x?x64xf32>)
      mask(%b, %h, %i, %j, %n = %offset : index) {
        %last = arith.addi %i, %n : index
        %past = arith.cmpi sle, %j, %last : index
        attn.yield %past : i1
      }
  return %r : tensor<1x1x?x64xf32>
}

}
