// From the op to machine code: keys and values in pages, and packed sequences.
// REQUIRES: ptxas
// RUN: split-file %s %t
// RUN: fovea-compile %t/paged.mlir --target=cuda:sm_90a --emit=ptx -o %t/paged.ptx
// RUN: FileCheck %t/paged.mlir --input-file=%t/paged.ptx
// RUN: %ptxas -v -arch=sm_90a -O3 %t/paged.ptx -o %t/a.cubin 2>&1 | FileCheck %s --check-prefix=PTXAS --implicit-check-not="(C75"
// RUN: fovea-compile %t/packed.mlir --target=cuda:sm_90a --emit=ptx -o %t/packed.ptx
// RUN: FileCheck %t/packed.mlir --input-file=%t/packed.ptx
// RUN: %ptxas -v -arch=sm_90a -O3 %t/packed.ptx -o %t/b.cubin 2>&1 | FileCheck %s --check-prefix=PTXAS --implicit-check-not="(C75"
// RUN: fovea-compile %t/ragged.mlir --target=cuda:sm_90a --emit=ptx -o %t/ragged.ptx
// RUN: %ptxas -v -arch=sm_90a -O3 %t/ragged.ptx -o %t/c.cubin 2>&1 | FileCheck %s --check-prefix=PTXAS --implicit-check-not="(C75"

// PTXAS: 0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads

//--- paged.mlir
// A page number for each 16 rows of keys, read while the slot is waited for; then two
// copies (64 channels each) of those rows.
// CHECK-LABEL: .entry paged_attention(
// CHECK: mbarrier.arrive.expect_tx
// CHECK: cp.async.bulk.tensor.4d
// CHECK: cp.async.bulk.tensor.4d
// CHECK-COUNT-8: ld.global.nc
// CHECK-NOT: ld.global
// CHECK: mbarrier.try_wait
// CHECK: mbarrier.arrive.expect_tx
// CHECK-COUNT-16: cp.async.bulk.tensor.4d
// CHECK-NOT: ld.global
// CHECK: mbarrier.arrive.expect_tx
// CHECK-COUNT-16: cp.async.bulk.tensor.4d
!t = tensor<?x?x?x128xbf16>
!p = tensor<?x?x16x128xbf16>
func.func @paged(%q: !t, %k: !p, %v: !p, %t: tensor<?x?xi32>, %n: tensor<?xi32>, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) paged<16>(%k, %v : !p, !p) table(%t : tensor<?x?xi32>) lengths(%n : tensor<?xi32>)
      outs(%o : !t)
  return %r : !t
}

//--- packed.mlir
// The tile at the end of a sequence is stored by threads, others by the copy
// engine.
// CHECK-LABEL: .entry packed_attention(
// CHECK-DAG: st.global.v4
// CHECK-DAG: cp.async.bulk.tensor.3d.global.shared
!t = tensor<?x?x128xbf16>
func.func @packed(%q: !t, %k: !t, %v: !t, %qo: tensor<?xi32>, %ko: tensor<?xi32>, %o: !t, %l: tensor<?x?xf32>) -> (!t, tensor<?x?xf32>) {
  %r:2 = attn.attention ins(%q : !t) packed(%k, %v : !t, !t) offsets(%qo, %ko : tensor<?xi32>, tensor<?xi32>)
      outs(%o, %l : !t, tensor<?x?xf32>)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r#0, %r#1 : !t, tensor<?x?xf32>
}

//--- ragged.mlir
// Sequences with many queries and with one, on pages of 256 keys.
!t = tensor<?x?x128xbf16>
!p = tensor<?x?x256x128xbf16>
func.func @ragged(%q: !t, %k: !p, %v: !p, %qo: tensor<?xi32>, %t: tensor<?x?xi32>, %n: tensor<?xi32>, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t)
      paged<256>(%k, %v : !p, !p) offsets(%qo : tensor<?xi32>) table(%t : tensor<?x?xi32>) lengths(%n : tensor<?xi32>)
      outs(%o : !t)
  return %r : !t
}
