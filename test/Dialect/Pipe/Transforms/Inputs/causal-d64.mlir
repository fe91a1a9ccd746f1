// A causal mask, three groups that take turns and skip tiles.
!t = tensor<?x?x?x64xbf16>
func.func @attention(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j) {
        %visible = arith.cmpi sle, %j, %i : index
        attn.yield %visible : i1
      } attributes {schedule = #pipe.schedule<query_tile = 192, key_tile = 128, stages = 2, groups = 3,
                                              producer_regs = 32, consumer_regs = 160, turns = true,
                                              persistent = true, last_first = true, skip = true>}
  return %r : !t
}
