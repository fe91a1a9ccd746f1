// What the emitter of kernels cannot express, beside maps (invalid.mlir).
// RUN: fovea-opt %s --pipe-to-nvvm --split-input-file --verify-diagnostics

// expected-error @+1 {{the roles have 9 warpgroups, a block has up to 8}}
tile.kernel @groups() grid(%m) {
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
  }
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
  }
  pipe.role math groups(7) registers(32) {
  ^bb0(%g: index):
  }
}

// -----

// expected-error @+1 {{needs 262160 bytes of shared memory, a multiprocessor has 232448}}
tile.kernel @memory() grid(%m) {
  %ring = pipe.ring readers(1) : !pipe.ring<1 x !tile.tile<256x512xbf16, #pipe.smem<swizzle = 128>>>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
  }
}

// -----

#schedule = #pipe.schedule<query_tile = 64, key_tile = 64, stages = 2, groups = 1, producer_regs = 24, consumer_regs = 240, persistent = true>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
tile.kernel @positions() grid(%m) attributes {schedule = #schedule} {
  %ring = pipe.ring readers(1) : !pipe.ring<2 x !shared>
  // expected-error @+1 {{a persistent kernel needs the positions of its 1 rings at the end of each role, got 0}}
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
  }
}

// -----

tile.kernel @extent(%a: memref<?x64xbf16>, %n: index) grid(%m) {
  // expected-error @+1 {{asks for the extent of a memref that is no parameter, or of a dimension that is not constant}}
  %d = memref.dim %a, %n : memref<?x64xbf16>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
  }
}

// -----

tile.kernel @dimension(%a: memref<?x64xbf16>) grid(%m) {
  %c5 = arith.constant 5 : index
  // expected-error @+1 {{the memref has no dimension 5}}
  %d = memref.dim %a, %c5 : memref<?x64xbf16>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
  }
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<1 x !shared>
tile.kernel @view(%v: index) grid(%m) {
  %c0 = arith.constant 0 : index
  %a = memref.alloc() : memref<64x64xbf16>
  // expected-error @+1 {{views a memref that is no parameter of the kernel}}
  %av = tile.view %a dims [0, 1] at [] : memref<64x64xbf16> -> !tile.view<64x64xbf16>
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %s0, %av[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<64x64xbf16>
  }
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<1 x !shared>
tile.kernel @chosen(%a: memref<64x64xbf16>, %b: memref<64x64xbf16>, %c: i1) grid(%m) {
  %c0 = arith.constant 0 : index
  %av = tile.view %a dims [0, 1] at [] : memref<64x64xbf16> -> !tile.view<64x64xbf16>
  %bv = tile.view %b dims [0, 1] at [] : memref<64x64xbf16> -> !tile.view<64x64xbf16>
  %v = arith.select %c, %av, %bv : !tile.view<64x64xbf16>
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    // expected-error @+1 {{the view has to be made by tile.view}}
    pipe.fill %s0, %v[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<64x64xbf16>
  }
}

// -----

!shared = !tile.tile<64x32xf32, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<1 x !shared>
tile.kernel @element(%a: memref<?x32xf32>) grid(%m) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{elements of copied tiles have 16 bits, got 'f32'}}
  %av = tile.view %a dims [0, 1] at [] : memref<?x32xf32> -> !tile.view<?x32xf32>
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %s0, %av[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x32xf32>
  }
}

// -----

!shared = !tile.tile<264x64xbf16, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<1 x !shared>
tile.kernel @rows(%a: memref<?x64xbf16>) grid(%m) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{a copied tile has up to 256 rows, got 264}}
  %av = tile.view %a dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %s0, %av[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  }
}

// -----

!acc = !tile.tile<64x64xf32>
tile.kernel @layout(%f: f32) grid(%m) {
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    // expected-error @+1 {{the tile '!tile.tile<64x64xf32>' has no layout in registers; run pipe-assign-layouts first}}
    %s = tile.splat %f : f32 -> !acc
  }
}

// -----

tile.kernel @type(%f: f32, %c: i1) grid(%m) {
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    // expected-error @+1 {{a value of type 'vector<4xf32>' cannot be lowered to NVVM}}
    %v = scf.if %c -> vector<4xf32> {
      %a = vector.broadcast %f : f32 to vector<4xf32>
      scf.yield %a : vector<4xf32>
    } else {
      %a = vector.broadcast %f : f32 to vector<4xf32>
      scf.yield %a : vector<4xf32>
    }
  }
}

