// Operands in other orders of dimensions, and slices of larger tensors, are read
// where they are, with any strides.
//
// RUN: fovea-run %s --check --all-entries --target cpu:plain | FileCheck %s
// RUN: %if avx2 %{ fovea-run %s --check --all-entries --target cpu:avx2 | FileCheck %s %}
// RUN: fovea-run %s --check --all-entries | FileCheck %s

// CHECK: bshd_f32 {{.*}} ok
// CHECK: shared_f32 {{.*}} ok
// CHECK: transposed_f32 {{.*}} ok
// CHECK: columns_f32 {{.*}} ok
// CHECK: packed_f32 {{.*}} ok
// CHECK: interleaved_f32 {{.*}} ok
// CHECK: alternating_f32 {{.*}} ok
// CHECK: bshd_bf16 {{.*}} ok
// CHECK: shared_bf16 {{.*}} ok
// CHECK: transposed_bf16 {{.*}} ok
// CHECK: columns_bf16 {{.*}} ok
// CHECK: packed_bf16 {{.*}} ok
// CHECK: interleaved_bf16 {{.*}} ok
// CHECK: alternating_bf16 {{.*}} ok

// Heads inside of rows.
func.func @bshd_f32(%q: tensor<1x37x2x40xf32>, %k: tensor<1x51x2x40xf32>, %v: tensor<1x51x2x24xf32>,
    %o: tensor<1x37x2x24xf32>) -> tensor<1x37x2x24xf32> {
  %r = attn.attention ins(%q : tensor<1x37x2x40xf32>)
      dense(%k, %v : tensor<1x51x2x40xf32>, tensor<1x51x2x24xf32>)
      outs(%o : tensor<1x37x2x24xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>]}
  return %r : tensor<1x37x2x24xf32>
}

// All heads have the same keys and values.
func.func @shared_f32(%q: tensor<1x2x37x40xf32>, %k: tensor<1x51x40xf32>, %v: tensor<1x51x24xf32>,
    %o: tensor<1x2x37x24xf32>) -> tensor<1x2x37x24xf32> {
  %r = attn.attention ins(%q : tensor<1x2x37x40xf32>)
      dense(%k, %v : tensor<1x51x40xf32>, tensor<1x51x24xf32>)
      outs(%o : tensor<1x2x37x24xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>]}
  return %r : tensor<1x2x37x24xf32>
}

// Channels ahead of keys.
func.func @transposed_f32(%q: tensor<1x2x37x40xf32>, %k: tensor<1x2x40x51xf32>, %v: tensor<1x2x24x51xf32>,
    %o: tensor<1x2x37x24xf32>) -> tensor<1x2x37x24xf32> {
  %r = attn.attention ins(%q : tensor<1x2x37x40xf32>)
      dense(%k, %v : tensor<1x2x40x51xf32>, tensor<1x2x24x51xf32>)
      outs(%o : tensor<1x2x37x24xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, d, j)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, e, j)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>]}
  return %r : tensor<1x2x37x24xf32>
}

// Channels ahead of queries.
func.func @columns_f32(%q: tensor<1x2x40x37xf32>, %k: tensor<1x2x51x40xf32>, %v: tensor<1x2x51x24xf32>,
    %o: tensor<1x2x24x37xf32>) -> tensor<1x2x24x37xf32> {
  %r = attn.attention ins(%q : tensor<1x2x40x37xf32>)
      dense(%k, %v : tensor<1x2x51x40xf32>, tensor<1x2x51x24xf32>)
      outs(%o : tensor<1x2x24x37xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, h, d, i)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, e, i)>]}
  return %r : tensor<1x2x24x37xf32>
}

// Queries, keys and values in one tensor.
func.func @packed_f32(%x: tensor<2x37x3x2x40xf32>, %o: tensor<2x37x2x40xf32>) -> tensor<2x37x2x40xf32> {
  %q = tensor.extract_slice %x[0, 0, 0, 0, 0] [2, 37, 1, 2, 40] [1, 1, 1, 1, 1]
      : tensor<2x37x3x2x40xf32> to tensor<2x37x2x40xf32>
  %k = tensor.extract_slice %x[0, 0, 1, 0, 0] [2, 37, 1, 2, 40] [1, 1, 1, 1, 1]
      : tensor<2x37x3x2x40xf32> to tensor<2x37x2x40xf32>
  %v = tensor.extract_slice %x[0, 0, 2, 0, 0] [2, 37, 1, 2, 40] [1, 1, 1, 1, 1]
      : tensor<2x37x3x2x40xf32> to tensor<2x37x2x40xf32>
  %r = attn.attention ins(%q : tensor<2x37x2x40xf32>)
      dense(%k, %v : tensor<2x37x2x40xf32>, tensor<2x37x2x40xf32>)
      outs(%o : tensor<2x37x2x40xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>]}
  return %r : tensor<2x37x2x40xf32>
}

