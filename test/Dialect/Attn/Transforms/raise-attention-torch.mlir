// RUN: fovea-opt %s --linalg-raise-attention | FileCheck %s

// Attention as torch-mlir prints it. unittests/Reference/RaiseTest.cpp runs all
// functions before and after the pass.

#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, 0, 0, d3)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
#map3 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, 0)>
#map4 = affine_map<(d0, d1, d2, d3) -> (d0, 0, d2, d3)>
#map5 = affine_map<(d0, d1, d2, d3) -> ()>
#map6 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3, d4)>
#map7 = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3, d4)>
#map8 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map9 = affine_map<(d0, d1, d2, d3) -> (0, d1, d2, d3)>
#map10 = affine_map<(d0, d1, d2, d3, d4) -> (0, d1, 0, d3, d4)>

// The attention of a BERT: scale, mask added, softmax over the keys, and the heads
// put side by side.

// CHECK-LABEL: func.func @bert(
// CHECK-SAME: %[[Q:.*]]: tensor<2x3x5x16xf32>, %[[K:.*]]: tensor<2x3x7x16xf32>, %[[V:.*]]: tensor<2x3x7x16xf32>, %[[M:.*]]: tensor<2x1x1x7xf32>)
// CHECK-NEXT: %[[O:.*]] = tensor.empty() : tensor<2x5x3x16xf32>
// CHECK-NEXT: %[[R:.*]] = attn.attention ins(%[[Q]] : tensor<2x3x5x16xf32>)
// CHECK-NEXT: dense(%[[K]], %[[V]] : tensor<2x3x7x16xf32>, tensor<2x3x7x16xf32>)
// CHECK-NEXT: outs(%[[O]] : tensor<2x5x3x16xf32>)
// CHECK-NEXT: score(%[[S:.*]], %[[B:.*]], %{{.*}}, %{{.*}}, %[[J:.*]], %[[T:.*]] = %[[M]] : tensor<2x1x1x7xf32>)
// CHECK: %[[X:.*]] = tensor.extract %[[T]][%[[B]], %{{.*}}, %{{.*}}, %[[J]]]
// CHECK-NEXT: %[[Y:.*]] = arith.addf %[[S]], %[[X]] : f32
// CHECK-NEXT: attn.yield %[[Y]] : f32
// CHECK-NEXT: } attributes {indexing_maps = [#[[ROWS:.*]], #[[KEYS:.*]], #[[VALUES:.*]], #[[SIDE:.*]]]}
// CHECK-NEXT: tensor.collapse_shape %[[R]]
// CHECK-NEXT: return
func.func @bert(%arg0: tensor<2x3x5x16xf32>, %arg1: tensor<2x3x7x16xf32>, %arg2: tensor<2x3x7x16xf32>, %arg3: tensor<2x1x1x7xf32>) -> tensor<2x5x48xf32> {
  %c0_i64 = arith.constant 0 : i64
  %cst = arith.constant 0.000000e+00 : f32
  %cst_0 = arith.constant 0xFF800000 : f32
  %cst_1 = arith.constant 4.000000e+00 : f32
  %0 = tensor.empty() : tensor<2x3x16x7xf32>
  %transposed = linalg.transpose ins(%arg1 : tensor<2x3x7x16xf32>) outs(%0 : tensor<2x3x16x7xf32>) permutation = [0, 1, 3, 2] 
  %collapsed = tensor.collapse_shape %arg0 [[0, 1], [2], [3]] : tensor<2x3x5x16xf32> into tensor<6x5x16xf32>
  %collapsed_2 = tensor.collapse_shape %transposed [[0, 1], [2], [3]] : tensor<2x3x16x7xf32> into tensor<6x16x7xf32>
  %1 = tensor.empty() : tensor<6x5x7xf32>
  %2 = linalg.fill ins(%cst : f32) outs(%1 : tensor<6x5x7xf32>) -> tensor<6x5x7xf32>
  %3 = linalg.batch_matmul ins(%collapsed, %collapsed_2 : tensor<6x5x16xf32>, tensor<6x16x7xf32>) outs(%2 : tensor<6x5x7xf32>) -> tensor<6x5x7xf32>
  %expanded = tensor.expand_shape %3 [[0, 1], [2], [3]] output_shape [2, 3, 5, 7] : tensor<6x5x7xf32> into tensor<2x3x5x7xf32>
  %4 = tensor.empty() : tensor<2x3x5x7xf32>
  %5 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded : tensor<2x3x5x7xf32>) outs(%4 : tensor<2x3x5x7xf32>) {
  ^bb0(%in: f32, %out: f32):
    %22 = arith.divf %in, %cst_1 : f32
    linalg.yield %22 : f32
  } -> tensor<2x3x5x7xf32>
  %6 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%5, %arg3 : tensor<2x3x5x7xf32>, tensor<2x1x1x7xf32>) outs(%4 : tensor<2x3x5x7xf32>) {
  ^bb0(%in: f32, %in_9: f32, %out: f32):
    %22 = arith.addf %in, %in_9 : f32
    linalg.yield %22 : f32
  } -> tensor<2x3x5x7xf32>
  %7 = tensor.empty() : tensor<2x3x5xi64>
  %8 = linalg.fill ins(%c0_i64 : i64) outs(%7 : tensor<2x3x5xi64>) -> tensor<2x3x5xi64>
  %9 = tensor.empty() : tensor<2x3x5xf32>
  %10 = linalg.fill ins(%cst_0 : f32) outs(%9 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %11:2 = linalg.generic {indexing_maps = [#map, #map2, #map2], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%6 : tensor<2x3x5x7xf32>) outs(%10, %8 : tensor<2x3x5xf32>, tensor<2x3x5xi64>) {
  ^bb0(%in: f32, %out: f32, %out_9: i64):
    %22 = linalg.index 3 : index
    %23 = arith.index_cast %22 : index to i64
    %24 = arith.maximumf %in, %out : f32
    %25 = arith.cmpf ogt, %in, %out : f32
    %26 = arith.select %25, %23, %out_9 : i64
    linalg.yield %24, %26 : f32, i64
  } -> (tensor<2x3x5xf32>, tensor<2x3x5xi64>)
  %expanded_3 = tensor.expand_shape %11#0 [[0], [1], [2, 3]] output_shape [2, 3, 5, 1] : tensor<2x3x5xf32> into tensor<2x3x5x1xf32>
  %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%6, %expanded_3 : tensor<2x3x5x7xf32>, tensor<2x3x5x1xf32>) outs(%4 : tensor<2x3x5x7xf32>) {
  ^bb0(%in: f32, %in_9: f32, %out: f32):
    %22 = arith.subf %in, %in_9 : f32
    linalg.yield %22 : f32
  } -> tensor<2x3x5x7xf32>
  %13 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%12 : tensor<2x3x5x7xf32>) outs(%4 : tensor<2x3x5x7xf32>) {
  ^bb0(%in: f32, %out: f32):
    %22 = math.exp %in : f32
    linalg.yield %22 : f32
  } -> tensor<2x3x5x7xf32>
  %14 = tensor.empty() : tensor<2x3x5x1xf32>
  %15 = linalg.fill ins(%cst : f32) outs(%14 : tensor<2x3x5x1xf32>) -> tensor<2x3x5x1xf32>
  %16 = linalg.generic {indexing_maps = [#map, #map3], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%13 : tensor<2x3x5x7xf32>) outs(%15 : tensor<2x3x5x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %22 = arith.addf %in, %out : f32
    linalg.yield %22 : f32
  } -> tensor<2x3x5x1xf32>
  %17 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%13, %16 : tensor<2x3x5x7xf32>, tensor<2x3x5x1xf32>) outs(%4 : tensor<2x3x5x7xf32>) {
  ^bb0(%in: f32, %in_9: f32, %out: f32):
    %22 = arith.divf %in, %in_9 : f32
    linalg.yield %22 : f32
  } -> tensor<2x3x5x7xf32>
  %collapsed_4 = tensor.collapse_shape %17 [[0, 1], [2], [3]] : tensor<2x3x5x7xf32> into tensor<6x5x7xf32>
  %collapsed_5 = tensor.collapse_shape %arg2 [[0, 1], [2], [3]] : tensor<2x3x7x16xf32> into tensor<6x7x16xf32>
  %18 = tensor.empty() : tensor<6x5x16xf32>
  %19 = linalg.fill ins(%cst : f32) outs(%18 : tensor<6x5x16xf32>) -> tensor<6x5x16xf32>
  %20 = linalg.batch_matmul ins(%collapsed_4, %collapsed_5 : tensor<6x5x7xf32>, tensor<6x7x16xf32>) outs(%19 : tensor<6x5x16xf32>) -> tensor<6x5x16xf32>
  %expanded_6 = tensor.expand_shape %20 [[0, 1], [2], [3]] output_shape [2, 3, 5, 16] : tensor<6x5x16xf32> into tensor<2x3x5x16xf32>
  %21 = tensor.empty() : tensor<2x5x3x16xf32>
  %transposed_7 = linalg.transpose ins(%expanded_6 : tensor<2x3x5x16xf32>) outs(%21 : tensor<2x5x3x16xf32>) permutation = [0, 2, 1, 3] 
  %collapsed_8 = tensor.collapse_shape %transposed_7 [[0], [1], [2, 3]] : tensor<2x5x3x16xf32> into tensor<2x5x48xf32>
  return %collapsed_8 : tensor<2x5x48xf32>
}