// -----

tile.kernel @op(%f: f32, %c: i1) grid(%m) {
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    // expected-error @+1 {{'vector.broadcast' cannot be lowered to NVVM}}
    %a = vector.broadcast %f : f32 to vector<4xf32>
  }
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!ring = !pipe.ring<1 x !shared>
tile.kernel @in_flight(%c: i1) grid(%m) {
  %zero = arith.constant 0.0 : f32
  %ring = pipe.ring readers(1) : !ring
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!shared, read>
    %t = pipe.read %s0 : !pipe.slot<!shared, read>
    %z = tile.splat %zero : f32 -> !acc
    // expected-error @+1 {{a product in flight cannot be handed to a loop or a branch; await it before}}
    %d = scf.if %c -> !pipe.pending<!acc> {
      %x = pipe.dot %t, %t, %z {indexing_maps = [#mk, #nk, #mn]}
          : !shared, !shared, !acc -> !pipe.pending<!acc>
      scf.yield %x : !pipe.pending<!acc>
    } else {
      %x = pipe.dot %t, %t, %z {indexing_maps = [#mk, #nk, #mn]}
          : !shared, !shared, !acc -> !pipe.pending<!acc>
      scf.yield %x : !pipe.pending<!acc>
    }
    pipe.release %s0 : !pipe.slot<!shared, read>
  }
}

// -----

#id = affine_map<(i, j) -> (i, j)>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!a = !tile.tile<64x64xf32, #pipe.a_reg<groups = 1, bits = 8>>
tile.kernel @place(%f: f32) grid(%m) {
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !a
    // expected-error @+1 {{the operand '!tile.tile<64x64xf32, #pipe.a_reg<groups = 1, bits = 8>>' is not placed as the result '!tile.tile<64x64xf32, #pipe.acc<groups = 1>>' needs it}}
    %t = tile.map ins(%s : !a) maps [#id] {
    ^bb0(%x: f32, %i: index, %j: index):
      tile.yield %x : f32
    } -> !acc
  }
}

// -----

!acc = !tile.tile<64x64xbf16, #pipe.acc<groups = 1>>
tile.kernel @fold(%f: bf16) grid(%m) {
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : bf16 -> !acc
    // expected-error @+1 {{only f32 tiles are folded on this target, got '!tile.tile<64xbf16, #pipe.slice<axis = 1, parent = <groups = 1>>>'}}
    %t = tile.reduce max %s axis 1 : !acc -> !tile.tile<64xbf16, #pipe.slice<axis = 1, parent = <groups = 1>>>
  }
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xbf16, #pipe.acc<groups = 1>>
tile.kernel @only_role(%a: memref<?x64xbf16>, %f: bf16) grid(%m) {
  %c0 = arith.constant 0 : index
  %av = tile.view %a dims [0, 1] at [] : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %buffer = pipe.buffer : !pipe.buffer<!shared>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : bf16 -> !acc
    // expected-error @+1 {{a store belongs into a role after the loading one}}
    pipe.store %s, %buffer, %av[%c0, %c0] : !acc, !pipe.buffer<!shared>, !tile.view<?x64xbf16>
  }
}

// -----

!shared = !tile.tile<64x80xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x80xbf16, #pipe.acc<groups = 1>>
tile.kernel @part_of_the_columns(%a: memref<?x96xbf16>, %f: bf16) grid(%m) {
  %c0 = arith.constant 0 : index
  %av = tile.view %a dims [0, 1] at [] : memref<?x96xbf16> -> !tile.view<?x96xbf16>
  %buffer = pipe.buffer : !pipe.buffer<!shared>
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : bf16 -> !acc
    // expected-error @+1 {{stores a tile of 80 columns into a view of '!tile.view<?x96xbf16>'; it takes a multiple of 64, or all columns at once}}
    pipe.store %s, %buffer, %av[%c0, %c0] : !acc, !pipe.buffer<!shared>, !tile.view<?x96xbf16>
  }
}

// -----

