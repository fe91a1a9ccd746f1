// Regions compute in bf16 and f16 on CPUs without instructions for them, and kernels
// move such numbers in every way; each result is rounded to its type. So do conditions
// that are the same for a work item, and ops that are decomposed. The ops here are
// exact in f64 and in f32 up to that rounding.
//
// RUN: fovea-run %s --check --all-entries --target cpu:plain | FileCheck %s
// RUN: %if avx2 %{ fovea-run %s --check --all-entries --target cpu:avx2 | FileCheck %s %}
// RUN: %if avx512 %{ fovea-run %s --check --all-entries --target cpu:avx512 | FileCheck %s %}
// RUN: fovea-run %s --check --all-entries | FileCheck %s
// RUN: fovea-compile %s --emit=asm -o %t.s \
// RUN:   --target=cpu:+avx512f,+avx512bw,+avx512dq,+avx512vl,+avx512bf16,+fma,+avx2
// CHECK: bf16 {{.*}} ok
// CHECK: f16 {{.*}} ok
// CHECK: mask {{.*}} ok
// CHECK: reduce {{.*}} ok
// CHECK: captured {{.*}} ok
// CHECK: single_channels {{.*}} ok
// CHECK: roots {{.*}} ok
// CHECK: three_channels {{.*}} ok

// By row, by key, by head and one by one.
func.func @bf16(%q: tensor<1x4x70x16xf32>, %k: tensor<1x4x90x16xbf16>,
    %rows: tensor<70xbf16> {fovea.low = -1.0 : f64, fovea.high = 1.0 : f64},
    %table: tensor<70x90xbf16> {fovea.low = -1.0 : f64, fovea.high = 1.0 : f64},
    %o: tensor<1x4x70x16xf32>) -> tensor<1x4x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x4x70x16xf32>)
      dense(%k, %k : tensor<1x4x90x16xbf16>, tensor<1x4x90x16xbf16>)
      outs(%o : tensor<1x4x70x16xf32>)
      score(%s, %b, %h, %i, %j, %t = %rows : tensor<70xbf16>,
            %u = %table : tensor<70x90xbf16>) {
        %row = tensor.extract %t[%i] : tensor<70xbf16>
        %key = tensor.extract %t[%j] : tensor<70xbf16>
        %head = tensor.extract %t[%h] : tensor<70xbf16>
        %any = tensor.extract %u[%i, %j] : tensor<70x90xbf16>
        %third = arith.constant 0.333 : bf16
        %small = arith.mulf %head, %third : bf16
        %x = arith.mulf %row, %key : bf16
        %y = arith.addf %x, %small : bf16
        %z = arith.divf %y, %third : bf16
        %less = arith.cmpf olt, %z, %any : bf16
        %either = arith.select %less, %z, %any : bf16
        %size = math.absf %either : bf16
        %root = math.sqrt %size : bf16
        %bits = arith.bitcast %root : bf16 to i16
        %sign = arith.constant -32768 : i16
        %flipped = arith.xori %bits, %sign : i16
        %opposite = arith.bitcast %flipped : i16 to bf16
        %j32 = arith.index_cast %j : index to i32
        %number = arith.sitofp %j32 : i32 to bf16
        %hundredth = arith.constant 0.01 : bf16
        %slope = arith.mulf %number, %hundredth : bf16
        %short = arith.truncf %s : f32 to bf16
        %p = arith.addf %opposite, %short : bf16
        %n = arith.negf %slope : bf16
        %sum = arith.addf %p, %n : bf16
        %e = arith.extf %sum : bf16 to f32
        attn.yield %e : f32
      }
  return %r : tensor<1x4x70x16xf32>
}

