// RUN: fovea-opt %s --split-input-file --attn-reorder-tokens=target=cuda:sm_90a --verify-diagnostics | FileCheck %s

// Boxes fill the tiles of a GPU's schedules, 128 queries by 64 or 128 keys, or 64 by 64.

// CHECK-LABEL: func @image(
// CHECK-COUNT-3: attn.reorder order(<grid = [32, 64], q = [16, 8], kv = [8, 8]>)
// CHECK: walk<128, 64>
// CHECK: attn.reorder inverse order(<grid = [32, 64], q = [16, 8], kv = [8, 8]>)
!t = tensor<?x?x2048x64xbf16>
func.func @image(%q: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j) {
        %c64 = arith.constant 64 : index
        %c4 = arith.constant 4 : index
        %c8 = arith.constant 8 : index
        %iy = arith.divui %i, %c64 : index
        %ix = arith.remui %i, %c64 : index
        %jy = arith.divui %j, %c64 : index
        %jx = arith.remui %j, %c64 : index
        %y = arith.subi %iy, %jy : index
        %x = arith.subi %ix, %jx : index
        %y4 = arith.addi %y, %c4 : index
        %x4 = arith.addi %x, %c4 : index
        %yn = arith.cmpi ule, %y4, %c8 : index
        %xn = arith.cmpi ule, %x4, %c8 : index
        %near = arith.andi %yn, %xn : i1
        attn.yield %near : i1
      }
      attributes {order = #attn.order<grid = [32, 64], q = [16, 8], kv = [8, 8]>}
  return %r : !t
}

// -----

// Boxes of keys at any token, with tiles of 64 queries, where they are chosen or given.

// CHECK-LABEL: func @chosen(
// CHECK: attn.reorder order(<grid = [32, 64], q = [8, 8], kv = [4, 16], kv_step = [1, 1]>)
// CHECK: walk<64, 64>
!t = tensor<?x?x2048x64xbf16>
func.func @chosen(%q: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j) {
        %c64 = arith.constant 64 : index
        %c4 = arith.constant 4 : index
        %c8 = arith.constant 8 : index
        %iy = arith.divui %i, %c64 : index
        %ix = arith.remui %i, %c64 : index
        %jy = arith.divui %j, %c64 : index
        %jx = arith.remui %j, %c64 : index
        %y = arith.subi %iy, %jy : index
        %x = arith.subi %ix, %jx : index
        %y4 = arith.addi %y, %c4 : index
        %x4 = arith.addi %x, %c4 : index
        %yn = arith.cmpi ule, %y4, %c8 : index
        %xn = arith.cmpi ule, %x4, %c8 : index
        %near = arith.andi %yn, %xn : i1
        attn.yield %near : i1
      }
  return %r : !t
}

// CHECK-LABEL: func @given(
// CHECK: attn.reorder order(<grid = [32, 64], q = [4, 16], kv = [8, 8], kv_step = [1, 1]>)
// CHECK: walk<64, 64>
func.func @given(%q: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j) {
        %c64 = arith.constant 64 : index
        %c4 = arith.constant 4 : index
        %c8 = arith.constant 8 : index
        %iy = arith.divui %i, %c64 : index
        %ix = arith.remui %i, %c64 : index
        %jy = arith.divui %j, %c64 : index
        %jx = arith.remui %j, %c64 : index
        %y = arith.subi %iy, %jy : index
        %x = arith.subi %ix, %jx : index
        %y4 = arith.addi %y, %c4 : index
        %x4 = arith.addi %x, %c4 : index
        %yn = arith.cmpi ule, %y4, %c8 : index
        %xn = arith.cmpi ule, %x4, %c8 : index
        %near = arith.andi %yn, %xn : i1
        attn.yield %near : i1
      }
      attributes {order = #attn.order<grid = [32, 64], q = [4, 16], kv = [8, 8], kv_step = [1, 1]>}
  return %r : !t
}

// Two blocks with so many channels do not fit a multiprocessor.

// CHECK-LABEL: func @wide(
// CHECK-NOT: kv_step
// CHECK: walk<128,
!w = tensor<?x?x2048x256xbf16>
func.func @wide(%q: !w, %o: !w) -> !w {
  %r = attn.attention ins(%q : !w) dense(%q, %q : !w, !w) outs(%o : !w)
      mask(%b, %h, %i, %j) {
        %c64 = arith.constant 64 : index
        %c4 = arith.constant 4 : index
        %c8 = arith.constant 8 : index
        %iy = arith.divui %i, %c64 : index
        %ix = arith.remui %i, %c64 : index
        %jy = arith.divui %j, %c64 : index
        %jx = arith.remui %j, %c64 : index
        %y = arith.subi %iy, %jy : index
        %x = arith.subi %ix, %jx : index
        %y4 = arith.addi %y, %c4 : index
        %x4 = arith.addi %x, %c4 : index
        %yn = arith.cmpi ule, %y4, %c8 : index
        %xn = arith.cmpi ule, %x4, %c8 : index
        %near = arith.andi %yn, %xn : i1
        attn.yield %near : i1
      }
  return %r : !w
}

// -----

!t = tensor<1x1x1000x64xbf16>
func.func @open(%q: !t, %o: !t) -> !t {
  // expected-warning @below {{its order is not used: its last line of tokens is not full, and this target copies boxes of a grid}}
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
      attributes {order = #attn.order<grid = [?, 64]>}
  return %r : !t
}

// -----

!t = tensor<1x1x1024x64xbf16>
func.func @gaps(%q: !t, %o: !t) -> !t {
  // expected-warning @below {{its order is not used: its boxes have empty places, and this target copies whole boxes}}
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
      attributes {order = #attn.order<grid = [32, 32], q = [8, 8], kv = [10, 6], kv_size = 64>}
  return %r : !t
}

// -----

!t = tensor<1x1x1024x64xbf16>
func.func @odd(%q: !t, %o: !t) -> !t {
  // expected-warning @below {{its order is not used: this target copies boxes of a power of two of tokens, up to 256}}
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
      attributes {order = #attn.order<grid = [32, 32], q = [8, 8], kv = [10, 6]>}
  return %r : !t
}

// -----

!t = tensor<2x4x1024x64xbf16>
func.func @videos(%q: !t, %o: !t) -> !t {
  // expected-warning @below {{its order is not used: on this target a grid of three dimensions goes with one sequence, whose number is static}}
  %r = attn.attention ins(%q : !t) dense(%q, %q : !t, !t) outs(%o : !t)
      attributes {order = #attn.order<grid = [8, 16, 8]>}
  return %r : !t
}