// A mask that selects.

// CHECK-LABEL: func.func @masked_fill(
// CHECK-NOT: linalg
// CHECK: attn.attention
// CHECK: score(%[[S:[^,]*]], {{.*}}tensor<1x1x8x8xi1>)
// CHECK: %[[C:.*]] = tensor.extract
// CHECK: %[[Y:.*]] = arith.select %[[C]], %{{.*}}, %[[S]] : f32
// CHECK-NEXT: attn.yield %[[Y]] : f32
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @masked_fill(%arg0: tensor<1x2x8x16xf32>, %arg1: tensor<1x2x8x16xf32>, %arg2: tensor<1x2x8x16xf32>, %arg3: tensor<1x1x8x8xi1>) -> tensor<1x2x8x16xf32> {
  %c0_i64 = arith.constant 0 : i64
  %cst = arith.constant 0.000000e+00 : f32
  %cst_0 = arith.constant 0xFF800000 : f32
  %cst_1 = arith.constant dense<-3.40282306E+38> : tensor<f32>
  %cst_2 = arith.constant 4.000000e+00 : f32
  %0 = tensor.empty() : tensor<1x2x16x8xf32>
  %transposed = linalg.transpose ins(%arg1 : tensor<1x2x8x16xf32>) outs(%0 : tensor<1x2x16x8xf32>) permutation = [0, 1, 3, 2] 
  %collapsed = tensor.collapse_shape %arg0 [[0, 1], [2], [3]] : tensor<1x2x8x16xf32> into tensor<2x8x16xf32>
  %collapsed_3 = tensor.collapse_shape %transposed [[0, 1], [2], [3]] : tensor<1x2x16x8xf32> into tensor<2x16x8xf32>
  %1 = tensor.empty() : tensor<2x8x8xf32>
  %2 = linalg.fill ins(%cst : f32) outs(%1 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %3 = linalg.batch_matmul ins(%collapsed, %collapsed_3 : tensor<2x8x16xf32>, tensor<2x16x8xf32>) outs(%2 : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  %expanded = tensor.expand_shape %3 [[0, 1], [2], [3]] output_shape [1, 2, 8, 8] : tensor<2x8x8xf32> into tensor<1x2x8x8xf32>
  %4 = tensor.empty() : tensor<1x2x8x8xf32>
  %5 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded : tensor<1x2x8x8xf32>) outs(%4 : tensor<1x2x8x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %21 = arith.divf %in, %cst_2 : f32
    linalg.yield %21 : f32
  } -> tensor<1x2x8x8xf32>
  %6 = linalg.generic {indexing_maps = [#map4, #map5, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg3, %cst_1, %5 : tensor<1x1x8x8xi1>, tensor<f32>, tensor<1x2x8x8xf32>) outs(%4 : tensor<1x2x8x8xf32>) {
  ^bb0(%in: i1, %in_8: f32, %in_9: f32, %out: f32):
    %21 = arith.select %in, %in_8, %in_9 : f32
    linalg.yield %21 : f32
  } -> tensor<1x2x8x8xf32>
  %7 = tensor.empty() : tensor<1x2x8xi64>
  %8 = linalg.fill ins(%c0_i64 : i64) outs(%7 : tensor<1x2x8xi64>) -> tensor<1x2x8xi64>
  %9 = tensor.empty() : tensor<1x2x8xf32>
  %10 = linalg.fill ins(%cst_0 : f32) outs(%9 : tensor<1x2x8xf32>) -> tensor<1x2x8xf32>
  %11:2 = linalg.generic {indexing_maps = [#map, #map2, #map2], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%6 : tensor<1x2x8x8xf32>) outs(%10, %8 : tensor<1x2x8xf32>, tensor<1x2x8xi64>) {
  ^bb0(%in: f32, %out: f32, %out_8: i64):
    %21 = linalg.index 3 : index
    %22 = arith.index_cast %21 : index to i64
    %23 = arith.maximumf %in, %out : f32
    %24 = arith.cmpf ogt, %in, %out : f32
    %25 = arith.select %24, %22, %out_8 : i64
    linalg.yield %23, %25 : f32, i64
  } -> (tensor<1x2x8xf32>, tensor<1x2x8xi64>)
  %expanded_4 = tensor.expand_shape %11#0 [[0], [1], [2, 3]] output_shape [1, 2, 8, 1] : tensor<1x2x8xf32> into tensor<1x2x8x1xf32>
  %12 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%6, %expanded_4 : tensor<1x2x8x8xf32>, tensor<1x2x8x1xf32>) outs(%4 : tensor<1x2x8x8xf32>) {
  ^bb0(%in: f32, %in_8: f32, %out: f32):
    %21 = arith.subf %in, %in_8 : f32
    linalg.yield %21 : f32
  } -> tensor<1x2x8x8xf32>
  %13 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%12 : tensor<1x2x8x8xf32>) outs(%4 : tensor<1x2x8x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %21 = math.exp %in : f32
    linalg.yield %21 : f32
  } -> tensor<1x2x8x8xf32>
  %14 = tensor.empty() : tensor<1x2x8x1xf32>
  %15 = linalg.fill ins(%cst : f32) outs(%14 : tensor<1x2x8x1xf32>) -> tensor<1x2x8x1xf32>
  %16 = linalg.generic {indexing_maps = [#map, #map3], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%13 : tensor<1x2x8x8xf32>) outs(%15 : tensor<1x2x8x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %21 = arith.addf %in, %out : f32
    linalg.yield %21 : f32
  } -> tensor<1x2x8x1xf32>
  %17 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%13, %16 : tensor<1x2x8x8xf32>, tensor<1x2x8x1xf32>) outs(%4 : tensor<1x2x8x8xf32>) {
  ^bb0(%in: f32, %in_8: f32, %out: f32):
    %21 = arith.divf %in, %in_8 : f32
    linalg.yield %21 : f32
  } -> tensor<1x2x8x8xf32>
  %collapsed_5 = tensor.collapse_shape %17 [[0, 1], [2], [3]] : tensor<1x2x8x8xf32> into tensor<2x8x8xf32>
  %collapsed_6 = tensor.collapse_shape %arg2 [[0, 1], [2], [3]] : tensor<1x2x8x16xf32> into tensor<2x8x16xf32>
  %18 = tensor.empty() : tensor<2x8x16xf32>
  %19 = linalg.fill ins(%cst : f32) outs(%18 : tensor<2x8x16xf32>) -> tensor<2x8x16xf32>
  %20 = linalg.batch_matmul ins(%collapsed_5, %collapsed_6 : tensor<2x8x8xf32>, tensor<2x8x16xf32>) outs(%19 : tensor<2x8x16xf32>) -> tensor<2x8x16xf32>
  %expanded_7 = tensor.expand_shape %20 [[0, 1], [2], [3]] output_shape [1, 2, 8, 16] : tensor<2x8x16xf32> into tensor<1x2x8x16xf32>
  return %expanded_7 : tensor<1x2x8x16xf32>
}

// f16 with a softmax in f32, and key heads that are repeated for query heads.

// CHECK-LABEL: func.func @grouped_half(
// CHECK-NOT: linalg
// CHECK: attn.attention ins(%{{.*}} : tensor<2x8x5x16xf16>)
// CHECK-NEXT: dense(%{{.*}} : tensor<2x2x7x16xf16>, tensor<2x2x7x16xf16>)
// CHECK-NEXT: outs(%{{.*}} : tensor<2x5x8x16xf16>)
// CHECK: %[[M:.*]] = arith.extf %{{.*}} : f16 to f32
// CHECK-NEXT: arith.addf %{{.*}}, %[[M]] : f32
// CHECK: tensor.collapse_shape
// CHECK-NEXT: return
func.func @grouped_half(%arg0: tensor<2x8x5x16xf16>, %arg1: tensor<2x2x7x16xf16>, %arg2: tensor<2x2x7x16xf16>, %arg3: tensor<2x1x5x7xf16>) -> tensor<2x5x128xf16> {
  %c0_i64 = arith.constant 0 : i64
  %cst = arith.constant 0.000000e+00 : f32
  %cst_0 = arith.constant 0xFF800000 : f32
  %cst_1 = arith.constant 2.500000e-01 : f16
  %0 = tensor.empty() : tensor<2x2x4x7x16xf16>
  %1 = linalg.generic {indexing_maps = [#map6, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%arg1 : tensor<2x2x7x16xf16>) outs(%0 : tensor<2x2x4x7x16xf16>) {
  ^bb0(%in: f16, %out: f16):
    linalg.yield %in : f16
  } -> tensor<2x2x4x7x16xf16>
  %collapsed = tensor.collapse_shape %1 [[0], [1, 2], [3], [4]] : tensor<2x2x4x7x16xf16> into tensor<2x8x7x16xf16>
  %2 = linalg.generic {indexing_maps = [#map6, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%arg2 : tensor<2x2x7x16xf16>) outs(%0 : tensor<2x2x4x7x16xf16>) {
  ^bb0(%in: f16, %out: f16):
    linalg.yield %in : f16
  } -> tensor<2x2x4x7x16xf16>
  %3 = tensor.empty() : tensor<2x8x16x7xf16>
  %transposed = linalg.transpose ins(%collapsed : tensor<2x8x7x16xf16>) outs(%3 : tensor<2x8x16x7xf16>) permutation = [0, 1, 3, 2] 
  %collapsed_2 = tensor.collapse_shape %arg0 [[0, 1], [2], [3]] : tensor<2x8x5x16xf16> into tensor<16x5x16xf16>
  %collapsed_3 = tensor.collapse_shape %transposed [[0, 1], [2], [3]] : tensor<2x8x16x7xf16> into tensor<16x16x7xf16>
  %4 = tensor.empty() : tensor<16x5x7xf32>
  %5 = linalg.fill ins(%cst : f32) outs(%4 : tensor<16x5x7xf32>) -> tensor<16x5x7xf32>
  %6 = linalg.batch_matmul ins(%collapsed_2, %collapsed_3 : tensor<16x5x16xf16>, tensor<16x16x7xf16>) outs(%5 : tensor<16x5x7xf32>) -> tensor<16x5x7xf32>
  %7 = tensor.empty() : tensor<16x5x7xf16>
  %8 = linalg.generic {indexing_maps = [#map8, #map8], iterator_types = ["parallel", "parallel", "parallel"]} ins(%6 : tensor<16x5x7xf32>) outs(%7 : tensor<16x5x7xf16>) {
  ^bb0(%in: f32, %out: f16):
    %32 = arith.truncf %in : f32 to f16
    linalg.yield %32 : f16
  } -> tensor<16x5x7xf16>
  %expanded = tensor.expand_shape %8 [[0, 1], [2], [3]] output_shape [2, 8, 5, 7] : tensor<16x5x7xf16> into tensor<2x8x5x7xf16>
  %9 = tensor.empty() : tensor<2x8x5x7xf16>
  %10 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded : tensor<2x8x5x7xf16>) outs(%9 : tensor<2x8x5x7xf16>) {
  ^bb0(%in: f16, %out: f16):
    %32 = arith.mulf %in, %cst_1 : f16
    linalg.yield %32 : f16
  } -> tensor<2x8x5x7xf16>
  %11 = linalg.generic {indexing_maps = [#map, #map4, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%10, %arg3 : tensor<2x8x5x7xf16>, tensor<2x1x5x7xf16>) outs(%9 : tensor<2x8x5x7xf16>) {
  ^bb0(%in: f16, %in_10: f16, %out: f16):
    %32 = arith.addf %in, %in_10 : f16
    linalg.yield %32 : f16
  } -> tensor<2x8x5x7xf16>
  %12 = tensor.empty() : tensor<2x8x5x7xf32>
  %13 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%11 : tensor<2x8x5x7xf16>) outs(%12 : tensor<2x8x5x7xf32>) {
  ^bb0(%in: f16, %out: f32):
    %32 = arith.extf %in : f16 to f32
    linalg.yield %32 : f32
  } -> tensor<2x8x5x7xf32>
  %14 = tensor.empty() : tensor<2x8x5xi64>
  %15 = linalg.fill ins(%c0_i64 : i64) outs(%14 : tensor<2x8x5xi64>) -> tensor<2x8x5xi64>
  %16 = tensor.empty() : tensor<2x8x5xf32>
  %17 = linalg.fill ins(%cst_0 : f32) outs(%16 : tensor<2x8x5xf32>) -> tensor<2x8x5xf32>
  %18:2 = linalg.generic {indexing_maps = [#map, #map2, #map2], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%13 : tensor<2x8x5x7xf32>) outs(%17, %15 : tensor<2x8x5xf32>, tensor<2x8x5xi64>) {
  ^bb0(%in: f32, %out: f32, %out_10: i64):
    %32 = linalg.index 3 : index
    %33 = arith.index_cast %32 : index to i64
    %34 = arith.maximumf %in, %out : f32
    %35 = arith.cmpf ogt, %in, %out : f32
    %36 = arith.select %35, %33, %out_10 : i64
    linalg.yield %34, %36 : f32, i64
  } -> (tensor<2x8x5xf32>, tensor<2x8x5xi64>)
  %expanded_4 = tensor.expand_shape %18#0 [[0], [1], [2, 3]] output_shape [2, 8, 5, 1] : tensor<2x8x5xf32> into tensor<2x8x5x1xf32>
  %19 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%13, %expanded_4 : tensor<2x8x5x7xf32>, tensor<2x8x5x1xf32>) outs(%12 : tensor<2x8x5x7xf32>) {
  ^bb0(%in: f32, %in_10: f32, %out: f32):
    %32 = arith.subf %in, %in_10 : f32
    linalg.yield %32 : f32
  } -> tensor<2x8x5x7xf32>
  %20 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%19 : tensor<2x8x5x7xf32>) outs(%12 : tensor<2x8x5x7xf32>) {
  ^bb0(%in: f32, %out: f32):
    %32 = math.exp %in : f32
    linalg.yield %32 : f32
  } -> tensor<2x8x5x7xf32>
  %21 = tensor.empty() : tensor<2x8x5x1xf32>
  %22 = linalg.fill ins(%cst : f32) outs(%21 : tensor<2x8x5x1xf32>) -> tensor<2x8x5x1xf32>
  %23 = linalg.generic {indexing_maps = [#map, #map3], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%20 : tensor<2x8x5x7xf32>) outs(%22 : tensor<2x8x5x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %32 = arith.addf %in, %out : f32
    linalg.yield %32 : f32
  } -> tensor<2x8x5x1xf32>
  %24 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%20, %23 : tensor<2x8x5x7xf32>, tensor<2x8x5x1xf32>) outs(%12 : tensor<2x8x5x7xf32>) {
  ^bb0(%in: f32, %in_10: f32, %out: f32):
    %32 = arith.divf %in, %in_10 : f32
    linalg.yield %32 : f32
  } -> tensor<2x8x5x7xf32>
  %25 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%24 : tensor<2x8x5x7xf32>) outs(%9 : tensor<2x8x5x7xf16>) {
  ^bb0(%in: f32, %out: f16):
    %32 = arith.truncf %in : f32 to f16
    linalg.yield %32 : f16
  } -> tensor<2x8x5x7xf16>
  %collapsed_5 = tensor.collapse_shape %25 [[0, 1], [2], [3]] : tensor<2x8x5x7xf16> into tensor<16x5x7xf16>
  %collapsed_6 = tensor.collapse_shape %2 [[0, 1, 2], [3], [4]] : tensor<2x2x4x7x16xf16> into tensor<16x7x16xf16>
  %26 = tensor.empty() : tensor<16x5x16xf32>
  %27 = linalg.fill ins(%cst : f32) outs(%26 : tensor<16x5x16xf32>) -> tensor<16x5x16xf32>
  %28 = linalg.batch_matmul ins(%collapsed_5, %collapsed_6 : tensor<16x5x7xf16>, tensor<16x7x16xf16>) outs(%27 : tensor<16x5x16xf32>) -> tensor<16x5x16xf32>
  %29 = tensor.empty() : tensor<16x5x16xf16>
  %30 = linalg.generic {indexing_maps = [#map8, #map8], iterator_types = ["parallel", "parallel", "parallel"]} ins(%28 : tensor<16x5x16xf32>) outs(%29 : tensor<16x5x16xf16>) {
  ^bb0(%in: f32, %out: f16):
    %32 = arith.truncf %in : f32 to f16
    linalg.yield %32 : f16
  } -> tensor<16x5x16xf16>
  %expanded_7 = tensor.expand_shape %30 [[0, 1], [2], [3]] output_shape [2, 8, 5, 16] : tensor<16x5x16xf16> into tensor<2x8x5x16xf16>
  %31 = tensor.empty() : tensor<2x5x8x16xf16>
  %transposed_8 = linalg.transpose ins(%expanded_7 : tensor<2x8x5x16xf16>) outs(%31 : tensor<2x5x8x16xf16>) permutation = [0, 2, 1, 3] 
  %collapsed_9 = tensor.collapse_shape %transposed_8 [[0], [1], [2, 3]] : tensor<2x5x8x16xf16> into tensor<2x5x128xf16>
  return %collapsed_9 : tensor<2x5x128xf16>
}

// PyTorch's scaled_dot_product_attention, decomposed: queries and keys are scaled,
// all reshaped to three dimensions. The op takes the projections as they lie.

// CHECK-LABEL: func.func @projections(
// CHECK-NOT: linalg
// CHECK: attn.attention ins(%{{.*}} : tensor<2x5x3x16xf32>)
// CHECK-NEXT: dense(%{{.*}} : tensor<2x7x3x16xf32>, tensor<2x7x3x16xf32>)
// CHECK-NEXT: outs(%{{.*}} : tensor<2x5x3x16xf32>) attributes {indexing_maps = [{{[^]]*}}]}
// CHECK: return
func.func @projections(%arg0: tensor<2x5x48xf32>, %arg1: tensor<2x7x48xf32>, %arg2: tensor<2x7x48xf32>) -> tensor<2x5x48xf32> {
  %cst = arith.constant 0.000000e+00 : f32
  %c0_i64 = arith.constant 0 : i64
  %cst_0 = arith.constant 0xFF800000 : f32
  %cst_1 = arith.constant 5.000000e-01 : f32
  %expanded = tensor.expand_shape %arg0 [[0], [1], [2, 3]] output_shape [2, 5, 3, 16] : tensor<2x5x48xf32> into tensor<2x5x3x16xf32>
  %0 = tensor.empty() : tensor<2x3x5x16xf32>
  %transposed = linalg.transpose ins(%expanded : tensor<2x5x3x16xf32>) outs(%0 : tensor<2x3x5x16xf32>) permutation = [0, 2, 1, 3] 
  %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed : tensor<2x3x5x16xf32>) outs(%0 : tensor<2x3x5x16xf32>) {
  ^bb0(%in: f32, %out: f32):
    %24 = arith.mulf %in, %cst_1 : f32
    linalg.yield %24 : f32
  } -> tensor<2x3x5x16xf32>
  %expanded_2 = tensor.expand_shape %arg1 [[0], [1], [2, 3]] output_shape [2, 7, 3, 16] : tensor<2x7x48xf32> into tensor<2x7x3x16xf32>
  %2 = tensor.empty() : tensor<2x3x16x7xf32>
  %transposed_3 = linalg.transpose ins(%expanded_2 : tensor<2x7x3x16xf32>) outs(%2 : tensor<2x3x16x7xf32>) permutation = [0, 2, 3, 1] 
  %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%transposed_3 : tensor<2x3x16x7xf32>) outs(%2 : tensor<2x3x16x7xf32>) {
  ^bb0(%in: f32, %out: f32):
    %24 = arith.mulf %in, %cst_1 : f32
    linalg.yield %24 : f32
  } -> tensor<2x3x16x7xf32>
  %expanded_4 = tensor.expand_shape %arg2 [[0], [1], [2, 3]] output_shape [2, 7, 3, 16] : tensor<2x7x48xf32> into tensor<2x7x3x16xf32>
  %4 = tensor.empty() : tensor<2x3x7x16xf32>
  %transposed_5 = linalg.transpose ins(%expanded_4 : tensor<2x7x3x16xf32>) outs(%4 : tensor<2x3x7x16xf32>) permutation = [0, 2, 1, 3] 
  %collapsed = tensor.collapse_shape %1 [[0, 1], [2], [3]] : tensor<2x3x5x16xf32> into tensor<6x5x16xf32>
  %collapsed_6 = tensor.collapse_shape %3 [[0, 1], [2], [3]] : tensor<2x3x16x7xf32> into tensor<6x16x7xf32>
  %collapsed_7 = tensor.collapse_shape %transposed_5 [[0, 1], [2], [3]] : tensor<2x3x7x16xf32> into tensor<6x7x16xf32>
  %5 = tensor.empty() : tensor<6x5x7xf32>
  %6 = linalg.fill ins(%cst : f32) outs(%5 : tensor<6x5x7xf32>) -> tensor<6x5x7xf32>
  %7 = linalg.batch_matmul ins(%collapsed, %collapsed_6 : tensor<6x5x16xf32>, tensor<6x16x7xf32>) outs(%6 : tensor<6x5x7xf32>) -> tensor<6x5x7xf32>
  %expanded_8 = tensor.expand_shape %7 [[0, 1], [2], [3]] output_shape [2, 3, 5, 7] : tensor<6x5x7xf32> into tensor<2x3x5x7xf32>
  %8 = tensor.empty() : tensor<2x3x5xi64>
  %9 = linalg.fill ins(%c0_i64 : i64) outs(%8 : tensor<2x3x5xi64>) -> tensor<2x3x5xi64>
  %10 = tensor.empty() : tensor<2x3x5xf32>
  %11 = linalg.fill ins(%cst_0 : f32) outs(%10 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %12:2 = linalg.generic {indexing_maps = [#map, #map2, #map2], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%expanded_8 : tensor<2x3x5x7xf32>) outs(%11, %9 : tensor<2x3x5xf32>, tensor<2x3x5xi64>) {
  ^bb0(%in: f32, %out: f32, %out_14: i64):
    %24 = linalg.index 3 : index
    %25 = arith.index_cast %24 : index to i64
    %26 = arith.maximumf %in, %out : f32
    %27 = arith.cmpf ogt, %in, %out : f32
    %28 = arith.select %27, %25, %out_14 : i64
    linalg.yield %26, %28 : f32, i64
  } -> (tensor<2x3x5xf32>, tensor<2x3x5xi64>)
  %expanded_9 = tensor.expand_shape %12#0 [[0], [1], [2, 3]] output_shape [2, 3, 5, 1] : tensor<2x3x5xf32> into tensor<2x3x5x1xf32>
  %13 = tensor.empty() : tensor<2x3x5x7xf32>
  %14 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded_8, %expanded_9 : tensor<2x3x5x7xf32>, tensor<2x3x5x1xf32>) outs(%13 : tensor<2x3x5x7xf32>) {
  ^bb0(%in: f32, %in_14: f32, %out: f32):
    %24 = arith.subf %in, %in_14 : f32
    linalg.yield %24 : f32
  } -> tensor<2x3x5x7xf32>
  %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%14 : tensor<2x3x5x7xf32>) outs(%13 : tensor<2x3x5x7xf32>) {
  ^bb0(%in: f32, %out: f32):
    %24 = math.exp %in : f32
    linalg.yield %24 : f32
  } -> tensor<2x3x5x7xf32>
  %16 = tensor.empty() : tensor<2x3x5x1xf32>
  %17 = linalg.fill ins(%cst : f32) outs(%16 : tensor<2x3x5x1xf32>) -> tensor<2x3x5x1xf32>
  %18 = linalg.generic {indexing_maps = [#map, #map3], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%15 : tensor<2x3x5x7xf32>) outs(%17 : tensor<2x3x5x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %24 = arith.addf %in, %out : f32
    linalg.yield %24 : f32
  } -> tensor<2x3x5x1xf32>
  %19 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%15, %18 : tensor<2x3x5x7xf32>, tensor<2x3x5x1xf32>) outs(%13 : tensor<2x3x5x7xf32>) {
  ^bb0(%in: f32, %in_14: f32, %out: f32):
    %24 = arith.divf %in, %in_14 : f32
    linalg.yield %24 : f32
  } -> tensor<2x3x5x7xf32>
  %collapsed_10 = tensor.collapse_shape %19 [[0, 1], [2], [3]] : tensor<2x3x5x7xf32> into tensor<6x5x7xf32>
  %20 = tensor.empty() : tensor<6x5x16xf32>
  %21 = linalg.fill ins(%cst : f32) outs(%20 : tensor<6x5x16xf32>) -> tensor<6x5x16xf32>
  %22 = linalg.batch_matmul ins(%collapsed_10, %collapsed_7 : tensor<6x5x7xf32>, tensor<6x7x16xf32>) outs(%21 : tensor<6x5x16xf32>) -> tensor<6x5x16xf32>
  %expanded_11 = tensor.expand_shape %22 [[0, 1], [2], [3]] output_shape [2, 3, 5, 16] : tensor<6x5x16xf32> into tensor<2x3x5x16xf32>
  %23 = tensor.empty() : tensor<2x5x3x16xf32>
  %transposed_12 = linalg.transpose ins(%expanded_11 : tensor<2x3x5x16xf32>) outs(%23 : tensor<2x5x3x16xf32>) permutation = [0, 2, 1, 3] 
  %collapsed_13 = tensor.collapse_shape %transposed_12 [[0], [1], [2, 3]] : tensor<2x5x3x16xf32> into tensor<2x5x48xf32>
  return %collapsed_13 : tensor<2x5x48xf32>
}