func.func @f16(%q: tensor<1x4x70x16xf32>, %k: tensor<1x4x90x16xf16>,
    %rows: tensor<70xf16> {fovea.low = -1.0 : f64, fovea.high = 1.0 : f64},
    %table: tensor<70x90xf16> {fovea.low = -1.0 : f64, fovea.high = 1.0 : f64},
    %o: tensor<1x4x70x16xf32>) -> tensor<1x4x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x4x70x16xf32>)
      dense(%k, %k : tensor<1x4x90x16xf16>, tensor<1x4x90x16xf16>)
      outs(%o : tensor<1x4x70x16xf32>)
      score(%s, %b, %h, %i, %j, %t = %rows : tensor<70xf16>,
            %u = %table : tensor<70x90xf16>) {
        %row = tensor.extract %t[%i] : tensor<70xf16>
        %key = tensor.extract %t[%j] : tensor<70xf16>
        %head = tensor.extract %t[%h] : tensor<70xf16>
        %any = tensor.extract %u[%i, %j] : tensor<70x90xf16>
        %third = arith.constant 0.333 : f16
        %small = arith.mulf %head, %third : f16
        %x = arith.mulf %row, %key : f16
        %y = arith.addf %x, %small : f16
        %z = arith.divf %y, %third : f16
        %less = arith.cmpf olt, %z, %any : f16
        %either = arith.select %less, %z, %any : f16
        %size = math.absf %either : f16
        %root = math.sqrt %size : f16
        %bits = arith.bitcast %root : f16 to i16
        %sign = arith.constant -32768 : i16
        %flipped = arith.xori %bits, %sign : i16
        %opposite = arith.bitcast %flipped : i16 to f16
        %j32 = arith.index_cast %j : index to i32
        %number = arith.sitofp %j32 : i32 to f16
        %hundredth = arith.constant 0.01 : f16
        %slope = arith.mulf %number, %hundredth : f16
        %short = arith.truncf %s : f32 to f16
        %p = arith.addf %opposite, %short : f16
        %n = arith.negf %slope : f16
        %sum = arith.addf %p, %n : f16
        %e = arith.extf %sum : f16 to f32
        attn.yield %e : f32
      }
  return %r : tensor<1x4x70x16xf32>
}

func.func @mask(%q: tensor<1x32x70x16xf32>, %k: tensor<1x32x90x16xf32>,
    %heads: tensor<32xbf16> {fovea.low = -1.0 : f64, fovea.high = 1.0 : f64},
    %o: tensor<1x32x70x16xf32>) -> tensor<1x32x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x32x70x16xf32>)
      dense(%k, %k : tensor<1x32x90x16xf32>, tensor<1x32x90x16xf32>)
      outs(%o : tensor<1x32x70x16xf32>)
      mask(%b, %h, %i, %j, %t = %heads : tensor<32xbf16>) {
        %x = tensor.extract %t[%h] : tensor<32xbf16>
        %square = arith.mulf %x, %x : bf16
        %e = math.sqrt %square : bf16
        %limit = arith.constant 0.5 : bf16
        %all = arith.cmpf olt, %e, %limit : bf16
        %past = arith.cmpi sle, %j, %i : index
        %c = arith.ori %all, %past : i1
        attn.yield %c : i1
      }
  return %r : tensor<1x32x70x16xf32>
}

func.func @reduce(%q: tensor<1x2x40x16xf32>, %k: tensor<1x2x50x16xf32>,
    %keys: tensor<50xbf16> {fovea.low = -1.0 : f64, fovea.high = 1.0 : f64},
    %lse: tensor<1x2x40xf32>, %o: tensor<1x2x50xf32>) -> tensor<1x2x50xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<1x2x40x16xf32>)
      dense(%k : tensor<1x2x50x16xf32>) lse(%lse : tensor<1x2x40xf32>)
      outs(%o : tensor<1x2x50xf32>)
      score(%s, %b, %h, %i, %j, %t = %keys : tensor<50xbf16>) {
        %x = tensor.extract %t[%j] : tensor<50xbf16>
        %square = arith.mulf %x, %x : bf16
        %e = math.sqrt %square : bf16
        %f = arith.extf %e : bf16 to f32
        %y = arith.addf %f, %s : f32
        attn.yield %y : f32
      }
  return %r : tensor<1x2x50xf32>
}

