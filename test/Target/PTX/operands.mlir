// From the op to machine code: what attn.attention takes besides queries, keys
// and values.
// REQUIRES: ptxas
// RUN: split-file %s %t
// RUN: fovea-compile %t/lse-sinks.mlir --target=cuda:sm_90a --emit=ptx -o %t/lse-sinks.ptx
// RUN: FileCheck %t/lse-sinks.mlir --input-file=%t/lse-sinks.ptx
// RUN: %ptxas -v -arch=sm_90a -O3 %t/lse-sinks.ptx -o %t/a.cubin 2>&1 | FileCheck %s --check-prefix=PTXAS --implicit-check-not="(C75"
// RUN: fovea-compile %t/lengths.mlir --target=cuda:sm_90a --emit=ptx -o %t/lengths.ptx
// RUN: FileCheck %t/lengths.mlir --input-file=%t/lengths.ptx
// RUN: %ptxas -v -arch=sm_90a -O3 %t/lengths.ptx -o %t/b.cubin 2>&1 | FileCheck %s --check-prefix=PTXAS --implicit-check-not="(C75"
// RUN: fovea-compile %t/lengths-d64.mlir --target=cuda:sm_90a --emit=ptx -o %t/lengths-d64.ptx
// RUN: %ptxas -v -arch=sm_90a -O3 %t/lengths-d64.ptx -o %t/c.cubin 2>&1 | FileCheck %s --check-prefix=PTXAS --implicit-check-not="(C75"
// RUN: fovea-compile %t/channels.mlir --target=cuda:sm_90a --emit=ptx -o %t/channels.ptx
// RUN: FileCheck %t/channels.mlir --input-file=%t/channels.ptx
// RUN: %ptxas -v -arch=sm_90a -O3 %t/channels.ptx -o %t/d.cubin 2>&1 | FileCheck %s --check-prefix=PTXAS --implicit-check-not="(C75"
// RUN: fovea-compile %t/f32.mlir --target=cuda:sm_90a --emit=ptx -o %t/f32.ptx
// RUN: FileCheck %t/f32.mlir --input-file=%t/f32.ptx
// RUN: %ptxas -v -arch=sm_90a -O3 %t/f32.ptx -o %t/e.cubin 2>&1 | FileCheck %s --check-prefix=PTXAS --implicit-check-not="(C75"

// PTXAS: 0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads

//--- lse-sinks.mlir
// CHECK: ld.global{{.*}}.nc{{.*}}32
// CHECK-COUNT-2: lg2.approx.ftz.f32
!t = tensor<?x?x?x128xbf16>
!l = tensor<?x?x?xf32>
func.func @lse_sinks(%q: !t, %k: !t, %v: !t, %s: tensor<?xf32>, %o: !t, %l: !l) -> (!t, !l) {
  %r:2 = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) sinks(%s : tensor<?xf32>)
      outs(%o, %l : !t, !l)
  return %r#0, %r#1 : !t, !l
}

//--- lengths.mlir
// Between the wait for the values' slot and the product that reads it.
// CHECK: mbarrier.try_wait.parity
// CHECK: st.shared.v4.b32
// CHECK: fence.proxy.async.shared::cta
// CHECK: bar{{.*}}sync
// CHECK: wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16
!t = tensor<?x?x?x128xbf16>
!l = tensor<?x?x?xf32>
func.func @lengths(%q: !t, %k: !t, %v: !t, %n: tensor<?xi32>, %o: !t, %l: !l) -> (!t, !l) {
  %r:2 = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) lengths(%n : tensor<?xi32>)
      outs(%o, %l : !t, !l)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r#0, %r#1 : !t, !l
}

//--- lengths-d64.mlir
!t = tensor<?x?x?x64xf16>
func.func @lengths(%q: !t, %k: !t, %v: !t, %n: tensor<?xindex>, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) lengths(%n : tensor<?xindex>)
      outs(%o : !t)
  return %r : !t
}

//--- channels.mlir
// Channels that are no multiple of 64: 5 steps of scores, 48 columns of results.
// CHECK-COUNT-5: wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16
// CHECK-NOT: m64n128k16
// CHECK: wgmma.mma_async.sync.aligned.m64n48k16.f32.bf16.bf16
!t = tensor<?x?x?x72xbf16>
!v = tensor<?x?x?x40xbf16>
func.func @channels(%q: !t, %k: !t, %v: !v, %o: !v) -> !v {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !v) outs(%o : !v)
  return %r : !v
}

//--- f32.mlir
// A result of f32 goes from registers to memory. Of a tile of 48 columns, the last 8 are
// left out.
// CHECK-NOT: cp.async.bulk.tensor{{.*}}global.shared
// CHECK: st.global.b32 [%[[ROW:.*]]],
// CHECK-NEXT: st.global.b32 [%[[ROW]]+4],
// CHECK-COUNT-8: st.global.b32 [%[[ROW]]+
// CHECK-NOT: st.global.b32 [%[[ROW]]
!q = tensor<?x?x?x72xbf16>
!v = tensor<?x?x?x40xbf16>
!o = tensor<?x?x?x40xf32>
func.func @f32(%q: !q, %k: !q, %v: !v, %o: !o) -> !o {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !q, !v) outs(%o : !o)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : !o
}
