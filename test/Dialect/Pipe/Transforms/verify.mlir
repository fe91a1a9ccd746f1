// RUN: fovea-opt %s --pipe-verify --split-input-file --verify-diagnostics

// Rule 1: a slot that is never released.

// DOC-BEGIN: pipe-verify --pipe-verify
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<2 x !shared>
tile.kernel @leak(%a: memref<?x64xbf16>) grid(%m) {
  %c0 = arith.constant 0 : index
  %av = tile.view %a dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %s0, %av[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    // expected-error @+1 {{is consumed 0 times; it has to be consumed exactly once on each path}}
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!shared, read>
  }
}
// DOC-END

// -----

// Rule 1: a slot that is released on one path only.

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<2 x !shared>
tile.kernel @one_path(%a: memref<?x64xbf16>, %c: i1) grid(%m) {
  %c0 = arith.constant 0 : index
  %av = tile.view %a dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %s0, %av[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!shared, read>
    // expected-error @+1 {{consumes a value of type '!pipe.slot<<64x64xbf16, #pipe.smem<swizzle = 128>>, read>' on one path only}}
    scf.if %c {
      pipe.release %s0 : !pipe.slot<!shared, read>
    }
  }
}

// -----

// Rule 1: a cursor that is used twice, and a slot consumed in every iteration.

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<2 x !shared>
tile.kernel @twice(%a: memref<?x64xbf16>) grid(%m) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %av = tile.view %a dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    // expected-error @+1 {{a value of type '!pipe.cursor' is consumed 2 times}}
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %s0, %av[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
    %s1, %p2 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %s1, %av[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!shared, read>
    %s1, %p2 = pipe.take %ring[%p1] : !ring -> !pipe.slot<!shared, read>
    pipe.release %s0 : !pipe.slot<!shared, read>
    // expected-error @+1 {{consumes a value of type '!pipe.slot<<64x64xbf16, #pipe.smem<swizzle = 128>>, read>' of the code around it; hand it in as a loop argument}}
    scf.for %i = %c0 to %c1 step %c1 {
      pipe.release %s1 : !pipe.slot<!shared, read>
    }
  }
}

// -----

