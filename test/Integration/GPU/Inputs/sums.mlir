// Sums of probabilities over the queries; ../sums.py has their meaning.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Of an attention in the same call, with shared keys and lengths.
!q = tensor<?x?x?x64xbf16>
!l = tensor<?x?x?xf32>
func.func @causal(%q: !q, %k: !q, %v: !q, %n: tensor<?xi32>, %o: !q, %l: !l, %r: !l) -> (!q, !l, !l) {
  %a, %lse = attn.attention ins(%q : !q) dense(%k, %v : !q, !q) lengths(%n : tensor<?xi32>)
      outs(%o, %l : !q, !l)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  %s = attn.score_reduce column_sum ins(%q : !q) dense(%k : !q) lengths(%n : tensor<?xi32>)
      lse(%lse : !l) outs(%r : !l)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %a, %lse, %s : !q, !l, !l
}

// The first queries have no key.
!w = tensor<?x?x?x128xf16>
func.func @window(%q: !w, %k: !w, %v: !w, %slopes: tensor<?xf32>, %o: !w, %l: !l, %r: !l) -> (!w, !l, !l) {
  %a, %lse = attn.attention ins(%q : !w) dense(%k, %v : !w, !w) outs(%o, %l : !w, !l)
      score(%s, %b, %h, %i, %j, %t = %slopes : tensor<?xf32>) {
        %m = tensor.extract %t[%h] : tensor<?xf32>
        %d = arith.subi %j, %i : index
        %n = arith.index_cast %d : index to i32
        %f = arith.sitofp %n : i32 to f32
        %y = math.fma %f, %m, %s : f32
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %n = arith.constant 50 : index
        %m = arith.constant 200 : index
        %d = arith.subi %i, %j : index
        %c = arith.cmpi sge, %d, %n : index
        %e = arith.cmpi slt, %d, %m : index
        %x = arith.andi %c, %e : i1
        attn.yield %x : i1
      }
  %s = attn.score_reduce column_sum ins(%q : !w) dense(%k : !w) lse(%lse : !l) outs(%r : !l)
      score(%s, %b, %h, %i, %j, %t = %slopes : tensor<?xf32>) {
        %m = tensor.extract %t[%h] : tensor<?xf32>
        %d = arith.subi %j, %i : index
        %n = arith.index_cast %d : index to i32
        %f = arith.sitofp %n : i32 to f32
        %y = math.fma %f, %m, %s : f32
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %n = arith.constant 50 : index
        %m = arith.constant 200 : index
        %d = arith.subi %i, %j : index
        %c = arith.cmpi sge, %d, %n : index
        %e = arith.cmpi slt, %d, %m : index
        %x = arith.andi %c, %e : i1
        attn.yield %x : i1
      }
  return %a, %lse, %s : !w, !l, !l
}

!p = tensor<?x?x64xbf16>
!m = tensor<?x?xf32>
!n = tensor<?xi32>
func.func @packed(%q: !p, %k: !p, %v: !p, %qo: !n, %ko: !n, %o: !p, %l: !m, %r: !m) -> (!p, !m, !m) {
  %a, %lse = attn.attention ins(%q : !p) packed(%k, %v : !p, !p) offsets(%qo, %ko : !n, !n)
      outs(%o, %l : !p, !m)
  %s = attn.score_reduce column_sum ins(%q : !p) packed(%k : !p) offsets(%qo, %ko : !n, !n)
      lse(%lse : !m) outs(%r : !m)
  return %a, %lse, %s : !p, !m, !m
}

// Sequences that have fewer keys than they store.
func.func @lengths(%q: !p, %k: !p, %v: !p, %qo: !n, %ko: !n, %c: !n, %o: !p, %l: !m, %r: !m) -> (!p, !m, !m) {
  %a, %lse = attn.attention ins(%q : !p) packed(%k, %v : !p, !p) offsets(%qo, %ko : !n, !n) lengths(%c : !n)
      outs(%o, %l : !p, !m)
  %s = attn.score_reduce column_sum ins(%q : !p) packed(%k : !p) offsets(%qo, %ko : !n, !n) lengths(%c : !n)
      lse(%lse : !m) outs(%r : !m)
  return %a, %lse, %s : !p, !m, !m
}

// Packed queries beside keys of each sequence.
func.func @ragged(%q: !p, %k: !q, %v: !q, %qo: !n, %c: !n, %o: !p, %l: !m, %r: !l) -> (!p, !m, !l) {
  %a, %lse = attn.attention ins(%q : !p) dense(%k, %v : !q, !q) offsets(%qo : !n) lengths(%c : !n)
      outs(%o, %l : !p, !m)
  %s = attn.score_reduce column_sum ins(%q : !p) dense(%k : !q) offsets(%qo : !n) lengths(%c : !n)
      lse(%lse : !m) outs(%r : !l)
  return %a, %lse, %s : !p, !m, !l
}

// A listed walk, whose partial tiles are causal.
!rows = tensor<1x1x?x4xi32>
func.func @listed(%q: !q, %k: !q, %v: !q, %w: !rows, %t: !n, %o: !q, %l: !l, %r: !l) -> (!q, !l, !l) {
  %a, %lse = attn.attention ins(%q : !q) dense(%k, %v : !q, !q) walk<128, 128>(%w, %t : !rows, !n)
      outs(%o, %l : !q, !l)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  %s = attn.score_reduce column_sum ins(%q : !q) dense(%k : !q) lse(%lse : !l)
      walk<128, 128>(%w, %t : !rows, !n) outs(%r : !l)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %a, %lse, %s : !q, !l, !l
}

// Keys in pages, then new ones.
func.func @paged(%q: !q, %p: tensor<?x?x16x64xbf16>, %v: tensor<?x?x16x64xbf16>, %t: tensor<?x?xi32>,
    %n: tensor<?xi32>, %k: !q, %u: !q, %o: !q, %l: !l, %r: !l) -> (!q, !l, !l) {
  %a, %lse = attn.attention ins(%q : !q)
      paged<16>(%p, %v : tensor<?x?x16x64xbf16>, tensor<?x?x16x64xbf16>) table(%t : tensor<?x?xi32>) lengths(%n : tensor<?xi32>)
      dense(%k, %u : !q, !q) outs(%o, %l : !q, !l)
  %s = attn.score_reduce column_sum ins(%q : !q)
      paged<16>(%p : tensor<?x?x16x64xbf16>) table(%t : tensor<?x?xi32>) lengths(%n : tensor<?xi32>)
      dense(%k : !q) lse(%lse : !l) outs(%r : !l)
  return %a, %lse, %s : !q, !l, !l
}
