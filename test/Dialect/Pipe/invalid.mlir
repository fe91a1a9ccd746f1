// RUN: fovea-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{the roles need 68608 registers, a block of 384 threads has 64512; lower consumer_regs or groups}}
module attributes {test.s = #pipe.schedule<query_tile = 128, key_tile = 128, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 256>} {}

// -----

// All registers of the chip would do, but 384 threads are not launched with them.
// expected-error @+1 {{the roles need 65536 registers, a block of 384 threads has 64512; lower consumer_regs or groups}}
module attributes {test.s = #pipe.schedule<query_tile = 128, key_tile = 128, stages = 2, groups = 2, producer_regs = 32, consumer_regs = 240>} {}

// -----

// Four warpgroups and two get every register.
module attributes {test.s = #pipe.schedule<query_tile = 192, key_tile = 128, stages = 2, groups = 3, producer_regs = 32, consumer_regs = 160>} {}
module attributes {test.s = #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2, groups = 1, producer_regs = 256, consumer_regs = 256>} {}

// -----

// expected-error @+1 {{tiles of 64 channels need 294912 bytes of shared memory, a multiprocessor has 232448; lower stages or key_tile}}
module attributes {test.s = #pipe.schedule<query_tile = 128, key_tile = 256, stages = 4, groups = 2, producer_regs = 24, consumer_regs = 240>} {}

// -----

// expected-error @+1 {{query_tile is 64 rows for each of the 2 groups, 128, got 64}}
module attributes {test.s = #pipe.schedule<query_tile = 64, key_tile = 128, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240>} {}

// -----

// expected-error @+1 {{key_tile is a multiple of 16 up to 256, got 100}}
module attributes {test.s = #pipe.schedule<query_tile = 128, key_tile = 100, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240>} {}

// -----

// expected-error @+1 {{stages is from 1 to 8, got 0}}
module attributes {test.s = #pipe.schedule<query_tile = 128, key_tile = 128, stages = 0, groups = 2, producer_regs = 24, consumer_regs = 240>} {}

// -----

// expected-error @+1 {{groups is from 1 to 3, got 4}}
module attributes {test.s = #pipe.schedule<query_tile = 256, key_tile = 128, stages = 2, groups = 4, producer_regs = 24, consumer_regs = 120>} {}

// -----

// expected-error @+1 {{producer_regs and consumer_regs are multiples of 8 from 24 to 256, got 20}}
module attributes {test.s = #pipe.schedule<query_tile = 128, key_tile = 128, stages = 2, groups = 2, producer_regs = 20, consumer_regs = 240>} {}

// -----

// expected-error @+1 {{split_to is from 0 to 1024, got 1025}}
module attributes {test.s = #pipe.schedule<query_tile = 128, key_tile = 128, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240, split_to = 1025>} {}

// -----

// expected-error @+1 {{a fragment of 2 groups has 128 rows and a multiple of 8 columns}}
func.func private @f(!tile.tile<64x64xf32, #pipe.acc<groups = 2>>)

// -----

// expected-error @+1 {{a fragment of 2 groups has 128 rows and a multiple of 16 columns}}
func.func private @f(!tile.tile<128x24xbf16, #pipe.a_reg<groups = 2, bits = 16>>)

// -----

// expected-error @+1 {{a slice of rows has one axis of 128 elements}}
func.func private @f(!tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 2>>>)

// -----

// expected-error @+1 {{swizzle is 128, or 0 for a tile of one axis, got 64}}
func.func private @f(!tile.tile<64x64xbf16, #pipe.smem<swizzle = 64>>)

// -----

// expected-error @+1 {{a tile in shared memory has the layout #pipe.smem, got '!tile.tile<64x64xbf16>'}}
func.func private @f(!pipe.ring<2 x !tile.tile<64x64xbf16>>)

// -----

// expected-error @+1 {{a tile in shared memory has a multiple of 8 rows and of 8 columns}}
func.func private @f(!pipe.ring<2 x !tile.tile<64x76xbf16, #pipe.smem<swizzle = 128>>>)

// -----

// expected-error @+1 {{a ring has at least one slot, got 0}}
func.func private @f(!pipe.ring<0 x !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>>)

// -----

tile.kernel @k() grid(%m) {
  // expected-error @+1 {{a load role has one group, got 2}}
  pipe.role load groups(2) registers(24) {
  ^bb0(%g: index):
  }
}

// -----

tile.kernel @k() grid(%m) {
  // expected-error @+1 {{the body has one argument, the group's number (index)}}
  pipe.role math groups(2) registers(240) {
  }
}

// -----

tile.kernel @k() grid(%m) {
  // expected-error @+1 {{registers is a multiple of 8 from 24 to 256, got 260}}
  pipe.role math groups(2) registers(260) {
  ^bb0(%g: index):
  }
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!other = !tile.tile<128x64xbf16, #pipe.smem<swizzle = 128>>
func.func @f(%r: !pipe.ring<2 x !shared>, %c: !pipe.cursor) {
  // expected-error @+1 {{the slot holds '!tile.tile<128x64xbf16, #pipe.smem<swizzle = 128>>', not the ring's}}
  %s, %n = pipe.take %r[%c] : !pipe.ring<2 x !shared> -> !pipe.slot<!other, read>
  return
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
func.func @f(%r: !pipe.ring<2 x !shared>, %c: !pipe.cursor) {
  // expected-error @+1 {{the slot is one to write}}
  %s, %n = pipe.acquire %r[%c] : !pipe.ring<2 x !shared> -> !pipe.slot<!shared, read>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
func.func @f(%a: !shared, %b: !acc, %c: !acc) {
  // expected-error @+1 {{b has the layout #pipe.smem, got}}
  %d = pipe.dot %a, %b, %c {indexing_maps = [#mk, #nk, #mn]}
      : !shared, !acc, !acc -> !pipe.pending<!acc>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!wide = !tile.tile<64x128xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
func.func @f(%a: !shared, %b: !wide, %c: !acc) {
  // expected-error @+1 {{axis 1 of '!tile.tile<64x128xbf16, #pipe.smem<swizzle = 128>>' should have 64 elements}}
  %d = pipe.dot %a, %b, %c {indexing_maps = [#mk, #nk, #mn]}
      : !shared, !wide, !acc -> !pipe.pending<!acc>
  return
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
func.func @f(%t: !acc, %b: !pipe.buffer<!shared>, %v: !tile.view<?x64xf32>, %i: index) {
  // expected-error @+1 {{does not fit the buffer}}
  pipe.store %t, %b, %v[%i, %i] : !acc, !pipe.buffer<!shared>, !tile.view<?x64xf32>
  return
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<2 x !shared>
tile.kernel @k() grid(%m) {
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %c = pipe.start %ring : !ring
    // expected-error @+1 {{belongs into a math role, not into a load role}}
    %s, %n = pipe.take %ring[%c] : !ring -> !pipe.slot<!shared, read>
  }
}

// -----

tile.kernel @k() grid(%m) {
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    // expected-error @+1 {{expects parent op 'tile.kernel'}}
    %ring = pipe.ring readers(1) : !pipe.ring<2 x !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>>
  }
}

// -----

func.func @f() {
  // expected-error @+1 {{stands in the block of a tile.kernel}}
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
  }
  return
}

// -----

// expected-error @+1 {{groups is from 1 to 7, got 8}}
module attributes {test.s = #pipe.acc<groups = 8>} {}

// -----

// expected-error @+1 {{bits is 8 or 16, got 32}}
module attributes {test.s = #pipe.a_reg<groups = 2, bits = 32>} {}

// -----

// expected-error @+1 {{turns needs overlap and at least 2 groups}}
module attributes {test.s = #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240, turns = true>} {}

// -----

// expected-error @+1 {{skip with turns needs at least 2 stages}}
module attributes {test.s = #pipe.schedule<query_tile = 128, key_tile = 64, stages = 1, groups = 2, producer_regs = 24, consumer_regs = 240, turns = true, skip = true>} {}

// -----

// expected-error @+1 {{skip needs at least 2 groups}}
module attributes {test.s = #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240, skip = true>} {}

// -----

// expected-error @+1 {{axis is 0 or 1, got 2}}
func.func private @f(!tile.tile<64xf32, #pipe.slice<axis = 2, parent = <groups = 1>>>)

// -----

// expected-error @+1 {{a slice of columns has one axis of a multiple of 8 elements}}
func.func private @f(!tile.tile<12xf32, #pipe.slice<axis = 0, parent = <groups = 1>>>)

// -----

// expected-error @+1 {{elements in shared memory are whole bytes, got 'i4'}}
func.func private @f(!pipe.ring<2 x !tile.tile<64x64xi4, #pipe.smem<swizzle = 128>>>)

// -----

// expected-error @+1 {{a tile in shared memory has a multiple of 8 rows and of 8 columns, got '!tile.tile<4x64xbf16, #pipe.smem<swizzle = 128>>'}}
func.func private @f(!pipe.buffer<!tile.tile<4x64xbf16, #pipe.smem<swizzle = 128>>>)

// -----

tile.kernel @k() grid(%m) {
  // expected-error @+1 {{a ring has at least one reader, got 0}}
  %ring = pipe.ring readers(0) : !pipe.ring<2 x !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
func.func @f(%a: !shared, %c: !acc) {
  // expected-error @+1 {{indexing map 1 is no permutation of two of (m, n, k) that fits: affine_map<(d0, d1, d2) -> (d0, d2)>}}
  %d = pipe.dot %a, %a, %c {indexing_maps = [#mk, #mk, #mn]}
      : !shared, !shared, !acc -> !pipe.pending<!acc>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!wide = !tile.tile<64x128xf32, #pipe.acc<groups = 1>>
func.func @f(%a: !shared, %c: !acc) {
  // expected-error @+1 {{the product has the accumulator's type '!tile.tile<64x64xf32, #pipe.acc<groups = 1>>'}}
  %d = pipe.dot %a, %a, %c {indexing_maps = [#mk, #nk, #mn]}
      : !shared, !shared, !acc -> !pipe.pending<!wide>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!bare = !tile.tile<64x64xf32>
func.func @f(%a: !shared, %c: !bare) {
  // expected-error @+1 {{the accumulator has the layout #pipe.acc, got '!tile.tile<64x64xf32>'}}
  %d = pipe.dot %a, %a, %c {indexing_maps = [#mk, #nk, #mn]}
      : !shared, !shared, !bare -> !pipe.pending<!bare>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!bare = !tile.tile<64x64xbf16>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
func.func @f(%a: !bare, %b: !shared, %c: !acc) {
  // expected-error @+1 {{a has the layout #pipe.smem or #pipe.a_reg, got '!tile.tile<64x64xbf16>'}}
  %d = pipe.dot %a, %b, %c {indexing_maps = [#mk, #nk, #mn]}
      : !bare, !shared, !acc -> !pipe.pending<!acc>
  return
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!tall = !tile.tile<128x64xbf16, #pipe.acc<groups = 2>>
func.func @f(%t: !tall, %b: !pipe.buffer<!shared>, %v: !tile.view<?x64xbf16>, %i: index) {
  // expected-error @+1 {{the tile '!tile.tile<128x64xbf16, #pipe.acc<groups = 2>>' does not fit the buffer of '!tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>'}}
  pipe.store %t, %b, %v[%i, %i] : !tall, !pipe.buffer<!shared>, !tile.view<?x64xbf16>
  return
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!bare = !tile.tile<64x64xbf16>
func.func @f(%t: !bare, %b: !pipe.buffer<!shared>, %v: !tile.view<?x64xbf16>, %i: index) {
  // expected-error @+1 {{the tile has the layout #pipe.acc, got '!tile.tile<64x64xbf16>'}}
  pipe.store %t, %b, %v[%i, %i] : !bare, !pipe.buffer<!shared>, !tile.view<?x64xbf16>
  return
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
tile.kernel @k(%n: index) grid(%m) {
  %ring = pipe.ring readers(1) : !pipe.ring<2 x !shared>
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !pipe.ring<2 x !shared>
    %s0, %p1 = pipe.acquire %ring[%p0] : !pipe.ring<2 x !shared> -> !pipe.slot<!shared, write>
    // expected-error @+1 {{belongs into a math role, not into a load role}}
    pipe.clear %s0 from %n : !pipe.slot<!shared, write>
  }
}

// -----

!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!row = !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>

tile.kernel @f(%x: f32) grid(%m) {
  %buffer = pipe.buffer : <<64x64xf32, #pipe.smem<swizzle = 128>>>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %o = tile.splat %x : f32 -> !acc
    %l = tile.splat %x : f32 -> !row
    // expected-error @+1 {{needs a buffer of '!tile.tile<64x96xf32, #pipe.smem<swizzle = 128>>', got '!tile.tile<64x64xf32, #pipe.smem<swizzle = 128>>'}}
    %s:4 = pipe.combine %o, %l, %l part %m of %m rows %m unit 1.0 through %buffer
        : !acc, !row, !pipe.buffer<<64x64xf32, #pipe.smem<swizzle = 128>>>
  }
}

// -----

!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>

tile.kernel @f(%x: f32) grid(%m) {
  %buffer = pipe.buffer : <<64x96xf32, #pipe.smem<swizzle = 128>>>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %o = tile.splat %x : f32 -> !acc
    // expected-error @+1 {{takes a tile in #pipe.acc and one element for each row in #pipe.slice, got '!tile.tile<64x64xf32, #pipe.acc<groups = 1>>' and '!tile.tile<64x64xf32, #pipe.acc<groups = 1>>'}}
    %s:4 = pipe.combine %o, %o, %o part %m of %m rows %m unit 1.0 through %buffer
        : !acc, !acc, !pipe.buffer<<64x96xf32, #pipe.smem<swizzle = 128>>>
  }
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!wide = !tile.tile<64x72xbf16, #pipe.acc<groups = 1>>
func.func @f(%t: !wide, %s: !pipe.slot<!shared, read>, %v: !tile.view<?x72xbf16>, %i: index) {
  // expected-error @+1 {{the tile '!tile.tile<64x72xbf16, #pipe.acc<groups = 1>>' does not fit into the slot of '!tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>'}}
  pipe.store %t, %s, %v[%i, %i] : !wide, !pipe.slot<!shared, read>, !tile.view<?x72xbf16>
  return
}

// -----

!acc = !tile.tile<64x64xbf16, #pipe.acc<groups = 1>>
!row = !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>

tile.kernel @f(%x: f32, %y: bf16) grid(%m) {
  %buffer = pipe.buffer : <<64x96xf32, #pipe.smem<swizzle = 128>>>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %o = tile.splat %y : bf16 -> !acc
    %l = tile.splat %x : f32 -> !row
    // expected-error @+1 {{combines f32 tiles of a multiple of 8 columns, got '!tile.tile<64x64xbf16, #pipe.acc<groups = 1>>' and '!tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>'}}
    %s:4 = pipe.combine %o, %l, %l part %m of %m rows %m unit 1.0 through %buffer
        : !acc, !row, !pipe.buffer<<64x96xf32, #pipe.smem<swizzle = 128>>>
  }
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xbf16, #pipe.acc<groups = 1>>
func.func @f(%t: !acc, %s: !pipe.slot<!shared, write>, %v: !tile.view<?x64xbf16>, %i: index) {
  // expected-error @+1 {{the slot is one to read}}
  pipe.store %t, %s, %v[%i, %i] : !acc, !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  return
}

// -----

// expected-error @+1 {{a tile of one axis in shared memory has swizzle 0, one of two axes 128, got '!tile.tile<64xf32, #pipe.smem<swizzle = 128>>'}}
func.func private @f(!pipe.ring<1 x !tile.tile<64xf32, #pipe.smem<swizzle = 128>>>)

// -----

// expected-error @+1 {{a tile of one axis in shared memory has swizzle 0, one of two axes 128, got '!tile.tile<64x64xbf16, #pipe.smem<swizzle = 0>>'}}
func.func private @f(!pipe.ring<1 x !tile.tile<64x64xbf16, #pipe.smem<swizzle = 0>>>)

// -----

// expected-error @+1 {{a tile over the lanes of a warp has one axis of a multiple of 32 elements}}
func.func private @f(!tile.tile<40xf32, #pipe.lanes>)

// -----

!stored = !tile.tile<64xf32, #pipe.smem<swizzle = 0>>
func.func @f(%t: !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>, %s: !pipe.slot<!stored, write>) {
  // expected-error @+1 {{the tile has the layout #pipe.lanes, got '!tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>'}}
  pipe.put %t, %s : !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>, !pipe.slot<!stored, write>
  return
}

// -----

!stored = !tile.tile<64xf32, #pipe.smem<swizzle = 0>>
func.func @f(%t: !tile.tile<96xf32, #pipe.lanes>, %s: !pipe.slot<!stored, write>) {
  // expected-error @+1 {{the tile '!tile.tile<96xf32, #pipe.lanes>' is not one of the slot's, '!tile.tile<64xf32, #pipe.smem<swizzle = 0>>'}}
  pipe.put %t, %s : !tile.tile<96xf32, #pipe.lanes>, !pipe.slot<!stored, write>
  return
}