// Rules 2 and 3: a slot released, and an accumulator used, while a product is in
// flight.

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!ring = !pipe.ring<2 x !shared>
tile.kernel @in_flight(%a: memref<?x64xbf16>) grid(%m) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %av = tile.view %a dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %s0, %av[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!shared, read>
    %t = pipe.read %s0 : !pipe.slot<!shared, read>
    %z = tile.splat %zero : f32 -> !acc
    %d1 = pipe.dot %t, %t, %z {indexing_maps = [#mk, #nk, #mn]}
        : !shared, !shared, !acc -> !pipe.pending<!acc>
    %r1 = pipe.await %d1 : !pipe.pending<!acc>
    // expected-error @+2 {{the accumulator of a product in flight has another use}}
    // expected-note @+1 {{the product is started here}}
    %d2 = pipe.dot %t, %t, %r1 {indexing_maps = [#mk, #nk, #mn]}
        : !shared, !shared, !acc -> !pipe.pending<!acc>
    // expected-error @+1 {{gives a slot away while a product that reads it may be in flight; await it before}}
    pipe.release %s0 : !pipe.slot<!shared, read>
    // expected-note @+1 {{it is used here}}
    %u = tile.map ins(%r1 : !acc) maps [#id] {
    ^bb0(%x: f32, %i: index, %j: index):
      tile.yield %x : f32
    } -> !acc
    %r2 = pipe.await %d2 : !pipe.pending<!acc>
  }
}

// -----

// Rule 4: rows stay in their group, tiles in their role.

!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
tile.kernel @rows() grid(%m) {
  %zero = arith.constant 0.0 : f32
  %z = tile.splat %zero : f32 -> !acc
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %y = tile.splat %zero : f32 -> !acc
    // expected-error @+1 {{folds axis 0, which the groups of the role divide between them}}
    %c = tile.reduce max %y axis 0 : !acc -> !tile.tile<64xf32, #pipe.slice<axis = 0, parent = <groups = 1>>>
    // expected-error @+1 {{uses a tile in registers that is not made in its role; hand it over through a ring}}
    %r = tile.reduce max %z axis 1 : !acc -> !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
  }
}

// -----

// Rule 4: no product over the rows of a tile in registers.

#km = affine_map<(m, n, k) -> (k, m)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!a = !tile.tile<64x64xbf16, #pipe.a_reg<groups = 1, bits = 16>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!ring = !pipe.ring<1 x !shared>
tile.kernel @over_rows(%x: memref<?x64xbf16>) grid(%m) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : bf16
  %xv = tile.view %x dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %s0, %xv[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!shared, read>
    %t = pipe.read %s0 : !pipe.slot<!shared, read>
    %z = tile.splat %zero : f32 -> !acc
    %a = tile.splat %one : bf16 -> !a
    // expected-error @+1 {{contracts axis 0 of a tile in registers, which the groups of the role divide between them}}
    %d = pipe.dot %a, %t, %z {indexing_maps = [#km, #kn, #mn]}
        : !a, !shared, !acc -> !pipe.pending<!acc>
    %r = pipe.await %d : !pipe.pending<!acc>
    pipe.release %s0 : !pipe.slot<!shared, read>
  }
}

// -----

// Rule 5: one end advances once more than the other; with a loop, by its count.

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<2 x !shared>
tile.kernel @uneven(%a: memref<?x64xbf16>) grid(%m) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %a, %c0 : memref<?x64xbf16>
  %av = tile.view %a dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  // expected-error @+1 {{the ends of this ring cannot be shown to advance equally often}}
  %ring = pipe.ring readers(1) : !ring
  // The same in both roles: the loop on one side is peeled on the other.
  %good = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %s0, %av[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
    %q0 = pipe.start %good : !ring
    %q = scf.for %i = %c0 to %n step %c1 iter_args(%c = %q0) -> (!pipe.cursor) {
      %s, %next = pipe.acquire %good[%c] : !ring -> !pipe.slot<!shared, write>
      pipe.fill %s, %av[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
      scf.yield %next : !pipe.cursor
    }
  }
  // expected-note @+2 {{it is filled 1 times}}
  // expected-note @+1 {{it is taken 2 times}}
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!shared, read>
    pipe.release %s0 : !pipe.slot<!shared, read>
    %s1, %p2 = pipe.take %ring[%p1] : !ring -> !pipe.slot<!shared, read>
    pipe.release %s1 : !pipe.slot<!shared, read>
    %q0 = pipe.start %good : !ring
    %some = arith.cmpi slt, %c0, %n : index
    %q = scf.if %some -> (!pipe.cursor) {
      %s2, %q1 = pipe.take %good[%q0] : !ring -> !pipe.slot<!shared, read>
      pipe.release %s2 : !pipe.slot<!shared, read>
      %rest = arith.subi %n, %c1 : index
      %q2 = scf.for %i = %c0 to %rest step %c1 iter_args(%c = %q1) -> (!pipe.cursor) {
        %s, %next = pipe.take %good[%c] : !ring -> !pipe.slot<!shared, read>
        pipe.release %s : !pipe.slot<!shared, read>
        scf.yield %next : !pipe.cursor
      }
      scf.yield %q2 : !pipe.cursor
    } else {
      scf.yield %q0 : !pipe.cursor
    }
  }
}

// -----

// Rule 6: registers.

// expected-error @+1 {{the roles need 95232 registers, a block of 512 threads has 65536; lower a role's registers}}
tile.kernel @registers() grid(%m) {
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
  }
  pipe.role math groups(3) registers(240) {
  ^bb0(%g: index):
  }
}

// -----

// Rule 6: shared memory.

// expected-error @+1 {{the rings and buffers need 262272 bytes of shared memory, a multiprocessor has 232448; use fewer or smaller slots}}
tile.kernel @shared_memory() grid(%m) {
  %ring = pipe.ring readers(1) : !pipe.ring<8 x !tile.tile<128x128xbf16, #pipe.smem<swizzle = 128>>>
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
  }
}