!shared = !tile.tile<64x72xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x72xbf16, #pipe.acc<groups = 1>>
tile.kernel @odd_columns(%a: memref<?x72xbf16>, %f: bf16) grid(%m) {
  %c0 = arith.constant 0 : index
  %av = tile.view %a dims [0, 1] at [] : memref<?x72xbf16> -> !tile.view<?x72xbf16>
  %buffer = pipe.buffer : !pipe.buffer<!shared>
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : bf16 -> !acc
    // expected-error @+1 {{a stored tile has a multiple of 16 columns, got}}
    pipe.store %s, %buffer, %av[%c0, %c0] : !acc, !pipe.buffer<!shared>, !tile.view<?x72xbf16>
  }
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
!shared = !tile.tile<64x64xi16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!ring = !pipe.ring<1 x !shared>
tile.kernel @elements() grid(%m) {
  %zero = arith.constant 0.0 : f32
  %ring = pipe.ring readers(1) : !ring
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!shared, read>
    %t = pipe.read %s0 : !pipe.slot<!shared, read>
    %z = tile.splat %zero : f32 -> !acc
    // expected-error @+1 {{products are of bf16 or f16 into f32 on this target, got '!tile.tile<64x64xi16, #pipe.smem<swizzle = 128>>' by '!tile.tile<64x64xi16, #pipe.smem<swizzle = 128>>' into '!tile.tile<64x64xf32, #pipe.acc<groups = 1>>'}}
    %d = pipe.dot %t, %t, %z {indexing_maps = [#mk, #nk, #mn]}
        : !shared, !shared, !acc -> !pipe.pending<!acc>
  }
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#nm = affine_map<(m, n, k) -> (n, m)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!ring = !pipe.ring<1 x !shared>
tile.kernel @transposed() grid(%m) {
  %zero = arith.constant 0.0 : f32
  %ring = pipe.ring readers(1) : !ring
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!shared, read>
    %t = pipe.read %s0 : !pipe.slot<!shared, read>
    %z = tile.splat %zero : f32 -> !acc
    // expected-error @+1 {{the product has to be (m, n)}}
    %d = pipe.dot %t, %t, %z {indexing_maps = [#mk, #nk, #nm]}
        : !shared, !shared, !acc -> !pipe.pending<!acc>
  }
}

// -----

#km = affine_map<(m, n, k) -> (k, m)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
!a = !tile.tile<8x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!ring = !pipe.ring<1 x !a>
tile.kernel @depth() grid(%m) {
  %zero = arith.constant 0.0 : f32
  %ring = pipe.ring readers(1) : !ring
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!a, read>
    %t = pipe.read %s0 : !pipe.slot<!a, read>
    %z = tile.splat %zero : f32 -> !acc
    // expected-error @+1 {{a product has a multiple of 8 up to 256 columns and a depth that is a multiple of 16, got 64 and 8}}
    %d = pipe.dot %t, %t, %z {indexing_maps = [#km, #kn, #mn]}
        : !a, !a, !acc -> !pipe.pending<!acc>
  }
}

// -----

#km = affine_map<(m, n, k) -> (k, m)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!a = !tile.tile<64x64xbf16, #pipe.a_reg<groups = 1, bits = 16>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!ring = !pipe.ring<1 x !shared>
tile.kernel @registers(%f: bf16) grid(%m) {
  %zero = arith.constant 0.0 : f32
  %ring = pipe.ring readers(1) : !ring
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!shared, read>
    %t = pipe.read %s0 : !pipe.slot<!shared, read>
    %z = tile.splat %zero : f32 -> !acc
    %s = tile.splat %f : bf16 -> !a
    // expected-error @+1 {{a in registers has to be (m, k)}}
    %d = pipe.dot %s, %t, %z {indexing_maps = [#km, #kn, #mn]}
        : !a, !shared, !acc -> !pipe.pending<!acc>
  }
}

// -----

!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
tile.kernel @chosen_view(%a: memref<?x64xf32>, %b: memref<?x64xf32>, %f: f32, %c: i1) grid(%m) {
  %c0 = arith.constant 0 : index
  %av = tile.view %a dims [0, 1] at [] : memref<?x64xf32> -> !tile.view<?x64xf32>
  %bv = tile.view %b dims [0, 1] at [] : memref<?x64xf32> -> !tile.view<?x64xf32>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !acc
    %v = arith.select %c, %av, %bv : !tile.view<?x64xf32>
    // expected-error @+1 {{a store takes a view made by tile.view}}
    tile.store %s, %v[%c0, %c0] : !acc, !tile.view<?x64xf32>
  }
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<1 x !shared>
tile.kernel @pages(%a: memref<?x20x64xbf16>, %t: memref<?xi32>) grid(%m) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{has pages of 20 rows; on this target tiles are loaded from pages of a multiple of 8 rows, and not stored}}
  %av = tile.view %a dims [1, 2] at [] pages 20 along 0 of %t[] : memref<?x20x64xbf16>, memref<?xi32> -> !tile.view<?x64xbf16>
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %s0, %av[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  }
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<1 x !shared>
tile.kernel @between_pages(%a: memref<?x16x64xbf16>, %t: memref<?xi32>, %n: index) grid(%m) {
  %c0 = arith.constant 0 : index
  %av = tile.view %a dims [1, 2] at [] pages 16 along 0 of %t[] : memref<?x16x64xbf16>, memref<?xi32> -> !tile.view<?x64xbf16>
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    // expected-error @+1 {{fills from pages or boxes at an offset that is not known to be a multiple of 16}}
    pipe.fill %s0, %av[%n, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  }
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<1 x !shared>
tile.kernel @odd_boxes(%a: memref<30x40x64xbf16>, %n: index) grid(%m) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{has boxes that 64 rows are no part of; give boxes whose elements are a multiple or a divisor, and whose inner extents divide it}}
  %av = tile.view %a dims [0, 1, 2] at [] boxes [8, 12] : memref<30x40x64xbf16> -> !tile.view<1536x64xbf16>
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %s0, %av[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<1536x64xbf16>
  }
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xbf16, #pipe.acc<groups = 1>>
tile.kernel @small_boxes(%a: memref<32x32x64xbf16>, %f: bf16, %n: index) grid(%m) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{has boxes that 64 rows, which are stored at once, reach beyond}}
  %av = tile.view %a dims [0, 1, 2] at [] boxes [4, 8] : memref<32x32x64xbf16> -> !tile.view<1024x64xbf16>
  %buffer = pipe.buffer : !pipe.buffer<!shared>
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : bf16 -> !acc
    pipe.store %s, %buffer, %av[%c0, %c0] : !acc, !pipe.buffer<!shared>, !tile.view<1024x64xbf16>
  }
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xbf16, #pipe.acc<groups = 1>>
tile.kernel @between_boxes(%a: memref<32x32x64xbf16>, %f: bf16, %n: index) grid(%m) {
  %c0 = arith.constant 0 : index
  %av = tile.view %a dims [0, 1, 2] at [] boxes [8, 8] : memref<32x32x64xbf16> -> !tile.view<1024x64xbf16>
  %buffer = pipe.buffer : !pipe.buffer<!shared>
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
  }
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : bf16 -> !acc
    // expected-error @+1 {{stores into boxes at an offset that is not known to be a multiple of 64}}
    pipe.store %s, %buffer, %av[%n, %c0] : !acc, !pipe.buffer<!shared>, !tile.view<1024x64xbf16>
  }
}

// -----

!row = !tile.tile<64xf32, #pipe.slice<axis = 1, parent = #pipe.acc<groups = 1>>>
tile.kernel @rows_to_pages(%a: memref<?x16xf32>, %t: memref<?xi32>, %f: f32) grid(%m) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{has pages; on this target nothing is stored there}}
  %av = tile.view %a dims [1] at [] pages 16 along 0 of %t[] : memref<?x16xf32>, memref<?xi32> -> !tile.view<?xf32>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !row
    tile.store %s, %av[%c0] : !row, !tile.view<?xf32>
  }
}

// -----

!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!row = !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
tile.kernel @alone(%f: f32, %n: index) grid(%m) {
  %buffer = pipe.buffer : <<64x96xf32, #pipe.smem<swizzle = 128>>>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %o = tile.splat %f : f32 -> !acc
    %l = tile.splat %f : f32 -> !row
    // expected-error @+1 {{needs a schedule of the kernel that says with split_to how many work items there may be}}
    %s:4 = pipe.combine %o, %l, %l part %m of %n rows %n unit 1.0 through %buffer
        : !acc, !row, !pipe.buffer<<64x96xf32, #pipe.smem<swizzle = 128>>>
  }
}
