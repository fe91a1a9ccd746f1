// Masks whose walks have several ranges, or bounds with divisions, on sizes that do
// not divide tiles: the kernels agree with the mask element by element.
//
// RUN: fovea-run %s --check --all-entries | FileCheck %s
// CHECK: chunks {{.*}} ok
// CHECK: causal_chunks {{.*}} ok
// CHECK: block_causal {{.*}} ok
// CHECK: sinks {{.*}} ok
// CHECK: islands {{.*}} ok
// CHECK: heads {{.*}} ok
// CHECK: grid {{.*}} ok
// CHECK: clamped {{.*}} ok
// CHECK: dilated {{.*}} ok
// CHECK: antidiagonal {{.*}} ok
// CHECK: rows {{.*}} ok
// CHECK: covering {{.*}} ok
// CHECK: narrow {{.*}} ok

!q = tensor<1x3x611x16xf32>
!k = tensor<1x3x601x16xf32>

// Blocks of 37 tokens.
func.func @chunks(%q: !q, %k: !k, %v: !k, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o : !q)
      mask(%b, %h, %i, %j) {
        %c37 = arith.constant 37 : index
        %x = arith.divui %i, %c37 : index
        %y = arith.divui %j, %c37 : index
        %c = arith.cmpi eq, %x, %y : index
        attn.yield %c : i1
      }
  return %r : !q
}

// Causal in blocks of 128 tokens.
func.func @causal_chunks(%q: !q, %k: !k, %v: !k, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o : !q)
      mask(%b, %h, %i, %j) {
        %c128 = arith.constant 128 : index
        %x = arith.divsi %i, %c128 : index
        %y = arith.divsi %j, %c128 : index
        %same = arith.cmpi eq, %x, %y : index
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.andi %same, %past : i1
        attn.yield %c : i1
      }
  return %r : !q
}

// Whole blocks of 100 keys.
func.func @block_causal(%q: !q, %k: !k, %v: !k, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o : !q)
      mask(%b, %h, %i, %j) {
        %c100 = arith.constant 100 : index
        %x = arith.floordivsi %i, %c100 : index
        %y = arith.floordivsi %j, %c100 : index
        %c = arith.cmpi sle, %y, %x : index
        attn.yield %c : i1
      }
  return %r : !q
}

// 150 sinks, then a window of 200: five ranges of tiles.
func.func @sinks(%q: !q, %k: !k, %v: !k, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o : !q)
      mask(%b, %h, %i, %j) {
        %c150 = arith.constant 150 : index
        %c200 = arith.constant 200 : index
        %d = arith.subi %i, %j : index
        %near = arith.cmpi ult, %d, %c200 : index
        %sink = arith.cmpi ult, %j, %c150 : index
        %past = arith.cmpi sle, %j, %i : index
        %kept = arith.ori %near, %sink : i1
        %c = arith.andi %kept, %past : i1
        attn.yield %c : i1
      }
  return %r : !q
}

// Three intervals of keys, and a hole that moves.
func.func @islands(%q: !q, %k: !k, %v: !k, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o : !q)
      mask(%b, %h, %i, %j) {
        %c90 = arith.constant 90 : index
        %c200 = arith.constant 200 : index
        %c260 = arith.constant 260 : index
        %c500 = arith.constant 500 : index
        %c40 = arith.constant 40 : index
        %a = arith.cmpi slt, %j, %c90 : index
        %b0 = arith.cmpi sge, %j, %c200 : index
        %b1 = arith.cmpi slt, %j, %c260 : index
        %b2 = arith.andi %b0, %b1 : i1
        %e = arith.cmpi sge, %j, %c500 : index
        %f = arith.ori %a, %b2 : i1
        %g = arith.ori %f, %e : i1
        %d = arith.subi %i, %j : index
        %ad = math.absi %d : index
        %far = arith.cmpi sgt, %ad, %c40 : index
        %c = arith.andi %g, %far : i1
        attn.yield %c : i1
      }
  return %r : !q
}

// A window of its own for each head; the first head sees all.
func.func @heads(%q: !q, %k: !k, %v: !k, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o : !q)
      mask(%b, %h, %i, %j) {
        %c0 = arith.constant 0 : index
        %c60 = arith.constant 60 : index
        %w = arith.muli %h, %c60 : index
        %d = arith.subi %i, %j : index
        %ad = math.absi %d : index
        %near = arith.cmpi sle, %ad, %w : index
        %first = arith.cmpi eq, %h, %c0 : index
        %c = arith.ori %near, %first : i1
        attn.yield %c : i1
      }
  return %r : !q
}

