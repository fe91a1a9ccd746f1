// The schedules of expected sizes, and of functions of scores, simulated.
// RUN: fovea-opt %s --attn-select-schedule=target=cuda --fovea-cuda-tile-stage --pipe-mask-ragged --pipe-assign-layouts --pipe-stage-diagonals --pipe-specialize --pipe-skip-tiles --pipe-pipeline --canonicalize --pipe-take-turns --pipe-split-walk --canonicalize --cse --pipe-verify --pipe-simulate="interleavings=4" | FileCheck %s

// CHECK: tile.kernel @long_attention{{.*}}key_tile = 176
// CHECK: tile.kernel @short_attention{{.*}}key_tile = 64, {{.*}}skip = true
// CHECK: tile.kernel @soft_cap_attention{{.*}}key_tile = 64, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240, persistent = true
// CHECK: tile.kernel @ranges_attention{{.*}}key_tile = 32, {{.*}}overlap = false
// CHECK: tile.kernel @function_attention{{.*}}key_tile = 16, {{.*}}overlap = false

!t = tensor<?x?x?x128xbf16>
!w = tensor<?x?x?x256xbf16>
func.func @long(%q: !t, %k: !t, %v: !t, %n: tensor<?xi32>, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) lengths(%n : tensor<?xi32>) outs(%o : !t)
      attributes {attn.sizes = #attn.sizes<keys = [8192, ?]>}
  return %r : !t
}

func.func @short(%q: !w, %k: !w, %v: !w, %o: !w) -> !w {
  %r = attn.attention ins(%q : !w) dense(%k, %v : !w, !w) outs(%o : !w)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
      attributes {attn.sizes = #attn.sizes<queries = [1, 1024]>}
  return %r : !w
}

func.func @soft_cap(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      score(%s, %b, %h, %i, %j) {
        %t = math.tanh %s : f32
        attn.yield %t : f32
      }
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
      attributes {numerics = #attn.numerics<math = approximate>}
  return %r : !t
}

func.func @ranges(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      score(%s, %b, %h, %i, %j) {
        %t = math.erf %s : f32
        attn.yield %t : f32
      }
  return %r : !t
}

func.func @function(%q: !w, %k: !w, %v: !w, %o: !w) -> !w {
  %r = attn.attention ins(%q : !w) dense(%k, %v : !w, !w) outs(%o : !w)
      score(%s, %b, %h, %i, %j) {
        %a = math.absf %s : f32
        %t = math.log1p %a : f32
        %u = math.expm1 %t : f32
        attn.yield %u : f32
      }
  return %r : !w
}
