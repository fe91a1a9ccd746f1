// Schedules that nobody can offer.
!t = tensor<?x?x?x128xbf16>
func.func @attention(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t) attributes {attn.schedules = 5}
  return %r : !t
}
