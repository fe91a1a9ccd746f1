// Products of bf16 in the tile registers of AMX: how keys and values lie in memory
// decides what is copied, sizes what is left to vectors. A CPU without AMX, and Linux
// where it does not give the registers, refuse the code.
//
// RUN: %if amx %{ fovea-run %s --check --all-entries --random 1 --target cpu:amx | FileCheck %s %}
// RUN: %if amx %{ fovea-run %s --check --all-entries --random 1 --target cpu:amx --dims S=64,T=31 | FileCheck %s %}
// RUN: %if amx %{ fovea-run %s --check --all-entries --random 1 --target cpu:amx --dims S=1,T=1 | FileCheck %s %}
// RUN: %if !amx %{ not fovea-run %s --entry causal --target cpu:amx 2>&1 | FileCheck %s --check-prefix=NONE %}
// RUN: fovea-run %s --check --all-entries --random 1 | FileCheck %s
// CHECK: causal {{.*}} ok
// CHECK: grouped {{.*}} ok
// CHECK: odd {{.*}} ok
// CHECK: keys_last {{.*}} ok
// CHECK: heads_inside {{.*}} ok
// CHECK: pages {{.*}} ok
// CHECK: few {{.*}} ok
// NONE: error: this CPU does not have '{{.*}}'; choose another --target to run here

module attributes {fovea.dims = {S = 203, T = 333}} {
  func.func @causal(
      %q: tensor<1x2x?x64xbf16> {fovea.dims = ["", "", "S", ""]},
      %k: tensor<1x2x?x64xbf16> {fovea.dims = ["", "", "S", ""]},
      %v: tensor<1x2x?x64xbf16> {fovea.dims = ["", "", "S", ""]},
      %o: tensor<1x2x?x64xbf16> {fovea.dims = ["", "", "S", ""]}) -> tensor<1x2x?x64xbf16> {
    %r = attn.attention ins(%q : tensor<1x2x?x64xbf16>)
        dense(%k, %v : tensor<1x2x?x64xbf16>, tensor<1x2x?x64xbf16>)
        outs(%o : tensor<1x2x?x64xbf16>)
        mask(%b, %h, %i, %j) {
          %visible = arith.cmpi sle, %j, %i : index
          attn.yield %visible : i1
        }
    return %r : tensor<1x2x?x64xbf16>
  }

  // Static sizes, heads that share keys, a result of f32.
  func.func @grouped(%q: tensor<1x4x128x128xbf16>, %k: tensor<1x2x256x128xbf16>,
      %v: tensor<1x2x256x128xbf16>, %o: tensor<1x4x128x128xf32>) -> tensor<1x4x128x128xf32> {
    %r = attn.attention ins(%q : tensor<1x4x128x128xbf16>)
        dense(%k, %v : tensor<1x2x256x128xbf16>, tensor<1x2x256x128xbf16>)
        outs(%o : tensor<1x4x128x128xf32>)
    return %r : tensor<1x4x128x128xf32>
  }

  // Three steps of 24 channels; 40 are two blocks of 16 and eight; scores.
  func.func @odd(
      %q: tensor<1x2x77x72xbf16>,
      %k: tensor<1x2x?x72xbf16> {fovea.dims = ["", "", "T", ""]},
      %v: tensor<1x2x?x40xbf16> {fovea.dims = ["", "", "T", ""]},
      %o: tensor<1x2x77x40xbf16>) -> tensor<1x2x77x40xbf16> {
    %r = attn.attention ins(%q : tensor<1x2x77x72xbf16>)
        dense(%k, %v : tensor<1x2x?x72xbf16>, tensor<1x2x?x40xbf16>)
        outs(%o : tensor<1x2x77x40xbf16>)
        score(%s, %b, %h, %i, %j) {
          %x = math.tanh %s : f32
          attn.yield %x : f32
        }
    return %r : tensor<1x2x77x40xbf16>
  }