// Windows of an image: a bias for each head, and a mask for each of four windows,
// which are part of the batch.

// CHECK-LABEL: func.func @windows(
// CHECK-NOT: linalg
// CHECK: score(%{{.*}}, %[[B:.*]], %{{.*}}, %[[I:.*]], %[[J:[^,]*]], %[[BIAS:.*]] = %{{.*}} : tensor<1x3x9x9xf32>, %[[MASK:.*]] = %{{.*}} : tensor<4x9x9xf32>)
// CHECK: %[[N:.*]] = arith.remsi %[[B]], %c4 : index
// CHECK: tensor.extract %[[MASK]][%[[N]], %[[I]], %[[J]]]
// CHECK: return
func.func @windows(%arg0: tensor<12x3x9x16xf32>, %arg1: tensor<12x3x9x16xf32>, %arg2: tensor<12x3x9x16xf32>, %arg3: tensor<1x3x9x9xf32>, %arg4: tensor<4x9x9xf32>) -> tensor<12x3x9x16xf32> {
  %c0_i64 = arith.constant 0 : i64
  %cst = arith.constant 0.000000e+00 : f32
  %cst_0 = arith.constant 0xFF800000 : f32
  %cst_1 = arith.constant 2.500000e-01 : f32
  %0 = tensor.empty() : tensor<12x3x16x9xf32>
  %transposed = linalg.transpose ins(%arg1 : tensor<12x3x9x16xf32>) outs(%0 : tensor<12x3x16x9xf32>) permutation = [0, 1, 3, 2] 
  %collapsed = tensor.collapse_shape %arg0 [[0, 1], [2], [3]] : tensor<12x3x9x16xf32> into tensor<36x9x16xf32>
  %collapsed_2 = tensor.collapse_shape %transposed [[0, 1], [2], [3]] : tensor<12x3x16x9xf32> into tensor<36x16x9xf32>
  %1 = tensor.empty() : tensor<36x9x9xf32>
  %2 = linalg.fill ins(%cst : f32) outs(%1 : tensor<36x9x9xf32>) -> tensor<36x9x9xf32>
  %3 = linalg.batch_matmul ins(%collapsed, %collapsed_2 : tensor<36x9x16xf32>, tensor<36x16x9xf32>) outs(%2 : tensor<36x9x9xf32>) -> tensor<36x9x9xf32>
  %expanded = tensor.expand_shape %3 [[0, 1], [2], [3]] output_shape [12, 3, 9, 9] : tensor<36x9x9xf32> into tensor<12x3x9x9xf32>
  %4 = tensor.empty() : tensor<12x3x9x9xf32>
  %5 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%expanded : tensor<12x3x9x9xf32>) outs(%4 : tensor<12x3x9x9xf32>) {
  ^bb0(%in: f32, %out: f32):
    %23 = arith.mulf %in, %cst_1 : f32
    linalg.yield %23 : f32
  } -> tensor<12x3x9x9xf32>
  %6 = linalg.generic {indexing_maps = [#map, #map9, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%5, %arg3 : tensor<12x3x9x9xf32>, tensor<1x3x9x9xf32>) outs(%4 : tensor<12x3x9x9xf32>) {
  ^bb0(%in: f32, %in_10: f32, %out: f32):
    %23 = arith.addf %in, %in_10 : f32
    linalg.yield %23 : f32
  } -> tensor<12x3x9x9xf32>
  %expanded_3 = tensor.expand_shape %6 [[0, 1], [2], [3], [4]] output_shape [3, 4, 3, 9, 9] : tensor<12x3x9x9xf32> into tensor<3x4x3x9x9xf32>
  %expanded_4 = tensor.expand_shape %arg4 [[0, 1], [2, 3], [4]] output_shape [1, 4, 1, 9, 9] : tensor<4x9x9xf32> into tensor<1x4x1x9x9xf32>
  %7 = tensor.empty() : tensor<3x4x3x9x9xf32>
  %8 = linalg.generic {indexing_maps = [#map7, #map10, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%expanded_3, %expanded_4 : tensor<3x4x3x9x9xf32>, tensor<1x4x1x9x9xf32>) outs(%7 : tensor<3x4x3x9x9xf32>) {
  ^bb0(%in: f32, %in_10: f32, %out: f32):
    %23 = arith.addf %in, %in_10 : f32
    linalg.yield %23 : f32
  } -> tensor<3x4x3x9x9xf32>
  %collapsed_5 = tensor.collapse_shape %8 [[0, 1], [2], [3], [4]] : tensor<3x4x3x9x9xf32> into tensor<12x3x9x9xf32>
  %9 = tensor.empty() : tensor<12x3x9xi64>
  %10 = linalg.fill ins(%c0_i64 : i64) outs(%9 : tensor<12x3x9xi64>) -> tensor<12x3x9xi64>
  %11 = tensor.empty() : tensor<12x3x9xf32>
  %12 = linalg.fill ins(%cst_0 : f32) outs(%11 : tensor<12x3x9xf32>) -> tensor<12x3x9xf32>
  %13:2 = linalg.generic {indexing_maps = [#map, #map2, #map2], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%collapsed_5 : tensor<12x3x9x9xf32>) outs(%12, %10 : tensor<12x3x9xf32>, tensor<12x3x9xi64>) {
  ^bb0(%in: f32, %out: f32, %out_10: i64):
    %23 = linalg.index 3 : index
    %24 = arith.index_cast %23 : index to i64
    %25 = arith.maximumf %in, %out : f32
    %26 = arith.cmpf ogt, %in, %out : f32
    %27 = arith.select %26, %24, %out_10 : i64
    linalg.yield %25, %27 : f32, i64
  } -> (tensor<12x3x9xf32>, tensor<12x3x9xi64>)
  %expanded_6 = tensor.expand_shape %13#0 [[0], [1], [2, 3]] output_shape [12, 3, 9, 1] : tensor<12x3x9xf32> into tensor<12x3x9x1xf32>
  %14 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%collapsed_5, %expanded_6 : tensor<12x3x9x9xf32>, tensor<12x3x9x1xf32>) outs(%4 : tensor<12x3x9x9xf32>) {
  ^bb0(%in: f32, %in_10: f32, %out: f32):
    %23 = arith.subf %in, %in_10 : f32
    linalg.yield %23 : f32
  } -> tensor<12x3x9x9xf32>
  %15 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%14 : tensor<12x3x9x9xf32>) outs(%4 : tensor<12x3x9x9xf32>) {
  ^bb0(%in: f32, %out: f32):
    %23 = math.exp %in : f32
    linalg.yield %23 : f32
  } -> tensor<12x3x9x9xf32>
  %16 = tensor.empty() : tensor<12x3x9x1xf32>
  %17 = linalg.fill ins(%cst : f32) outs(%16 : tensor<12x3x9x1xf32>) -> tensor<12x3x9x1xf32>
  %18 = linalg.generic {indexing_maps = [#map, #map3], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%15 : tensor<12x3x9x9xf32>) outs(%17 : tensor<12x3x9x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %23 = arith.addf %in, %out : f32
    linalg.yield %23 : f32
  } -> tensor<12x3x9x1xf32>
  %19 = linalg.generic {indexing_maps = [#map, #map3, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%15, %18 : tensor<12x3x9x9xf32>, tensor<12x3x9x1xf32>) outs(%4 : tensor<12x3x9x9xf32>) {
  ^bb0(%in: f32, %in_10: f32, %out: f32):
    %23 = arith.divf %in, %in_10 : f32
    linalg.yield %23 : f32
  } -> tensor<12x3x9x9xf32>
  %collapsed_7 = tensor.collapse_shape %19 [[0, 1], [2], [3]] : tensor<12x3x9x9xf32> into tensor<36x9x9xf32>
  %collapsed_8 = tensor.collapse_shape %arg2 [[0, 1], [2], [3]] : tensor<12x3x9x16xf32> into tensor<36x9x16xf32>
  %20 = tensor.empty() : tensor<36x9x16xf32>
  %21 = linalg.fill ins(%cst : f32) outs(%20 : tensor<36x9x16xf32>) -> tensor<36x9x16xf32>
  %22 = linalg.batch_matmul ins(%collapsed_7, %collapsed_8 : tensor<36x9x9xf32>, tensor<36x9x16xf32>) outs(%21 : tensor<36x9x16xf32>) -> tensor<36x9x16xf32>
  %expanded_9 = tensor.expand_shape %22 [[0, 1], [2], [3]] output_shape [12, 3, 9, 16] : tensor<36x9x16xf32> into tensor<12x3x9x16xf32>
  return %expanded_9 : tensor<12x3x9x16xf32>
}
