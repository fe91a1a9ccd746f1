// What is wrong with a permutation or the sizes of a move is said where it is met.
//
// RUN: not fovea-run %s --entry twice --check 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not fovea-run %s --entry sizes --dims A=5,P=4 --check 2>&1 | FileCheck %s --check-prefix=SIZES
// RUN: not fovea-run %s --entry places --dims A=5,B=1,C=1,P=5 --check 2>&1 | FileCheck %s --check-prefix=PLACES
// RUN: not fovea-run %s --entry places --dims A=5,B=2,C=1,P=6 --check 2>&1 | FileCheck %s --check-prefix=OTHERS
// TWICE: error: 'attn.reorder' op permutation has token 3 at place 2; it must hold each token once
// SIZES: error: 'attn.reorder' op permutation has 4 elements along dimension 0, but the input has 5 along 0
// PLACES: error: 'attn.reorder' op moves 5 tokens and 5 places, which the order does not have
// OTHERS: error: 'attn.reorder' op input and output have 2 and 1 elements along dimension 0

func.func @twice(%x: tensor<5xf32>, %y: tensor<5xf32>) -> tensor<5xf32> {
  %p = arith.constant dense<[3, 0, 3, 1, 2]> : tensor<5xi32>
  %0 = attn.reorder inverse by(%p : tensor<5xi32>)
      axes [0] ins(%x : tensor<5xf32>) outs(%y : tensor<5xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}
func.func @sizes(%x: tensor<?xf32> {fovea.dims = ["A"]}, %y: tensor<?xf32> {fovea.dims = ["A"]}, %p: tensor<?xi32> {fovea.dims = ["P"]}) -> tensor<?xf32> {
  %0 = attn.reorder by(%p : tensor<?xi32>)
      axes [0] ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
func.func @places(%x: tensor<?x?xf32> {fovea.dims = ["B", "A"]}, %y: tensor<?x?xf32> {fovea.dims = ["C", "P"]}) -> tensor<?x?xf32> {
  %0 = attn.reorder order(#attn.order<grid = [5], q = [2], kv = [2]>)
      axes [1] ins(%x : tensor<?x?xf32>) outs(%y : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}