  // Pairs of keys lie beside each other in values, but those of channels in no keys:
  // values are read where they are, and keys copied.
  func.func @keys_last(
      %q: tensor<1x2x90x64xbf16>,
      %k: tensor<1x2x64x?xbf16> {fovea.dims = ["", "", "", "T"]},
      %v: tensor<1x2x64x?xbf16> {fovea.dims = ["", "", "", "T"]},
      %o: tensor<1x2x90x64xbf16>) -> tensor<1x2x90x64xbf16> {
    %r = attn.attention ins(%q : tensor<1x2x90x64xbf16>)
        dense(%k, %v : tensor<1x2x64x?xbf16>, tensor<1x2x64x?xbf16>)
        outs(%o : tensor<1x2x90x64xbf16>)
        attributes {indexing_maps = [
          affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>,
          affine_map<(b, h, i, j, d, e) -> (b, h, d, j)>,
          affine_map<(b, h, i, j, d, e) -> (b, h, e, j)>,
          affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>]}
    return %r : tensor<1x2x90x64xbf16>
  }

  // Rows further apart than their elements.
  func.func @heads_inside(
      %q: tensor<2x?x3x32xbf16> {fovea.dims = ["", "S", "", ""]},
      %k: tensor<2x?x3x32xbf16> {fovea.dims = ["", "T", "", ""]},
      %v: tensor<2x?x3x48xbf16> {fovea.dims = ["", "T", "", ""]},
      %o: tensor<2x?x3x48xbf16> {fovea.dims = ["", "S", "", ""]}) -> tensor<2x?x3x48xbf16> {
    %r = attn.attention ins(%q : tensor<2x?x3x32xbf16>)
        dense(%k, %v : tensor<2x?x3x32xbf16>, tensor<2x?x3x48xbf16>)
        outs(%o : tensor<2x?x3x48xbf16>)
        attributes {indexing_maps = [
          affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
          affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
          affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
          affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>]}
    return %r : tensor<2x?x3x48xbf16>
  }

  // Pages of whole tiles, and of less, which are copied; keys of this step.
  func.func @pages(
      %q: tensor<2x2x70x32xbf16>, %k16: tensor<9x2x16x32xbf16>,
      %t16: tensor<2x4xi32> {fovea.low = 0 : i64, fovea.high = 8 : i64},
      %k8: tensor<9x2x8x32xbf16>,
      %t8: tensor<2x5xi32> {fovea.low = 0 : i64, fovea.high = 8 : i64},
      %k: tensor<2x2x45x32xbf16>, %o: tensor<2x2x70x32xbf16>) -> tensor<2x2x70x32xbf16> {
    %r = attn.attention ins(%q : tensor<2x2x70x32xbf16>)
        paged<16>(%k16, %k16 : tensor<9x2x16x32xbf16>, tensor<9x2x16x32xbf16>) table(%t16 : tensor<2x4xi32>)
        paged<8>(%k8, %k8 : tensor<9x2x8x32xbf16>, tensor<9x2x8x32xbf16>) table(%t8 : tensor<2x5xi32>)
        dense(%k, %k : tensor<2x2x45x32xbf16>, tensor<2x2x45x32xbf16>)
        outs(%o : tensor<2x2x70x32xbf16>)
    return %r : tensor<2x2x70x32xbf16>
  }

  // One vector of queries; the keys are divided.
  func.func @few(
      %q: tensor<1x2x13x64xbf16>,
      %k: tensor<1x2x?x64xbf16> {fovea.dims = ["", "", "T", ""]},
      %o: tensor<1x2x13x64xbf16>) -> tensor<1x2x13x64xbf16> {
    %r = attn.attention ins(%q : tensor<1x2x13x64xbf16>)
        dense(%k, %k : tensor<1x2x?x64xbf16>, tensor<1x2x?x64xbf16>)
        outs(%o : tensor<1x2x13x64xbf16>)
    return %r : tensor<1x2x13x64xbf16>
  }
}
