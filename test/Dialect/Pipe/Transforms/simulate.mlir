// RUN: fovea-opt %s --pipe-simulate --split-input-file --verify-diagnostics

// The loading role fills the second tile of keys before the first one of values:
// with one slot for keys it waits for ever. Both ends of each ring advance equally
// often, so pipe-verify has nothing to say.

// DOC-BEGIN: pipe-simulate --pipe-simulate
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<1 x !shared>
// expected-error @+1 {{no role of this kernel can go on}}
tile.kernel @order(%a: memref<?x64xbf16>) grid(%m) {
  %c0 = arith.constant 0 : index
  %view = tile.view %a dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %keys = pipe.ring readers(1) : !ring
  %values = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %k0 = pipe.start %keys : !ring
    %v0 = pipe.start %values : !ring
    %first, %k1 = pipe.acquire %keys[%k0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %first, %view[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
    // expected-note @+1 {{group 0 of the load role waits here for tile 1 of a ring}}
    %second, %k2 = pipe.acquire %keys[%k1] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %second, %view[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
    %third, %v1 = pipe.acquire %values[%v0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %third, %view[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %k0 = pipe.start %keys : !ring
    %v0 = pipe.start %values : !ring
    %first, %k1 = pipe.take %keys[%k0] : !ring -> !pipe.slot<!shared, read>
    // expected-note @+1 {{group 0 of the math role waits here for tile 0 of a ring}}
    %third, %v1 = pipe.take %values[%v0] : !ring -> !pipe.slot<!shared, read>
    pipe.release %first : !pipe.slot<!shared, read>
    pipe.release %third : !pipe.slot<!shared, read>
    %second, %k2 = pipe.take %keys[%k1] : !ring -> !pipe.slot<!shared, read>
    pipe.release %second : !pipe.slot<!shared, read>
  }
}
// DOC-END

// -----

// Two groups read a ring that counts one reader. After two turns each group has
// taken the tile; group 1 holds it until the gate opens.

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<1 x !shared>
tile.kernel @readers(%a: memref<?x64xbf16>) grid(%m) {
  %c0 = arith.constant 0 : index
  %view = tile.view %a dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %keys = pipe.ring readers(1) : !ring
  %gate = pipe.ring readers(2) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %k0 = pipe.start %keys : !ring
    %g0 = pipe.start %gate : !ring
    %first, %k1 = pipe.acquire %keys[%k0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %first, %view[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
    %second, %k2 = pipe.acquire %keys[%k1] : !ring -> !pipe.slot<!shared, write>
    // expected-error @+1 {{overwrites a slot that is in use: it holds tile 0 of the ring}}
    pipe.fill %second, %view[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
    %third, %g1 = pipe.acquire %gate[%g0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %third, %view[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  }
  pipe.role math groups(2) registers(240) {
  ^bb0(%g: index):
    %isFirst = arith.cmpi eq, %g, %c0 : index
    %k0 = pipe.start %keys : !ring
    %g0 = pipe.start %gate : !ring
    %slot, %k1 = pipe.take %keys[%k0] : !ring -> !pipe.slot<!shared, read>
    %turn1 = pipe.wait_turn
    pipe.pass_turn %turn1
    %turn2 = pipe.wait_turn
    pipe.pass_turn %turn2
    scf.if %isFirst {
      pipe.release %slot : !pipe.slot<!shared, read>
    }
    %open, %g1 = pipe.take %gate[%g0] : !ring -> !pipe.slot<!shared, read>
    pipe.release %open : !pipe.slot<!shared, read>
    scf.if %isFirst {
    } else {
      pipe.release %slot : !pipe.slot<!shared, read>
    }
  }
}

// -----

// A product reads a tile whose slot was given back.

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!ring = !pipe.ring<1 x !shared>
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
tile.kernel @late(%a: memref<?x64xbf16>) grid(%m) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %view = tile.view %a dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %keys = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %k0 = pipe.start %keys : !ring
    %slot, %k1 = pipe.acquire %keys[%k0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %slot, %view[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %k0 = pipe.start %keys : !ring
    %slot, %k1 = pipe.take %keys[%k0] : !ring -> !pipe.slot<!shared, read>
    %t = pipe.read %slot : !pipe.slot<!shared, read>
    pipe.release %slot : !pipe.slot<!shared, read>
    %z = tile.splat %zero : f32 -> !acc
    // expected-error @+1 {{uses tile 0 of a ring where it is not: its slot was given back}}
    %d = pipe.dot %t, %t, %z {indexing_maps = [#mk, #nk, #mn]}
        : !shared, !shared, !acc -> !pipe.pending<!acc>
    %r = pipe.await %d : !pipe.pending<!acc>
  }
}

// -----

// A slot is given back while a product reads it.

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!ring = !pipe.ring<1 x !shared>
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
tile.kernel @early(%a: memref<?x64xbf16>) grid(%m) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %view = tile.view %a dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %keys = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %k0 = pipe.start %keys : !ring
    %slot, %k1 = pipe.acquire %keys[%k0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %slot, %view[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %k0 = pipe.start %keys : !ring
    %slot, %k1 = pipe.take %keys[%k0] : !ring -> !pipe.slot<!shared, read>
    %t = pipe.read %slot : !pipe.slot<!shared, read>
    %z = tile.splat %zero : f32 -> !acc
    // expected-note @+1 {{it is started here}}
    %d = pipe.dot %t, %t, %z {indexing_maps = [#mk, #nk, #mn]}
        : !shared, !shared, !acc -> !pipe.pending<!acc>
    // expected-error @+1 {{ends the life of a tile that a product in flight reads}}
    pipe.release %slot : !pipe.slot<!shared, read>
    %r = pipe.await %d : !pipe.pending<!acc>
  }
}

// -----

// The second work item of a persistent kernel starts where the first one did: its
// queries are asked for at a position that the ring has passed.

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<1 x !shared>
tile.kernel @items(%a: memref<?x64xbf16>) grid(%m) attributes {schedule =
    #pipe.schedule<query_tile = 64, key_tile = 64, stages = 1, groups = 1,
                   producer_regs = 24, consumer_regs = 240, persistent = true>} {
  %c0 = arith.constant 0 : index
  %view = tile.view %a dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %queries = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %q0 = pipe.start %queries : !ring
    %slot, %q1 = pipe.acquire %queries[%q0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %slot, %view[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
    pipe.end %q1
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %q0 = pipe.start %queries : !ring
    // expected-error @+1 {{uses tile 0 of a ring where it is not: its slot waits for tile 1}}
    %slot, %q1 = pipe.take %queries[%q0] : !ring -> !pipe.slot<!shared, read>
    pipe.release %slot : !pipe.slot<!shared, read>
    pipe.end %q0
  }
}

// -----

// A group that takes fewer turns than the other leaves it waiting.

// expected-error @+1 {{no role of this kernel can go on}}
tile.kernel @turns() grid(%m) {
  %c0 = arith.constant 0 : index
  // expected-note @+1 {{group 0 of the math role waits here}}
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

// How often the loop runs is not known without data.

tile.kernel @data(%a: memref<?xf32>) grid(%m) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %x = memref.load %a[%c0] : memref<?xf32>
  %n = arith.fptosi %x : f32 to i32
  %end = arith.index_cast %n : i32 to index
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    // expected-error @+1 {{depends on a value that the simulation does not know}}
    scf.for %i = %c0 to %end step %c1 {
    }
  }
}

// -----

// A strip that is read after it was given back, once the second one may be there.

!stored = !tile.tile<128xf32, #pipe.smem<swizzle = 0>>
!ring = !pipe.ring<1 x !stored>
tile.kernel @strips(%x: f32) grid(%m) {
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %t = tile.map ins() maps [] {
    ^bb0(%e: index):
      tile.yield %x : f32
    } -> !tile.tile<128xf32, #pipe.lanes>
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!stored, write>
    pipe.put %t, %s0 : !tile.tile<128xf32, #pipe.lanes>, !pipe.slot<!stored, write>
    %s1, %p2 = pipe.acquire %ring[%p1] : !ring -> !pipe.slot<!stored, write>
    pipe.put %t, %s1 : !tile.tile<128xf32, #pipe.lanes>, !pipe.slot<!stored, write>
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!stored, read>
    %t = pipe.read %s0 : !pipe.slot<!stored, read>
    pipe.release %s0 : !pipe.slot<!stored, read>
    // expected-error @+1 {{uses tile 0 of a ring where it is not: its slot was given back}}
    %b = tile.map ins() maps [] {
    ^bb0(%i: index, %j: index):
      %y = tile.extract %t[%i] : !stored
      tile.yield %y : f32
    } -> !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
    %s1, %p2 = pipe.take %ring[%p1] : !ring -> !pipe.slot<!stored, read>
    pipe.release %s1 : !pipe.slot<!stored, read>
  }
}
