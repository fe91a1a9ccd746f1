// RUN: fovea-opt %s --attn-offer-schedules | FileCheck %s
// RUN: not fovea-opt %S/Inputs/offered.mlir --attn-offer-schedules 2>&1 | FileCheck %s --check-prefix=WRONG
// RUN: fovea-compile %S/Inputs/offered.mlir --target=cuda --emit=ptx | FileCheck %s --check-prefix=OWN

// WRONG: error: 'attn.attention' op has 5 : i64 for attn.schedules, which is an array of #pipe.schedule attributes

// The compiler makes offers of its own alone.
// OWN: .entry attention_attention(
// OWN-NOT: .entry

// CHECK-LABEL: func.func @attention
// CHECK: %[[N:.*]] = tile.choose
// CHECK-NEXT: scf.index_switch %[[N]]
// CHECK-NEXT: case 1 {
// CHECK: attn.attention
// CHECK-NOT: attn.schedules
// CHECK: schedule = #pipe.schedule<query_tile = 128, key_tile = 64,
// CHECK: default {
// CHECK: attn.attention
// CHECK-NOT: attn.schedules
// CHECK: schedule = #pipe.schedule<query_tile = 128, key_tile = 128,
// DOC-BEGIN: attn-offer-schedules --attn-offer-schedules
#small = #pipe.schedule<query_tile = 128, key_tile = 64, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240>
#large = #pipe.schedule<query_tile = 128, key_tile = 128, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240>
!t = memref<?x?x?x128xbf16>
func.func @attention(%q: !t, %k: !t, %v: !t, %o: !t) {
  attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      attributes {schedule = #large, attn.schedules = [#small]}
  return
}
// DOC-SHOW: func.func @attention
// DOC-END

// What is offered for tensors waits for them to be memory.
// CHECK-LABEL: func.func @tensors
// CHECK-NOT: tile.choose
// CHECK: attn.schedules
!u = tensor<?x?x?x128xbf16>
func.func @tensors(%q: !u, %k: !u, %v: !u, %o: !u) -> !u {
  %r = attn.attention ins(%q : !u) dense(%k, %v : !u, !u) outs(%o : !u)
      attributes {schedule = #large, attn.schedules = [#small]}
  return %r : !u
}

// Moves of tokens to and from buffers of the op alone go with it.
// CHECK-LABEL: func.func @moved
// CHECK-NOT: attn.reorder
// CHECK: scf.index_switch
// CHECK: case 1 {
// CHECK: memref.alloc
// CHECK: attn.reorder order
// CHECK: attn.attention
// CHECK: memref.dealloc
// CHECK: default {
// CHECK: memref.alloc
// CHECK: attn.reorder order
// CHECK: attn.attention
// CHECK: memref.dealloc
func.func @moved(%q: memref<1x2x64x128xbf16>, %k: !t, %v: !t, %o: memref<1x2x64x128xbf16>) {
  %m = memref.alloc() : memref<1x2x64x128xbf16>
  attn.reorder order(<grid = [8, 8], q = [8, 8], kv = [8, 8]>) axes [2] ins(%q : memref<1x2x64x128xbf16>) outs(%m : memref<1x2x64x128xbf16>)
  attn.attention ins(%m : memref<1x2x64x128xbf16>) dense(%k, %v : !t, !t) outs(%o : memref<1x2x64x128xbf16>)
      attributes {schedule = #large, attn.schedules = [#small]}
  memref.dealloc %m : memref<1x2x64x128xbf16>
  return
}

// What moves may not pass where a buffer that they read is freed.
// CHECK-LABEL: func.func @freed
// CHECK-NOT: scf.index_switch
func.func @freed(%q: memref<1x2x64x128xbf16>, %k: !t, %v: !t, %o: memref<1x2x64x128xbf16>) {
  %x = memref.alloc() : memref<1x2x64x128xbf16>
  attn.attention ins(%q : memref<1x2x64x128xbf16>) dense(%k, %v : !t, !t) outs(%x : memref<1x2x64x128xbf16>) attributes {schedule = #large}
  %m = memref.alloc() : memref<1x2x64x128xbf16>
  attn.reorder order(<grid = [8, 8], q = [8, 8], kv = [8, 8]>) axes [2] ins(%x : memref<1x2x64x128xbf16>) outs(%m : memref<1x2x64x128xbf16>)
  memref.dealloc %x : memref<1x2x64x128xbf16>
  attn.attention ins(%m : memref<1x2x64x128xbf16>) dense(%k, %v : !t, !t) outs(%o : memref<1x2x64x128xbf16>)
      attributes {schedule = #large, attn.schedules = [#small]}
  memref.dealloc %m : memref<1x2x64x128xbf16>
  return
}
