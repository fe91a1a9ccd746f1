// A window of 300 keys, three groups that take turns and skip tiles.
!t = tensor<?x?x?x64xbf16>
func.func @attention(%q: !t, %k: !t, %v: !t, %o: !t) -> !t {
  %r = attn.attention ins(%q : !t) dense(%k, %v : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j) {
        %width = arith.constant 300 : index
        %distance = arith.subi %i, %j : index
        %before = arith.cmpi sle, %j, %i : index
        %near = arith.cmpi slt, %distance, %width : index
        %visible = arith.andi %before, %near : i1
        attn.yield %visible : i1
      } attributes {schedule = #pipe.schedule<query_tile = 192, key_tile = 128, stages = 2, groups = 3,
                                              producer_regs = 32, consumer_regs = 160, turns = true,
                                              persistent = true, last_first = true, skip = true>}
  return %r : !t
}
