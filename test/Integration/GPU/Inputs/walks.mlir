// Walks that a call makes on the GPU and attends by; ../walks.py has their meaning.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

!t = tensor<1x?x?x64xbf16>
!rows = tensor<1x?x?x4xi32>
!list = tensor<?xi32>

func.func @blocks(%q: !t, %k: !t, %v: !t, %blocks: tensor<1x?x?x?xi1>, %rows: !rows,
                  %tiles: !list, %o: !t) -> !t {
  %r, %t = attn.walk.from_blocks ins(%blocks : tensor<1x?x?x?xi1>)
      outs(%rows, %tiles : !rows, !list) -> !rows, !list
  %a = attn.attention ins(%q : !t) dense(%k, %v : !t, !t)
      walk<128, 128>(%r, %t : !rows, !list) outs(%o : !t)
  return %a : !t
}

func.func @partial_blocks(%q: !t, %k: !t, %v: !t, %blocks: tensor<1x?x?x?xi1>,
                          %rows: !rows, %tiles: !list, %o: !t) -> !t {
  %r, %t = attn.walk.from_blocks partial ins(%blocks : tensor<1x?x?x?xi1>)
      outs(%rows, %tiles : !rows, !list) -> !rows, !list
  %a = attn.attention ins(%q : !t) dense(%k, %v : !t, !t)
      walk<128, 128>(%r, %t : !rows, !list) outs(%o : !t)
      mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1
      }
  return %a : !t
}

func.func @topk(%q: !t, %k: !t, %v: !t, %scores: tensor<1x?x?x?xf32>, %rows: !rows,
                %tiles: !list, %o: !t) -> !t {
  %r, %t = attn.walk.topk 3 ins(%scores : tensor<1x?x?x?xf32>)
      outs(%rows, %tiles : !rows, !list) -> !rows, !list
  %a = attn.attention ins(%q : !t) dense(%k, %v : !t, !t)
      walk<128, 128>(%r, %t : !rows, !list) outs(%o : !t)
  return %a : !t
}

func.func @threshold(%q: !t, %k: !t, %v: !t, %scores: tensor<1x?x?x?xf32>, %rows: !rows,
                     %tiles: !list, %o: !t) -> !t {
  %least = arith.constant 0.25 : f32
  %r, %t = attn.walk.threshold %least ins(%scores : tensor<1x?x?x?xf32>)
      outs(%rows, %tiles : !rows, !list) -> !rows, !list
  %a = attn.attention ins(%q : !t) dense(%k, %v : !t, !t)
      walk<128, 128>(%r, %t : !rows, !list) outs(%o : !t)
  return %a : !t
}

func.func @mask(%q: !t, %k: !t, %v: !t, %documents: tensor<?xi32>,
                %rows: tensor<1x1x?x4xi32>, %tiles: !list, %masks: tensor<?x128x4xi32>,
                %o: !t) -> !t {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %documents, %c0 : tensor<?xi32>
  %r, %t, %m = attn.walk.from_mask<128, 128> sizes(%n, %n)
      outs(%rows, %tiles, %masks
          : tensor<1x1x?x4xi32>, !list, tensor<?x128x4xi32>)
      mask(%b, %h, %i, %j, %d = %documents : tensor<?xi32>) {
        %x = tensor.extract %d[%i] : tensor<?xi32>
        %y = tensor.extract %d[%j] : tensor<?xi32>
        %same = arith.cmpi eq, %x, %y : i32
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.andi %same, %past : i1
        attn.yield %c : i1
      }
  %a = attn.attention ins(%q : !t) dense(%k, %v : !t, !t)
      walk<128, 128>(%r, %t, %m : tensor<1x1x?x4xi32>, !list, tensor<?x128x4xi32>)
      outs(%o : !t)
  return %a : !t
}
