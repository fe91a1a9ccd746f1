// Every schedule that attn-select-schedule knows of, for 64, 128, 192 and 256
// channels, masks, lengths and walks of several ranges, simulated.

// DEFINE: %{attempt} = 0
// DEFINE: %{channels} = 64
// DEFINE: %{simulate} = sed 's/xDx/x%{channels}x/g' %s | fovea-opt --attn-select-schedule="target=cuda attempt=%{attempt}" --fovea-cuda-tile-stage --pipe-mask-ragged --pipe-assign-layouts --pipe-stage-diagonals --pipe-specialize --pipe-pipeline --canonicalize --pipe-take-turns --pipe-split-walk --canonicalize --cse --pipe-verify --pipe-simulate="interleavings=4" | FileCheck %s
// CHECK-COUNT-6: tile.kernel

// RUN: %{simulate}
// REDEFINE: %{attempt} = 1
// RUN: %{simulate}
// REDEFINE: %{attempt} = 2
// RUN: %{simulate}
// REDEFINE: %{attempt} = 3
// RUN: %{simulate}
// REDEFINE: %{attempt} = 4
// RUN: %{simulate}
// REDEFINE: %{attempt} = 5
// RUN: %{simulate}
// REDEFINE: %{channels} = 128
// REDEFINE: %{attempt} = 0
// RUN: %{simulate}
// REDEFINE: %{attempt} = 1
// RUN: %{simulate}
// REDEFINE: %{attempt} = 2
// RUN: %{simulate}
// REDEFINE: %{attempt} = 3
// RUN: %{simulate}
// REDEFINE: %{channels} = 256
// REDEFINE: %{attempt} = 0
// RUN: %{simulate}
// REDEFINE: %{attempt} = 1
// RUN: %{simulate}
// REDEFINE: %{attempt} = 2
// RUN: %{simulate}
// REDEFINE: %{attempt} = 3
// RUN: %{simulate}
// REDEFINE: %{attempt} = 4
// RUN: %{simulate}
// REDEFINE: %{channels} = 192
// REDEFINE: %{attempt} = 0
// RUN: %{simulate}

!t = tensor<?x?x?xDxbf16>
func.func @full(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
  return %r : !t
}

func.func @causal(%q: !t, %k: !t, %v: !t, %o: !t, %l: tensor<?x?x?xf32>) -> (!t, tensor<?x?x?xf32>) {
  %r:2 = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o, %l : !t, tensor<?x?x?xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r#0, %r#1 : !t, tensor<?x?x?xf32>
}

// A walk of several ranges.
func.func @edges(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j) {
        %n = arith.constant 150 : index
        %d = arith.subi %i, %j : index
        %c = arith.cmpi sle, %j, %i : index
        %e = arith.cmpi slt, %d, %n : index
        %f = arith.cmpi slt, %j, %n : index
        %g = arith.ori %e, %f : i1
        %r = arith.andi %c, %g : i1
        attn.yield %r : i1
      }
  return %r : !t
}

// Values beyond a length are cleared.
func.func @lengths(%q: !t, %k: !t, %v: !t, %n: tensor<?xi32>, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) lengths(%n : tensor<?xi32>) outs(%o : !t)
  return %r : !t
}

// No key is visible.
func.func @nothing(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j) {
        %n = arith.constant 9 : index
        %m = arith.addi %i, %n : index
        %c = arith.cmpi slt, %j, %i : index
        %d = arith.cmpi sgt, %j, %m : index
        %e = arith.andi %c, %d : i1
        attn.yield %e : i1
      }
  return %r : !t
}

// Strips that the loading role computes.
func.func @table(%q: !t, %k: !t, %v: !t, %o: !t, %table: tensor<?x?xf32>, %middle: index) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      score(%s, %b, %h, %i, %j, %t = %table : tensor<?x?xf32>, %n = %middle : index) {
        %d = arith.subi %i, %j : index
        %c = arith.addi %d, %n : index
        %x = tensor.extract %t[%h, %c] : tensor<?x?xf32>
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32
      }
  return %r : !t
}
