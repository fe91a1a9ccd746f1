// Keys that are copied beside the kernel (-attn-append-factors), of which there may be
// none: the copy has strides of 0.
func.func @no_keys(%q: tensor<2x2x?x64xbf16> {fovea.dims = ["", "", "S", ""]},
    %k: tensor<2x2x?x64xbf16> {fovea.dims = ["", "", "T", ""]},
    %v: tensor<2x2x?x64xbf16> {fovea.dims = ["", "", "T", ""]},
    %f: tensor<1x2x1x1xf32>, %g: tensor<1x1x?x1xf32> {fovea.dims = ["", "", "T", ""]},
    %o: tensor<2x2x?x64xbf16> {fovea.dims = ["", "", "S", ""]}) -> tensor<2x2x?x64xbf16> {
  %r = attn.attention ins(%q : tensor<2x2x?x64xbf16>)
      dense(%k, %v : tensor<2x2x?x64xbf16>, tensor<2x2x?x64xbf16>)
      factors(%f, %g : tensor<1x2x1x1xf32>, tensor<1x1x?x1xf32>)
      outs(%o : tensor<2x2x?x64xbf16>)
  return %r : tensor<2x2x?x64xbf16>
}