// -----

// Rule 7: turns.

tile.kernel @turns_of_one_group() grid(%m) {
  // expected-error @+1 {{one group takes turns with no other}}
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %turn = pipe.wait_turn
    pipe.pass_turn %turn
  }
}

// -----

tile.kernel @unequal_turns() grid(%m) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{the groups cannot be shown to take equally many turns: how many depends on the group's number}}
  pipe.role math groups(2) registers(240) {
  ^bb0(%g: index):
    %first = arith.cmpi eq, %g, %c0 : index
    scf.if %first {
      %turn = pipe.wait_turn
      pipe.pass_turn %turn
    }
  }
}

// -----

tile.kernel @kept_turn() grid(%m) {
  pipe.role math groups(2) registers(240) {
  ^bb0(%g: index):
    // expected-error @+1 {{a value of type '!pipe.turn' is consumed 0 times; it has to be consumed exactly once on each path}}
    %turn = pipe.wait_turn
  }
}

// -----

// Rule 6: named barriers. Groups that take turns have two each.

// expected-error @+1 {{the roles need 17 named barriers, a block has 16; use fewer groups}}
tile.kernel @barriers() grid(%m) {
  pipe.role math groups(4) registers(32) {
  ^bb0(%g: index):
    %t = pipe.wait_turn
    pipe.pass_turn %t
  }
  pipe.role math groups(4) registers(32) {
  ^bb0(%g: index):
    %t = pipe.wait_turn
    pipe.pass_turn %t
  }
}

// -----

// Rule 2: a result stored through a slot that a product in flight reads.

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!out = !tile.tile<64x64xbf16, #pipe.acc<groups = 1>>
!ring = !pipe.ring<1 x !shared>
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
tile.kernel @overwrites(%a: memref<?x64xbf16>) grid(%m) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : bf16
  %av = tile.view %a dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %s0, %av[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!shared, read>
    %t = pipe.read %s0 : !pipe.slot<!shared, read>
    %z = tile.splat %zero : f32 -> !acc
    %h = tile.splat %half : bf16 -> !out
    // expected-note @+1 {{the product is started here}}
    %d = pipe.dot %t, %t, %z {indexing_maps = [#mk, #nk, #mn]}
        : !shared, !shared, !acc -> !pipe.pending<!acc>
    // expected-error @+1 {{overwrites a slot while a product that reads it may be in flight; await it before}}
    pipe.store %h, %s0, %av[%c0, %c0] : !out, !pipe.slot<!shared, read>, !tile.view<?x64xbf16>
    %r = pipe.await %d : !pipe.pending<!acc>
    pipe.release %s0 : !pipe.slot<!shared, read>
  }
}

// -----

// Rule 2: threads that read a slot after it was given back.

!stored = !tile.tile<128xf32, #pipe.smem<swizzle = 0>>
!ring = !pipe.ring<2 x !stored>
tile.kernel @late(%x: f32) grid(%m) {
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!stored, write>
    %t = tile.map ins() maps [] {
    ^bb0(%e: index):
      tile.yield %x : f32
    } -> !tile.tile<128xf32, #pipe.lanes>
    pipe.put %t, %s0 : !tile.tile<128xf32, #pipe.lanes>, !pipe.slot<!stored, write>
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!stored, read>
    %t = pipe.read %s0 : !pipe.slot<!stored, read>
    // expected-note @+1 {{its life ends here}}
    pipe.release %s0 : !pipe.slot<!stored, read>
    %b = tile.map ins() maps [] {
    ^bb0(%i: index, %j: index):
      // expected-error @+1 {{reads a slot that was given away or overwritten before}}
      %y = tile.extract %t[%i] : !stored
      tile.yield %y : f32
    } -> !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
  }
}
