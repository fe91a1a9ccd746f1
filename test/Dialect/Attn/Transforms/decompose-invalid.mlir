// RUN: fovea-opt %s --attn-decompose --verify-diagnostics --split-input-file

func.func @segments(%q: tensor<2x8x1x64xf16>, %k: tensor<2x8x?x64xf16>,
                    %o: tensor<2x8x1x64xf16>) -> tensor<2x8x1x64xf16> {
  // expected-error @below {{'attn.attention' op with several segments has no decomposition yet}}
  %r = attn.attention ins(%q : tensor<2x8x1x64xf16>)
      dense(%k, %k : tensor<2x8x?x64xf16>, tensor<2x8x?x64xf16>)
      dense(%k, %k : tensor<2x8x?x64xf16>, tensor<2x8x?x64xf16>)
      outs(%o : tensor<2x8x1x64xf16>)
  return %r : tensor<2x8x1x64xf16>
}

// -----

func.func @packed(%q: tensor<8x?x64xf32>, %x: tensor<?xi32>,
                  %o: tensor<8x?x64xf32>) -> tensor<8x?x64xf32> {
  // expected-error @below {{'attn.attention' op with a packed segment has no decomposition yet}}
  %r = attn.attention ins(%q : tensor<8x?x64xf32>)
      packed(%q, %q : tensor<8x?x64xf32>, tensor<8x?x64xf32>)
        offsets(%x, %x : tensor<?xi32>, tensor<?xi32>)
      outs(%o : tensor<8x?x64xf32>)
  return %r : tensor<8x?x64xf32>
}

// -----

func.func @paged(%q: tensor<2x8x1x64xf32>, %k: tensor<?x8x16x64xf32>,
                 %t: tensor<2x?xi32>, %l: tensor<2x8x1xf32>,
                 %c: tensor<2x8x?xf32>) -> tensor<2x8x?xf32> {
  // expected-error @below {{'attn.score_reduce' op with a paged segment has no decomposition yet}}
  %r = attn.score_reduce column_sum ins(%q : tensor<2x8x1x64xf32>)
      paged<16>(%k : tensor<?x8x16x64xf32>) table(%t : tensor<2x?xi32>)
      lse(%l : tensor<2x8x1xf32>) outs(%c : tensor<2x8x?xf32>)
  return %r : tensor<2x8x?xf32>
}

// -----

func.func @packed_queries(%q: tensor<8x?x64xf32>, %k: tensor<2x8x?x64xf32>, %x: tensor<3xi32>, %o: tensor<8x?x64xf32>)
    -> tensor<8x?x64xf32> {
  // expected-error @below {{'attn.attention' op with packed queries has no decomposition yet}}
  %r = attn.attention ins(%q : tensor<8x?x64xf32>)
      dense(%k, %k : tensor<2x8x?x64xf32>, tensor<2x8x?x64xf32>) offsets(%x : tensor<3xi32>)
      outs(%o : tensor<8x?x64xf32>)
  return %r : tensor<8x?x64xf32>
}

// -----

func.func @walk(%q: tensor<1x1x256x64xf32>, %r: tensor<1x1x4x4xi32>,
                %t: tensor<16xi32>) -> tensor<1x1x256x64xf32> {
  // expected-error @below {{'attn.attention' op with a walk has no decomposition yet}}
  %x = attn.attention ins(%q : tensor<1x1x256x64xf32>)
      dense(%q, %q : tensor<1x1x256x64xf32>, tensor<1x1x256x64xf32>)
      walk<64, 64>(%r, %t : tensor<1x1x4x4xi32>, tensor<16xi32>)
      outs(%q : tensor<1x1x256x64xf32>)
  return %x : tensor<1x1x256x64xf32>
}

// -----

func.func @closed_walk(%q: tensor<2x4x256x64xf32>, %k: tensor<2x4x256x64xf32>, %v: tensor<2x4x256x64xf32>, %o: tensor<2x4x256x64xf32>) -> tensor<2x4x256x64xf32> {
  // expected-error @below {{with a walk in closed form has no decomposition; run -attn-walk-to-mask first}}
  %r = attn.attention ins(%q : tensor<2x4x256x64xf32>)
      dense(%k, %v : tensor<2x4x256x64xf32>, tensor<2x4x256x64xf32>)
      outs(%o : tensor<2x4x256x64xf32>)
      attributes {walk = #attn.walk<queries = 64, keys = 64, ranges = (t) -> (t, t + 1)>}
  return %r : tensor<2x4x256x64xf32>
}
