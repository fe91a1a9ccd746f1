// A permutation of tokens for each head, and a list of blocks for each head; beside it
// the attention alone, and dense attention.
!t = tensor<1x?x17550x128xbf16>
!p = tensor<?x17550xi32>
!r = tensor<1x?x?x4xi32>
func.func @paro(%q: !t, %k: !t, %v: !t, %p: !p, %inverse: !p, %rows: !r, %tiles: tensor<?xi32>, %q1: !t, %k1: !t, %v1: !t, %o1: !t, %o: !t) -> !t {
  %a = attn.reorder by(%p : !p) axes [1, 2] ins(%q : !t) outs(%q1 : !t) -> !t
  %b = attn.reorder by(%p : !p) axes [1, 2] ins(%k : !t) outs(%k1 : !t) -> !t
  %c = attn.reorder by(%p : !p) axes [1, 2] ins(%v : !t) outs(%v1 : !t) -> !t
  %r = attn.attention ins(%a : !t) dense(%b, %c : !t, !t) walk<128, 128>(%rows, %tiles : !r, tensor<?xi32>) outs(%o1 : !t)
  %d = attn.reorder by(%inverse : !p) axes [1, 2] ins(%r : !t) outs(%o : !t) -> !t
  return %d : !t
}
func.func @dense(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
  return %r : !t
}
func.func @walk(%q: !t, %k: !t, %v: !t, %rows: !r, %tiles: tensor<?xi32>, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) walk<128, 128>(%rows, %tiles : !r, tensor<?xi32>) outs(%o : !t)
  return %r : !t
}
