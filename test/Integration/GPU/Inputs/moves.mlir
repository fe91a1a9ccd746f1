// Tokens moved by permutations and back by their inverses; ../moves.py has their meaning.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Of each head its own, around an attention whose mask goes by places.
!t = tensor<?x?x?x64xbf16>
func.func @around(%q: !t, %k: !t, %v: !t, %p: tensor<?x?xi32>, %mq: !t, %mk: !t, %mv: !t,
    %o: !t, %r: !t) -> !t {
  %0 = attn.reorder by(%p : tensor<?x?xi32>) axes [1, 2] ins(%q : !t) outs(%mq : !t) -> !t
  %1 = attn.reorder by(%p : tensor<?x?xi32>) axes [1, 2] ins(%k : !t) outs(%mk : !t) -> !t
  %2 = attn.reorder by(%p : tensor<?x?xi32>) axes [1, 2] ins(%v : !t) outs(%mv : !t) -> !t
  %3 = attn.attention ins(%0 : !t) dense(%1, %2 : !t, !t) outs(%o : !t)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  %4 = attn.reorder inverse by(%p : tensor<?x?xi32>) axes [1, 2] ins(%3 : !t) outs(%r : !t) -> !t
  return %4 : !t
}

// Rows that are no multiple of 16 bytes, and one permutation for all.
!f = tensor<?x?x?x5xf32>
func.func @back(%x: !f, %p: tensor<?xi64>, %r: !f) -> !f {
  %0 = attn.reorder inverse by(%p : tensor<?xi64>) axes [2] ins(%x : !f) outs(%r : !f) -> !f
  return %0 : !f
}