// The same, head by head.
func.func @interleaved_f32(%x: tensor<2x37x2x3x40xf32>, %o: tensor<2x37x2x40xf32>) -> tensor<2x37x2x40xf32> {
  %q = tensor.extract_slice %x[0, 0, 0, 0, 0] [2, 37, 2, 1, 40] [1, 1, 1, 1, 1]
      : tensor<2x37x2x3x40xf32> to tensor<2x37x2x40xf32>
  %k = tensor.extract_slice %x[0, 0, 0, 1, 0] [2, 37, 2, 1, 40] [1, 1, 1, 1, 1]
      : tensor<2x37x2x3x40xf32> to tensor<2x37x2x40xf32>
  %v = tensor.extract_slice %x[0, 0, 0, 2, 0] [2, 37, 2, 1, 40] [1, 1, 1, 1, 1]
      : tensor<2x37x2x3x40xf32> to tensor<2x37x2x40xf32>
  %r = attn.attention ins(%q : tensor<2x37x2x40xf32>)
      dense(%k, %v : tensor<2x37x2x40xf32>, tensor<2x37x2x40xf32>)
      outs(%o : tensor<2x37x2x40xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>]}
  return %r : tensor<2x37x2x40xf32>
}

// The same, element by element.
func.func @alternating_f32(%x: tensor<2x37x2x40x3xf32>, %o: tensor<2x37x2x40xf32>) -> tensor<2x37x2x40xf32> {
  %q = tensor.extract_slice %x[0, 0, 0, 0, 0] [2, 37, 2, 40, 1] [1, 1, 1, 1, 1]
      : tensor<2x37x2x40x3xf32> to tensor<2x37x2x40xf32>
  %k = tensor.extract_slice %x[0, 0, 0, 0, 1] [2, 37, 2, 40, 1] [1, 1, 1, 1, 1]
      : tensor<2x37x2x40x3xf32> to tensor<2x37x2x40xf32>
  %v = tensor.extract_slice %x[0, 0, 0, 0, 2] [2, 37, 2, 40, 1] [1, 1, 1, 1, 1]
      : tensor<2x37x2x40x3xf32> to tensor<2x37x2x40xf32>
  %r = attn.attention ins(%q : tensor<2x37x2x40xf32>)
      dense(%k, %v : tensor<2x37x2x40xf32>, tensor<2x37x2x40xf32>)
      outs(%o : tensor<2x37x2x40xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>]}
  return %r : tensor<2x37x2x40xf32>
}

// Heads inside of rows.
func.func @bshd_bf16(%q: tensor<1x37x2x40xbf16>, %k: tensor<1x51x2x40xbf16>, %v: tensor<1x51x2x24xbf16>,
    %o: tensor<1x37x2x24xbf16>) -> tensor<1x37x2x24xbf16> {
  %r = attn.attention ins(%q : tensor<1x37x2x40xbf16>)
      dense(%k, %v : tensor<1x51x2x40xbf16>, tensor<1x51x2x24xbf16>)
      outs(%o : tensor<1x37x2x24xbf16>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>]}
  return %r : tensor<1x37x2x24xbf16>
}

// All heads have the same keys and values.
func.func @shared_bf16(%q: tensor<1x2x37x40xbf16>, %k: tensor<1x51x40xbf16>, %v: tensor<1x51x24xbf16>,
    %o: tensor<1x2x37x24xbf16>) -> tensor<1x2x37x24xbf16> {
  %r = attn.attention ins(%q : tensor<1x2x37x40xbf16>)
      dense(%k, %v : tensor<1x51x40xbf16>, tensor<1x51x24xbf16>)
      outs(%o : tensor<1x2x37x24xbf16>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>]}
  return %r : tensor<1x2x37x24xbf16>
}

// Channels ahead of keys.
func.func @transposed_bf16(%q: tensor<1x2x37x40xbf16>, %k: tensor<1x2x40x51xbf16>, %v: tensor<1x2x24x51xbf16>,
    %o: tensor<1x2x37x24xbf16>) -> tensor<1x2x37x24xbf16> {
  %r = attn.attention ins(%q : tensor<1x2x37x40xbf16>)
      dense(%k, %v : tensor<1x2x40x51xbf16>, tensor<1x2x24x51xbf16>)
      outs(%o : tensor<1x2x37x24xbf16>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, d, j)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, e, j)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>]}
  return %r : tensor<1x2x37x24xbf16>
}

