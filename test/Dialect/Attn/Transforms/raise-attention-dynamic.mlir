// RUN: fovea-opt %s --linalg-raise-attention | FileCheck %s

// torch-mlir's attention with dynamic sizes. Sizes of the result are those of the
// queries; torch-mlir's checks of sizes stay.

// CHECK-LABEL: func.func @dynamic(
// CHECK-SAME: %[[Q:.*]]: tensor<?x3x?x16xf32> {{[^%]*}}, %[[K:.*]]: tensor<?x3x?x16xf32> {{[^%]*}}, %[[V:.*]]: tensor<?x3x?x16xf32> {{[^%]*}}, %[[M:.*]]: tensor<?x1x?x?xf32>
// CHECK-NOT: linalg
// CHECK: cf.assert %{{.*}}, "mismatching contracting dimension"
// CHECK: %[[B:.*]] = tensor.dim %[[Q]], %c0
// CHECK: %[[S:.*]] = tensor.dim %[[Q]], %c2
// CHECK-NEXT: %[[E:.*]] = tensor.empty(%[[B]], %[[S]]) : tensor<?x?x3x16xf32>
// CHECK-NEXT: %[[R:.*]] = attn.attention ins(%[[Q]] : tensor<?x3x?x16xf32>)
// CHECK-NEXT: dense(%[[K]], %[[V]] :
// CHECK-NEXT: outs(%[[E]] : tensor<?x?x3x16xf32>)
// CHECK: tensor.extract
// CHECK: return %[[R]]
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, 0, d2, d3)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
#map3 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
func.func @dynamic(%arg0: tensor<?x3x?x16xf32> {fovea.dims = ["B", "", "S", ""]}, %arg1: tensor<?x3x?x16xf32> {fovea.dims = ["B", "", "T", ""]}, %arg2: tensor<?x3x?x16xf32> {fovea.dims = ["B", "", "T", ""]}, %arg3: tensor<?x1x?x?xf32> {fovea.dims = ["B", "", "S", "T"]}) -> tensor<?x?x3x16xf32> {
  %c0 = arith.constant 0 : index
  %c12 = arith.constant 3 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c0_i64 = arith.constant 0 : i64
  %cst = arith.constant 0.000000e+00 : f32
  %cst_0 = arith.constant 0xFF800000 : f32
  %cst_1 = arith.constant 8.000000e+00 : f32
  %dim = tensor.dim %arg1, %c0 : tensor<?x3x?x16xf32>
  %dim_2 = tensor.dim %arg1, %c2 : tensor<?x3x?x16xf32>
  %0 = tensor.empty(%dim, %dim_2) : tensor<?x3x16x?xf32>
  %transposed = linalg.transpose ins(%arg1 : tensor<?x3x?x16xf32>) outs(%0 : tensor<?x3x16x?xf32>) permutation = [0, 1, 3, 2] 
  %dim_3 = tensor.dim %arg0, %c0 : tensor<?x3x?x16xf32>
  %1 = arith.maxui %dim_3, %dim : index
  %dim_4 = tensor.dim %arg0, %c2 : tensor<?x3x?x16xf32>
  %collapsed = tensor.collapse_shape %arg0 [[0, 1], [2], [3]] : tensor<?x3x?x16xf32> into tensor<?x?x16xf32>
  %collapsed_5 = tensor.collapse_shape %transposed [[0, 1], [2], [3]] : tensor<?x3x16x?xf32> into tensor<?x16x?xf32>
  %2 = arith.muli %1, %c12 : index
  %3 = tensor.empty(%2, %dim_4, %dim_2) : tensor<?x?x?xf32>
  %4 = linalg.fill ins(%cst : f32) outs(%3 : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %5 = linalg.batch_matmul ins(%collapsed, %collapsed_5 : tensor<?x?x16xf32>, tensor<?x16x?xf32>) outs(%4 : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %6 = arith.divsi %2, %c12 : index
  %expanded = tensor.expand_shape %5 [[0, 1], [2], [3]] output_shape [%6, 3, %dim_4, %dim_2] : tensor<?x?x?xf32> into tensor<?x3x?x?xf32>
  %7 = tensor.empty(%6, %dim_4, %dim_2) : tensor<?x3x?x?xf32>
  %8 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded : tensor<?x3x?x?xf32>) outs(%7 : tensor<?x3x?x?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %34 = arith.divf %in, %cst_1 : f32
    linalg.yield %34 : f32
  } -> tensor<?x3x?x?xf32>
  %dim_6 = tensor.dim %arg3, %c0 : tensor<?x1x?x?xf32>
  %9 = arith.cmpi eq, %6, %dim_6 : index
  cf.assert %9, "mismatched size for broadcast"
  %dim_7 = tensor.dim %arg3, %c2 : tensor<?x1x?x?xf32>
  %10 = arith.cmpi eq, %dim_4, %dim_7 : index
  cf.assert %10, "mismatched size for broadcast"
  %dim_8 = tensor.dim %arg3, %c3 : tensor<?x1x?x?xf32>
  %11 = arith.cmpi eq, %dim_2, %dim_8 : index
  cf.assert %11, "mismatched size for broadcast"
  %12 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%8, %arg3 : tensor<?x3x?x?xf32>, tensor<?x1x?x?xf32>) outs(%7 : tensor<?x3x?x?xf32>) {
  ^bb0(%in: f32, %in_16: f32, %out: f32):
    %34 = arith.addf %in, %in_16 : f32
    linalg.yield %34 : f32
  } -> tensor<?x3x?x?xf32>
  %13 = tensor.empty(%6, %dim_4) : tensor<?x3x?xi64>
  %14 = linalg.fill ins(%c0_i64 : i64) outs(%13 : tensor<?x3x?xi64>) -> tensor<?x3x?xi64>
  %15 = tensor.empty(%6, %dim_4) : tensor<?x3x?xf32>
  %16 = linalg.fill ins(%cst_0 : f32) outs(%15 : tensor<?x3x?xf32>) -> tensor<?x3x?xf32>
  %17:2 = linalg.generic {indexing_maps = [#map, #map2, #map2], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%12 : tensor<?x3x?x?xf32>) outs(%16, %14 : tensor<?x3x?xf32>, tensor<?x3x?xi64>) {
  ^bb0(%in: f32, %out: f32, %out_16: i64):
    %34 = linalg.index 3 : index
    %35 = arith.index_cast %34 : index to i64
    %36 = arith.maximumf %in, %out : f32
    %37 = arith.cmpf ogt, %in, %out : f32
    %38 = arith.select %37, %35, %out_16 : i64
    linalg.yield %36, %38 : f32, i64
  } -> (tensor<?x3x?xf32>, tensor<?x3x?xi64>)
  %expanded_9 = tensor.expand_shape %17#0 [[0], [1], [2, 3]] output_shape [%6, 3, %dim_4, 1] : tensor<?x3x?xf32> into tensor<?x3x?x1xf32>
  %18 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%12, %expanded_9 : tensor<?x3x?x?xf32>, tensor<?x3x?x1xf32>) outs(%7 : tensor<?x3x?x?xf32>) {
  ^bb0(%in: f32, %in_16: f32, %out: f32):
    %34 = arith.subf %in, %in_16 : f32
    linalg.yield %34 : f32
  } -> tensor<?x3x?x?xf32>
  %19 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%18 : tensor<?x3x?x?xf32>) outs(%7 : tensor<?x3x?x?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %34 = math.exp %in : f32
    linalg.yield %34 : f32
  } -> tensor<?x3x?x?xf32>
  %20 = tensor.empty(%6, %dim_4) : tensor<?x3x?x1xf32>
  %21 = linalg.fill ins(%cst : f32) outs(%20 : tensor<?x3x?x1xf32>) -> tensor<?x3x?x1xf32>
  %22 = linalg.generic {indexing_maps = [#map, #map3], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%19 : tensor<?x3x?x?xf32>) outs(%21 : tensor<?x3x?x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %34 = arith.addf %in, %out : f32
    linalg.yield %34 : f32
  } -> tensor<?x3x?x1xf32>
  %23 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%19, %22 : tensor<?x3x?x?xf32>, tensor<?x3x?x1xf32>) outs(%7 : tensor<?x3x?x?xf32>) {
  ^bb0(%in: f32, %in_16: f32, %out: f32):
    %34 = arith.divf %in, %in_16 : f32
    linalg.yield %34 : f32
  } -> tensor<?x3x?x?xf32>
  %dim_10 = tensor.dim %arg2, %c0 : tensor<?x3x?x16xf32>
  %24 = arith.maxui %6, %dim_10 : index
  %dim_11 = tensor.dim %arg2, %c2 : tensor<?x3x?x16xf32>
  %25 = arith.index_cast %dim_2 : index to i64
  %26 = arith.index_cast %dim_11 : index to i64
  %27 = arith.cmpi eq, %25, %26 : i64
  cf.assert %27, "mismatching contracting dimension"
  %collapsed_12 = tensor.collapse_shape %23 [[0, 1], [2], [3]] : tensor<?x3x?x?xf32> into tensor<?x?x?xf32>
  %collapsed_13 = tensor.collapse_shape %arg2 [[0, 1], [2], [3]] : tensor<?x3x?x16xf32> into tensor<?x?x16xf32>
  %28 = arith.muli %24, %c12 : index
  %29 = tensor.empty(%28, %dim_4) : tensor<?x?x16xf32>
  %30 = linalg.fill ins(%cst : f32) outs(%29 : tensor<?x?x16xf32>) -> tensor<?x?x16xf32>
  %31 = linalg.batch_matmul ins(%collapsed_12, %collapsed_13 : tensor<?x?x?xf32>, tensor<?x?x16xf32>) outs(%30 : tensor<?x?x16xf32>) -> tensor<?x?x16xf32>
  %32 = arith.divsi %28, %c12 : index
  %expanded_14 = tensor.expand_shape %31 [[0, 1], [2], [3]] output_shape [%32, 3, %dim_4, 16] : tensor<?x?x16xf32> into tensor<?x3x?x16xf32>
  %33 = tensor.empty(%32, %dim_4) : tensor<?x?x3x16xf32>
  %transposed_15 = linalg.transpose ins(%expanded_14 : tensor<?x3x?x16xf32>) outs(%33 : tensor<?x?x3x16xf32>) permutation = [0, 2, 1, 3] 
  return %transposed_15 : tensor<?x?x3x16xf32>
}
