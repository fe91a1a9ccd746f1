// Decoding of sequences with a common prefix: its keys are read once, and the parts
// merged; and the same with a copy of the prefix for each sequence.
!q = tensor<?x32x1x128xbf16>
!p = tensor<8x?x128xbf16>
!k = tensor<?x8x?x128xbf16>
!l = tensor<?x32x1xf32>
#mq = affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>
#mk = affine_map<(b, h, i, j, d, e) -> (h, j, d)>
#mv = affine_map<(b, h, i, j, d, e) -> (h, j, e)>
#mo = affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>
#ml = affine_map<(b, h, i, j, d, e) -> (b, h, i)>
func.func @shared(%q: !q, %pk: !p, %pv: !p, %k: !k, %v: !k, %o1: !q, %o2: !q, %l1: !l, %l2: !l, %o: !q) -> !q {
  %a:2 = attn.attention ins(%q : !q) dense(%pk, %pv : !p, !p) outs(%o1, %l1 : !q, !l)
      attributes {indexing_maps = [#mq, #mk, #mv, #mo, #ml]}
  %b:2 = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o2, %l2 : !q, !l)
  %r = attn.merge parts(%a#0, %b#0 : !q, !q) lse(%a#1, %b#1 : !l, !l) outs(%o : !q) -> !q
  return %r : !q
}
func.func @private(%q: !q, %k: !k, %v: !k, %o: !q) -> !q {
  %r = attn.attention ins(%q : !q) dense(%k, %v : !k, !k) outs(%o : !q)
  return %r : !q
}