// Neighbours in a grid with rows of 24 tokens.
func.func @grid(%q: !q, %k: !k, %v: !k, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o : !q)
      mask(%b, %h, %i, %j) {
        %c24 = arith.constant 24 : index
        %c3 = arith.constant 3 : index
        %yi = arith.divui %i, %c24 : index
        %yj = arith.divui %j, %c24 : index
        %xi = arith.remui %i, %c24 : index
        %xj = arith.remui %j, %c24 : index
        %dy = arith.subi %yi, %yj : index
        %dx = arith.subi %xi, %xj : index
        %ay = math.absi %dy : index
        %ax = math.absi %dx : index
        %ny = arith.cmpi sle, %ay, %c3 : index
        %nx = arith.cmpi sle, %ax, %c3 : index
        %c = arith.andi %ny, %nx : i1
        attn.yield %c : i1
      }
  return %r : !q
}

// A window of 81 keys that is moved in at the ends.
func.func @clamped(%q: !q, %k: !k, %v: !k, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o : !q)
      mask(%b, %h, %i, %j) {
        %c0 = arith.constant 0 : index
        %c40 = arith.constant 40 : index
        %c81 = arith.constant 81 : index
        %last = arith.constant 520 : index
        %l = arith.subi %i, %c40 : index
        %l0 = arith.maxsi %l, %c0 : index
        %low = arith.minsi %l0, %last : index
        %high = arith.addi %low, %c81 : index
        %from = arith.cmpi sge, %j, %low : index
        %to = arith.cmpi slt, %j, %high : index
        %c = arith.andi %from, %to : i1
        attn.yield %c : i1
      }
  return %r : !q
}

// Each fourth key of the past.
func.func @dilated(%q: !q, %k: !k, %v: !k, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o : !q)
      mask(%b, %h, %i, %j) {
        %c0 = arith.constant 0 : index
        %c4 = arith.constant 4 : index
        %d = arith.subi %i, %j : index
        %m = arith.remsi %d, %c4 : index
        %on = arith.cmpi eq, %m, %c0 : index
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.andi %on, %past : i1
        attn.yield %c : i1
      }
  return %r : !q
}

// i + j bounds, joined by exclusive or.
func.func @antidiagonal(%q: !q, %k: !k, %v: !k, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o : !q)
      mask(%b, %h, %i, %j) {
        %c300 = arith.constant 300 : index
        %c900 = arith.constant 900 : index
        %s = arith.addi %i, %j : index
        %a = arith.cmpi sgt, %s, %c300 : index
        %b0 = arith.cmpi slt, %s, %c900 : index
        %past = arith.cmpi sle, %j, %i : index
        %e = arith.andi %a, %b0 : i1
        %c = arith.xori %e, %past : i1
        attn.yield %c : i1
      }
  return %r : !q
}

// Rows of which some see nothing.
func.func @rows(%q: !q, %k: !k, %v: !k, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o : !q)
      mask(%b, %h, %i, %j) {
        %c64 = arith.constant 64 : index
        %c40 = arith.constant 40 : index
        %m = arith.remui %i, %c64 : index
        %some = arith.cmpi slt, %m, %c40 : index
        %past = arith.cmpi slt, %j, %i : index
        %c = arith.andi %some, %past : i1
        attn.yield %c : i1
      }
  return %r : !q
}

// Two halves that are everything.
func.func @covering(%q: !q, %k: !k, %v: !k, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o : !q)
      mask(%b, %h, %i, %j) {
        %c37 = arith.constant 37 : index
        %d = arith.subi %i, %j : index
        %a = arith.cmpi sge, %d, %c37 : index
        %b0 = arith.cmpi slt, %d, %c37 : index
        %c = arith.ori %a, %b0 : i1
        attn.yield %c : i1
      }
  return %r : !q
}

// A window of 90 keys, in integers of 32 bits.
func.func @narrow(%q: !q, %k: !k, %v: !k, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o : !q)
      mask(%b, %h, %i, %j) {
        %c90 = arith.constant 90 : i32
        %i32 = arith.index_cast %i : index to i32
        %j32 = arith.index_cast %j : index to i32
        %d = arith.subi %i32, %j32 : i32
        %c = arith.cmpi ult, %d, %c90 : i32
        attn.yield %c : i1
      }
  return %r : !q
}
