// Listed tiles of masks without exact ranges: as the mask says, for heads alike and
// for heads that differ, with fewer tokens than a tile at the end.
//
// RUN: fovea-run %s --random 1 --check --all-entries | FileCheck %s
// RUN: fovea-opt %s --attn-reorder-tokens --attn-list-tiles | FileCheck %s --check-prefix=LIST
// LIST: walk<64, 128>({{.*}} : tensor<1x1x8x4xi32>
// LIST: walk<64, 128>({{.*}} : tensor<1x4x9x4xi32>
// LIST-NOT: walk<
// RUN: fovea-run %s --random 2 --check --all-entries --target cpu:avx2 | FileCheck %s
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// CHECK: squares {{.*}} ok
func.func @squares(%q: tensor<1x2x500x24xf32>, %k: tensor<1x2x610x24xf32>,
    %v: tensor<1x2x610x16xf32>, %o: tensor<1x2x500x16xf32>) -> tensor<1x2x500x16xf32> {
  %r = attn.attention ins(%q : tensor<1x2x500x24xf32>)
      dense(%k, %v : tensor<1x2x610x24xf32>, tensor<1x2x610x16xf32>)
      outs(%o : tensor<1x2x500x16xf32>)
      mask(%b, %h, %i, %j) {
        %c2 = arith.constant 2 : index
        %c5 = arith.constant 5 : index
        %c7 = arith.constant 7 : index
        %c1000 = arith.constant 1000 : index
        %c0 = arith.constant 0 : index
        %i7 = arith.muli %i, %c7 : index
        %j5 = arith.muli %j, %c5 : index
        %x = arith.divui %i7, %c1000 : index
        %y = arith.divui %j5, %c1000 : index
        %sum = arith.addi %x, %y : index
        %odd = arith.remui %sum, %c2 : index
        %c = arith.cmpi eq, %odd, %c0 : index
        attn.yield %c : i1
      }
  return %r : tensor<1x2x500x16xf32>
}

// CHECK: heads {{.*}} ok
func.func @heads(%q: tensor<2x4x530x24xf32>, %k: tensor<2x2x700x24xf32>,
    %v: tensor<2x2x700x16xf32>, %sinks: tensor<4xf32>,
    %o: tensor<2x4x530x16xf32>, %l: tensor<2x4x530xf32>) -> (tensor<2x4x530x16xf32>, tensor<2x4x530xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x4x530x24xf32>)
      dense(%k, %v : tensor<2x2x700x24xf32>, tensor<2x2x700x16xf32>)
      sinks(%sinks : tensor<4xf32>)
      outs(%o, %l : tensor<2x4x530x16xf32>, tensor<2x4x530xf32>)
      mask(%b, %h, %i, %j) {
        %c2 = arith.constant 2 : index
        %c60 = arith.constant 60 : index
        %yi = arith.divui %i, %c60 : index
        %yj = arith.divui %j, %c60 : index
        %xi = arith.remui %i, %c60 : index
        %xj = arith.remui %j, %c60 : index
        %dy = arith.subi %yi, %yj : index
        %dx = arith.subi %xi, %xj : index
        %ay = math.absi %dy : index
        %ax = math.absi %dx : index
        %a = arith.cmpi sle, %ay, %h : index
        %e = arith.cmpi sle, %ax, %c2 : index
        %c = arith.andi %a, %e : i1
        attn.yield %c : i1
      }
  return %r#0, %r#1 : tensor<2x4x530x16xf32>, tensor<2x4x530xf32>
}

// Packed queries have coordinates of their own: no list, by this pass or another.
// CHECK: packed {{.*}} ok
func.func @packed(%q: tensor<2x480x24xf32>, %k: tensor<3x2x480x24xf32>, %v: tensor<3x2x480x16xf32>,
    %rows: tensor<4xi32> {fovea.low = 0 : i64, fovea.high = 480 : i64, fovea.sorted},
    %o: tensor<2x480x16xf32>) -> tensor<2x480x16xf32> {
  %r = attn.attention ins(%q : tensor<2x480x24xf32>)
      dense(%k, %v : tensor<3x2x480x24xf32>, tensor<3x2x480x16xf32>) offsets(%rows : tensor<4xi32>)
      outs(%o : tensor<2x480x16xf32>)
      mask(%b, %h, %i, %j) {
        %c60 = arith.constant 60 : index
        %c1 = arith.constant 1 : index
        %xi = arith.remui %i, %c60 : index
        %xj = arith.remui %j, %c60 : index
        %dx = arith.subi %xi, %xj : index
        %ax = math.absi %dx : index
        %c = arith.cmpi sle, %ax, %c1 : index
        attn.yield %c : i1
      }
  return %r : tensor<2x480x16xf32>
}