// A scalar that a kernel takes as an argument.
func.func @captured(%q: tensor<1x2x70x16xf32>, %k: tensor<1x2x90x16xf32>,
    %y: bf16 {fovea.low = -2.0 : f64, fovea.high = 2.0 : f64},
    %o: tensor<1x2x70x16xf32>) -> tensor<1x2x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x2x70x16xf32>)
      dense(%k, %k : tensor<1x2x90x16xf32>, tensor<1x2x90x16xf32>)
      outs(%o : tensor<1x2x70x16xf32>)
      score(%s, %b, %h, %i, %j, %t = %y : bf16) {
        %past = arith.cmpi sle, %j, %i : index
        %x = arith.extf %t : bf16 to f32
        %z = arith.mulf %s, %x : f32
        %c = arith.select %past, %z, %s : f32
        attn.yield %c : f32
      }
      mask(%b, %h, %i, %j) {
        %past = arith.cmpi sle, %j, %i : index
        attn.yield %past : i1
      }
  return %r : tensor<1x2x70x16xf32>
}

// Channels of which one is left over, in lanes of 8.
func.func @single_channels(%q: tensor<1x2x9x17xbf16>, %k: tensor<1x2x40x17xbf16>,
    %v: tensor<1x2x40x19xbf16>, %o: tensor<1x2x9x19xbf16>) -> tensor<1x2x9x19xbf16> {
  %r = attn.attention ins(%q : tensor<1x2x9x17xbf16>)
      dense(%k, %v : tensor<1x2x40x17xbf16>, tensor<1x2x40x19xbf16>)
      outs(%o : tensor<1x2x9x19xbf16>)
      attributes {schedule = #tile.cpu_schedule<query_tile = 2, key_tile = 8, lanes = 8, rows = 2,
                                                vectors = 2, lane_axis = 1>}
  return %r : tensor<1x2x9x19xbf16>
}

// A function for which there is an instruction of AVX, in vectors of 8 without AVX.
func.func @roots(%q: tensor<1x2x70x16xf32>, %k: tensor<1x2x90x16xf32>, %o: tensor<1x2x70x16xf32>)
    -> tensor<1x2x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x2x70x16xf32>)
      dense(%k, %k : tensor<1x2x90x16xf32>, tensor<1x2x90x16xf32>)
      outs(%o : tensor<1x2x70x16xf32>)
      score(%s, %b, %h, %i, %j) {
        %one = arith.constant 1.0 : f32
        %x = math.fma %s, %s, %one : f32
        %y = math.rsqrt %x : f32
        attn.yield %y : f32
      }
      attributes {schedule = #tile.cpu_schedule<query_tile = 16, key_tile = 32, lanes = 8, rows = 4, vectors = 2>}
  return %r : tensor<1x2x70x16xf32>
}

// Copies of factors in bf16 beside few channels, in vectors of 9, with and without
// instructions for bf16.
func.func @three_channels(%q: tensor<1x4x1x3xbf16>, %k: tensor<1x1x5x3xbf16>, %v: tensor<1x1x5x1xf32>,
    %f: tensor<1x4x1x1xf32>, %g: tensor<1x1x5x1xf32>, %o: tensor<1x4x1x1xf32>) -> tensor<1x4x1x1xf32> {
  %r = attn.attention ins(%q : tensor<1x4x1x3xbf16>)
      dense(%k, %v : tensor<1x1x5x3xbf16>, tensor<1x1x5x1xf32>)
      factors(%f, %g : tensor<1x4x1x1xf32>, tensor<1x1x5x1xf32>) outs(%o : tensor<1x4x1x1xf32>)
  return %r : tensor<1x4x1x1xf32>
}