// Channels ahead of queries.
func.func @columns_bf16(%q: tensor<1x2x40x37xbf16>, %k: tensor<1x2x51x40xbf16>, %v: tensor<1x2x51x24xbf16>,
    %o: tensor<1x2x24x37xbf16>) -> tensor<1x2x24x37xbf16> {
  %r = attn.attention ins(%q : tensor<1x2x40x37xbf16>)
      dense(%k, %v : tensor<1x2x51x40xbf16>, tensor<1x2x51x24xbf16>)
      outs(%o : tensor<1x2x24x37xbf16>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, h, d, i)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, e, i)>]}
  return %r : tensor<1x2x24x37xbf16>
}

// Queries, keys and values in one tensor.
func.func @packed_bf16(%x: tensor<2x37x3x2x40xbf16>, %o: tensor<2x37x2x40xbf16>) -> tensor<2x37x2x40xbf16> {
  %q = tensor.extract_slice %x[0, 0, 0, 0, 0] [2, 37, 1, 2, 40] [1, 1, 1, 1, 1]
      : tensor<2x37x3x2x40xbf16> to tensor<2x37x2x40xbf16>
  %k = tensor.extract_slice %x[0, 0, 1, 0, 0] [2, 37, 1, 2, 40] [1, 1, 1, 1, 1]
      : tensor<2x37x3x2x40xbf16> to tensor<2x37x2x40xbf16>
  %v = tensor.extract_slice %x[0, 0, 2, 0, 0] [2, 37, 1, 2, 40] [1, 1, 1, 1, 1]
      : tensor<2x37x3x2x40xbf16> to tensor<2x37x2x40xbf16>
  %r = attn.attention ins(%q : tensor<2x37x2x40xbf16>)
      dense(%k, %v : tensor<2x37x2x40xbf16>, tensor<2x37x2x40xbf16>)
      outs(%o : tensor<2x37x2x40xbf16>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>]}
  return %r : tensor<2x37x2x40xbf16>
}

// The same, head by head.
func.func @interleaved_bf16(%x: tensor<2x37x2x3x40xbf16>, %o: tensor<2x37x2x40xbf16>) -> tensor<2x37x2x40xbf16> {
  %q = tensor.extract_slice %x[0, 0, 0, 0, 0] [2, 37, 2, 1, 40] [1, 1, 1, 1, 1]
      : tensor<2x37x2x3x40xbf16> to tensor<2x37x2x40xbf16>
  %k = tensor.extract_slice %x[0, 0, 0, 1, 0] [2, 37, 2, 1, 40] [1, 1, 1, 1, 1]
      : tensor<2x37x2x3x40xbf16> to tensor<2x37x2x40xbf16>
  %v = tensor.extract_slice %x[0, 0, 0, 2, 0] [2, 37, 2, 1, 40] [1, 1, 1, 1, 1]
      : tensor<2x37x2x3x40xbf16> to tensor<2x37x2x40xbf16>
  %r = attn.attention ins(%q : tensor<2x37x2x40xbf16>)
      dense(%k, %v : tensor<2x37x2x40xbf16>, tensor<2x37x2x40xbf16>)
      outs(%o : tensor<2x37x2x40xbf16>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>]}
  return %r : tensor<2x37x2x40xbf16>
}

// The same, element by element.
func.func @alternating_bf16(%x: tensor<2x37x2x40x3xbf16>, %o: tensor<2x37x2x40xbf16>) -> tensor<2x37x2x40xbf16> {
  %q = tensor.extract_slice %x[0, 0, 0, 0, 0] [2, 37, 2, 40, 1] [1, 1, 1, 1, 1]
      : tensor<2x37x2x40x3xbf16> to tensor<2x37x2x40xbf16>
  %k = tensor.extract_slice %x[0, 0, 0, 0, 1] [2, 37, 2, 40, 1] [1, 1, 1, 1, 1]
      : tensor<2x37x2x40x3xbf16> to tensor<2x37x2x40xbf16>
  %v = tensor.extract_slice %x[0, 0, 0, 0, 2] [2, 37, 2, 40, 1] [1, 1, 1, 1, 1]
      : tensor<2x37x2x40x3xbf16> to tensor<2x37x2x40xbf16>
  %r = attn.attention ins(%q : tensor<2x37x2x40xbf16>)
      dense(%k, %v : tensor<2x37x2x40xbf16>, tensor<2x37x2x40xbf16>)
      outs(%o : tensor<2x37x2x40xbf16>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, i, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, h, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, i, h, e)>]}
  return %r : tensor<2x37x2x40xbf16>
}
