// RUN: fovea-opt %s --pipe-to-nvvm --split-input-file --verify-diagnostics

#id = affine_map<(i, j) -> (i, j)>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
tile.kernel @unknown_function(%f: f32) grid(%m) {
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !acc
    %t = tile.map ins(%s : !acc) maps [#id] {
    ^bb0(%x: f32, %i: index, %j: index):
      // expected-error @+1 {{'math.atan' is not supported in a map on this target; run pipe-expand-math before, which expands most functions of f16, bf16 and f32}}
      %z = math.atan %x : f32
      tile.yield %z : f32
    } -> !acc
  }
}

// -----

#id = affine_map<(i, j) -> (i, j)>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
tile.kernel @gather(%table: memref<16xf32, affine_map<(d) -> (d floordiv 2)>>, %f: f32) grid(%m) {
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !acc
    %t = tile.map ins(%s : !acc) maps [#id] {
    ^bb0(%x: f32, %i: index, %j: index):
      // expected-error @+1 {{needs a memref with strides, got 'memref<16xf32, affine_map<(d0) -> (d0 floordiv 2)>>'}}
      %z = tile.gather %table[%j] : memref<16xf32, affine_map<(d) -> (d floordiv 2)>>
      tile.yield %z : f32
    } -> !acc
  }
}

// -----

#tr = affine_map<(i, j) -> (j, i)>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
tile.kernel @transposed(%f: f32) grid(%m) {
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !acc
    // expected-error @+1 {{reads an operand transposed, which is not supported on this target}}
    %t = tile.map ins(%s : !acc) maps [#tr] {
    ^bb0(%x: f32, %i: index, %j: index):
      tile.yield %x : f32
    } -> !acc
  }
}

// -----

#id = affine_map<(i, j) -> (i, j)>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!bytes = !tile.tile<64x64xi8, #pipe.a_reg<groups = 1, bits = 8>>
tile.kernel @conversion(%f: f32) grid(%m) {
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !acc
    // expected-error @+1 {{the layout #pipe.a_reg<groups = 1, bits = 8> does not match its slice}}
    %t = tile.map ins(%s : !acc) maps [#id] {
    ^bb0(%x: f32, %i: index, %j: index):
      %z = arith.fptosi %x : f32 to i8
      tile.yield %z : i8
    } -> !bytes
  }
}

// -----

!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
tile.kernel @columns(%f: f32) grid(%m) {
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !acc
    // expected-error @+1 {{folds axis 0, whose elements lie in several warps}}
    %t = tile.reduce max %s axis 0 : !acc -> !tile.tile<64xf32, #pipe.slice<axis = 0, parent = <groups = 1>>>
  }
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
tile.kernel @limited(%a: memref<?x64xbf16>, %n: index, %f: bf16) grid(%m) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{a limit of a stored view that is not the extent of a parameter is not supported on this target}}
  %av = tile.view %a dims [0, 1] at [] limit %n : memref<?x64xbf16> -> !tile.view<?x64xbf16>
  %buffer = pipe.buffer : !pipe.buffer<!shared>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %t = tile.splat %f : bf16 -> !tile.tile<64x64xbf16, #pipe.acc<groups = 1>>
    pipe.store %t, %buffer, %av[%c0, %c0] : !tile.tile<64x64xbf16, #pipe.acc<groups = 1>>, !pipe.buffer<!shared>, !tile.view<?x64xbf16>
  }
}

// -----

tile.kernel @computed_memref(%a: memref<16xf32>) grid(%m) {
  %c0 = arith.constant 0 : index
  %b = memref.cast %a : memref<16xf32> to memref<?xf32>
  // expected-error @+1 {{needs a memref that is a parameter of the kernel}}
  %x = memref.load %b[%c0] : memref<?xf32>
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
  }
}

// -----

!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!ring = !pipe.ring<1 x !shared>
tile.kernel @stride(%a: memref<?x64xbf16, strided<[?, 2]>>) grid(%m) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{the copy engine needs a view of two axes, the last one contiguous, of a memref of up to 5 dimensions (beside those of size 1), got 'memref<?x64xbf16, strided<[?, 2]>>'}}
  %av = tile.view %a dims [0, 1] at [] : memref<?x64xbf16, strided<[?, 2]>> -> !tile.view<?x64xbf16>
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.acquire %ring[%p0] : !ring -> !pipe.slot<!shared, write>
    pipe.fill %s0, %av[%c0, %c0] : !pipe.slot<!shared, write>, !tile.view<?x64xbf16>
  }
}

// -----

// expected-error @+1 {{a grid has up to three coordinates on this target, got 4}}
tile.kernel @grid() grid(%b, %h, %m, %n) {
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
  }
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
!shared = !tile.tile<64x64xbf16, #pipe.smem<swizzle = 128>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
!ring = !pipe.ring<1 x !shared>
tile.kernel @across(%a: memref<?x64xbf16>, %c: i1) grid(%m) {
  %zero = arith.constant 0.0 : f32
  %ring = pipe.ring readers(1) : !ring
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %s0, %p1 = pipe.take %ring[%p0] : !ring -> !pipe.slot<!shared, read>
    %t = pipe.read %s0 : !pipe.slot<!shared, read>
    %z = tile.splat %zero : f32 -> !acc
    %d = pipe.dot %t, %t, %z {indexing_maps = [#mk, #nk, #mn]}
        : !shared, !shared, !acc -> !pipe.pending<!acc>
    scf.if %c {
      // expected-error @+1 {{a product is awaited in the block that starts it}}
      %r = pipe.await %d : !pipe.pending<!acc>
    } else {
      %r = pipe.await %d : !pipe.pending<!acc>
    }
    pipe.release %s0 : !pipe.slot<!shared, read>
  }
}

// -----

!strip = !tile.tile<64xf32, #pipe.lanes>
!stored = !tile.tile<64xf32, #pipe.smem<swizzle = 0>>
!ring = !pipe.ring<1 x !stored>
tile.kernel @elsewhere(%f: f32, %n: index) grid(%m) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %ring = pipe.ring readers(1) : !ring
  pipe.role load groups(1) registers(24) {
  ^bb0(%g: index):
    %p0 = pipe.start %ring : !ring
    %t = tile.map ins() maps [] {
    ^bb0(%e: index):
      tile.yield %f : f32
    } -> !strip
    scf.for %i = %c0 to %n step %c1 iter_args(%p = %p0) -> !pipe.cursor {
      %s, %next = pipe.acquire %ring[%p] : !ring -> !pipe.slot<!stored, write>
      // expected-error @+1 {{writes a tile that no tile.map beside it computes}}
      pipe.put %t, %s : !strip, !pipe.slot<!stored, write>
      scf.yield %next : !pipe.cursor
    }
  }
}

// -----

!rows = !tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>
!acc = !tile.tile<64x64xf32, #pipe.acc<groups = 1>>
tile.kernel @registers(%f: f32) grid(%m) {
  pipe.role math groups(1) registers(240) {
  ^bb0(%g: index):
    %s = tile.splat %f : f32 -> !rows
    %t = tile.map ins() maps [] {
    ^bb0(%i: index, %j: index):
      // expected-error @+1 {{takes a tile in shared memory on this target, got '!tile.tile<64xf32, #pipe.slice<axis = 1, parent = <groups = 1>>>'}}
      %x = tile.extract %s[%j] : !rows
      tile.yield %x : f32
    } -> !acc
  }
}
