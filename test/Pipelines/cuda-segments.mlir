// On a GPU segments are attended to by a kernel each; what is beside them becomes loops on
// the device: where the second one begins in each sequence, and the merge.
//
// RUN: fovea-opt %s --fovea-cuda-tile-stage | FileCheck %s

// CHECK: tile.kernel @cache_attention(
// CHECK: tile.walk.ranges
// The mask of the second one knows where its keys begin, and bounds its walk.
// CHECK: tile.kernel @cache_attention_1(
// CHECK: tile.walk.ranges(%{{.*}}, %[[HIDDEN:.*]]) to(%[[HIDDEN]], %{{.*}}) {partial = array<i1: false, true>}
// CHECK: func.func @cache(
// CHECK-NOT: scf.parallel
// CHECK: tile.launch @cache_attention grid
// CHECK: %[[FIRST:.*]] = memref.alloc({{.*}} : memref<?xindex>
// CHECK: tile.launch @cache_loop grid({{.*}}, %[[FIRST]],
// CHECK: tile.launch @cache_attention_1 grid({{.*}}, %[[FIRST]] :
// CHECK: tile.launch @cache_loop_0 grid
// CHECK-NOT: tile.launch
// CHECK: return

!q = tensor<?x?x?x128xbf16>
!n = tensor<?x?x32x128xbf16>
func.func @cache(%q: !q, %k: !q, %v: !q, %n: tensor<?xi32>, %kn: !n, %vn: !n, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !q, !q) lengths(%n : tensor<?xi32>)
      dense(%kn, %vn : !n, !n) outs(%o : !q)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %r : !q
}
