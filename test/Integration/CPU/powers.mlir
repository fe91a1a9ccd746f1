// Integer powers, with exponents that are known, the same for a head or a key, or
// differ by element; negative ones too.
//
// RUN: fovea-run %s --check --all-entries | FileCheck %s
// RUN: fovea-run %s --check --all-entries --target cpu:plain | FileCheck %s
// CHECK: floats {{.*}} ok
// CHECK: integers {{.*}} ok

func.func @floats(%q: tensor<1x4x70x16xf32>, %k: tensor<1x4x90x16xf32>,
    %bases: tensor<70x90xf32> {fovea.low = -1.25 : f64, fovea.high = 1.25 : f64},
    %exponents: tensor<70x90xi32> {fovea.low = 0 : i64, fovea.high = 9 : i64},
    %signed: tensor<90xi64> {fovea.low = -4 : i64, fovea.high = 4 : i64},
    %o: tensor<1x4x70x16xf32>) -> tensor<1x4x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x4x70x16xf32>)
      dense(%k, %k : tensor<1x4x90x16xf32>, tensor<1x4x90x16xf32>)
      outs(%o : tensor<1x4x70x16xf32>)
      score(%s, %b, %h, %i, %j, %x = %bases : tensor<70x90xf32>,
            %t = %exponents : tensor<70x90xi32>, %u = %signed : tensor<90xi64>) {
        %base = tensor.extract %x[%i, %j] : tensor<70x90xf32>
        %n = tensor.extract %t[%i, %j] : tensor<70x90xi32>
        %m = tensor.extract %u[%j] : tensor<90xi64>
        %l = tensor.extract %u[%h] : tensor<90xi64>
        %one = arith.constant 1.0 : f32
        %three = arith.constant 3 : i32
        %minus = arith.constant -2 : i32
        %positive = math.absf %base : f32
        %far = arith.maximumf %positive, %one : f32
        %p = math.fpowi %base, %n : f32, i32
        %q3 = math.fpowi %base, %three : f32, i32
        %byk = math.fpowi %far, %m : f32, i64
        %byh = math.fpowi %far, %l : f32, i64
        %inverse = math.fpowi %far, %minus : f32, i32
        %a0 = arith.addf %p, %q3 : f32
        %a1 = arith.addf %a0, %byk : f32
        %a2 = arith.addf %a1, %byh : f32
        %a3 = arith.addf %a2, %inverse : f32
        %y = arith.addf %a3, %s : f32
        attn.yield %y : f32
      }
  return %r : tensor<1x4x70x16xf32>
}

func.func @integers(%q: tensor<1x4x70x16xf32>, %k: tensor<1x4x90x16xf32>,
    %bases: tensor<70x90xi32> {fovea.low = -3 : i64, fovea.high = 3 : i64},
    %signed: tensor<90xi32> {fovea.low = -3 : i64, fovea.high = 40 : i64},
    %o: tensor<1x4x70x16xf32>) -> tensor<1x4x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x4x70x16xf32>)
      dense(%k, %k : tensor<1x4x90x16xf32>, tensor<1x4x90x16xf32>)
      outs(%o : tensor<1x4x70x16xf32>)
      score(%s, %b, %h, %i, %j, %t = %bases : tensor<70x90xi32>,
            %u = %signed : tensor<90xi32>) {
        %base = tensor.extract %t[%i, %j] : tensor<70x90xi32>
        %n = tensor.extract %u[%i] : tensor<90xi32>
        %m = tensor.extract %u[%h] : tensor<90xi32>
        %p = math.ipowi %base, %n : i32
        %r = math.ipowi %base, %m : i32
        %ij = arith.addi %i, %j : index
        %two = arith.constant 2 : index
        %square = math.ipowi %ij, %two : index
        %low = arith.index_cast %square : index to i32
        %mask = arith.constant 127 : i32
        %x0 = arith.xori %p, %r : i32
        %x1 = arith.xori %x0, %low : i32
        %x = arith.andi %x1, %mask : i32
        %f = arith.sitofp %x : i32 to f32
        %unit = arith.constant 0.015625 : f32
        %g = arith.mulf %f, %unit : f32
        %y = arith.addf %s, %g : f32
        attn.yield %y : f32
      }
  return %r : tensor<1x4x70x16xf32>
}
