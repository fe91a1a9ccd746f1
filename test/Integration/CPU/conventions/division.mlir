// Divisions in regions don't trap: that by 0 is one by 1, and the smallest integer
// divided by -1 is itself. Dividends are that integer, half of it, 0 and a quarter
// of the range; divisors are -2 to 2.
//
// RUN: fovea-run %s --check --all-entries | FileCheck %s
// CHECK: by_row {{.*}} ok
// CHECK: by_row_i8 {{.*}} ok
// CHECK: by_key {{.*}} ok
// CHECK: by_head {{.*}} ok
// CHECK: decomposed {{.*}} ok

func.func @by_row(%q: tensor<1x4x70x16xf32>, %k: tensor<1x4x90x16xf32>,
    %dividends: tensor<70x90xi32> {fovea.low = -2 : i64, fovea.high = 1 : i64},
    %divisors: tensor<90xi32> {fovea.low = -2 : i64, fovea.high = 2 : i64},
    %o: tensor<1x4x70x16xf32>) -> tensor<1x4x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x4x70x16xf32>)
      dense(%k, %k : tensor<1x4x90x16xf32>, tensor<1x4x90x16xf32>)
      outs(%o : tensor<1x4x70x16xf32>)
      score(%s, %b, %h, %i, %j, %t = %dividends : tensor<70x90xi32>,
            %u = %divisors : tensor<90xi32>) {
        %quarter = arith.constant 1073741824 : i32
        %n = tensor.extract %t[%i, %j] : tensor<70x90xi32>
        %m = arith.muli %n, %quarter : i32
        %d = tensor.extract %u[%i] : tensor<90xi32>
        %q0 = arith.divsi %m, %d : i32
        %f0 = arith.sitofp %q0 : i32 to f32
        %q1 = arith.floordivsi %m, %d : i32
        %f1 = arith.sitofp %q1 : i32 to f32
        %q2 = arith.ceildivsi %m, %d : i32
        %f2 = arith.sitofp %q2 : i32 to f32
        %q3 = arith.remsi %m, %d : i32
        %f3 = arith.sitofp %q3 : i32 to f32
        %q4 = arith.divui %m, %d : i32
        %f4 = arith.sitofp %q4 : i32 to f32
        %q5 = arith.ceildivui %m, %d : i32
        %f5 = arith.sitofp %q5 : i32 to f32
        %q6 = arith.remui %m, %d : i32
        %f6 = arith.sitofp %q6 : i32 to f32
        %g1 = arith.addf %f0, %f1 : f32
        %g2 = arith.addf %g1, %f2 : f32
        %g3 = arith.addf %g2, %f3 : f32
        %g4 = arith.addf %g3, %f4 : f32
        %g5 = arith.addf %g4, %f5 : f32
        %g6 = arith.addf %g5, %f6 : f32
        %unit = arith.constant 9.313225746154785e-10 : f32
        %g = arith.mulf %g6, %unit : f32
        %y = arith.addf %s, %g : f32
        attn.yield %y : f32
      }
  return %r : tensor<1x4x70x16xf32>
}

func.func @by_row_i8(%q: tensor<1x4x70x16xf32>, %k: tensor<1x4x90x16xf32>,
    %dividends: tensor<70x90xi8> {fovea.low = -2 : i64, fovea.high = 1 : i64},
    %divisors: tensor<90xi8> {fovea.low = -2 : i64, fovea.high = 2 : i64},
    %o: tensor<1x4x70x16xf32>) -> tensor<1x4x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x4x70x16xf32>)
      dense(%k, %k : tensor<1x4x90x16xf32>, tensor<1x4x90x16xf32>)
      outs(%o : tensor<1x4x70x16xf32>)
      score(%s, %b, %h, %i, %j, %t = %dividends : tensor<70x90xi8>,
            %u = %divisors : tensor<90xi8>) {
        %quarter = arith.constant 64 : i8
        %n = tensor.extract %t[%i, %j] : tensor<70x90xi8>
        %m = arith.muli %n, %quarter : i8
        %d = tensor.extract %u[%i] : tensor<90xi8>
        %q0 = arith.divsi %m, %d : i8
        %f0 = arith.sitofp %q0 : i8 to f32
        %q1 = arith.floordivsi %m, %d : i8
        %f1 = arith.sitofp %q1 : i8 to f32
        %q2 = arith.ceildivsi %m, %d : i8
        %f2 = arith.sitofp %q2 : i8 to f32
        %q3 = arith.remsi %m, %d : i8
        %f3 = arith.sitofp %q3 : i8 to f32
        %q4 = arith.divui %m, %d : i8
        %f4 = arith.sitofp %q4 : i8 to f32
        %q5 = arith.ceildivui %m, %d : i8
        %f5 = arith.sitofp %q5 : i8 to f32
        %q6 = arith.remui %m, %d : i8
        %f6 = arith.sitofp %q6 : i8 to f32
        %g1 = arith.addf %f0, %f1 : f32
        %g2 = arith.addf %g1, %f2 : f32
        %g3 = arith.addf %g2, %f3 : f32
        %g4 = arith.addf %g3, %f4 : f32
        %g5 = arith.addf %g4, %f5 : f32
        %g6 = arith.addf %g5, %f6 : f32
        %unit = arith.constant 0.015625 : f32
        %g = arith.mulf %g6, %unit : f32
        %y = arith.addf %s, %g : f32
        attn.yield %y : f32
      }
  return %r : tensor<1x4x70x16xf32>
}

func.func @by_key(%q: tensor<1x4x70x16xf32>, %k: tensor<1x4x90x16xf32>,
    %dividends: tensor<70x90xi64> {fovea.low = -2 : i64, fovea.high = 1 : i64},
    %divisors: tensor<90xi64> {fovea.low = -2 : i64, fovea.high = 2 : i64},
    %o: tensor<1x4x70x16xf32>) -> tensor<1x4x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x4x70x16xf32>)
      dense(%k, %k : tensor<1x4x90x16xf32>, tensor<1x4x90x16xf32>)
      outs(%o : tensor<1x4x70x16xf32>)
      score(%s, %b, %h, %i, %j, %t = %dividends : tensor<70x90xi64>,
            %u = %divisors : tensor<90xi64>) {
        %quarter = arith.constant 4611686018427387904 : i64
        %n = tensor.extract %t[%i, %j] : tensor<70x90xi64>
        %m = arith.muli %n, %quarter : i64
        %d = tensor.extract %u[%j] : tensor<90xi64>
        %q0 = arith.divsi %m, %d : i64
        %f0 = arith.sitofp %q0 : i64 to f32
        %q1 = arith.floordivsi %m, %d : i64
        %f1 = arith.sitofp %q1 : i64 to f32
        %q2 = arith.ceildivsi %m, %d : i64
        %f2 = arith.sitofp %q2 : i64 to f32
        %q3 = arith.remsi %m, %d : i64
        %f3 = arith.sitofp %q3 : i64 to f32
        %q4 = arith.divui %m, %d : i64
        %f4 = arith.sitofp %q4 : i64 to f32
        %q5 = arith.ceildivui %m, %d : i64
        %f5 = arith.sitofp %q5 : i64 to f32
        %q6 = arith.remui %m, %d : i64
        %f6 = arith.sitofp %q6 : i64 to f32
        %g1 = arith.addf %f0, %f1 : f32
        %g2 = arith.addf %g1, %f2 : f32
        %g3 = arith.addf %g2, %f3 : f32
        %g4 = arith.addf %g3, %f4 : f32
        %g5 = arith.addf %g4, %f5 : f32
        %g6 = arith.addf %g5, %f6 : f32
        %unit = arith.constant 2.168404344971009e-19 : f32
        %g = arith.mulf %g6, %unit : f32
        %y = arith.addf %s, %g : f32
        attn.yield %y : f32
      }
  return %r : tensor<1x4x70x16xf32>
}

func.func @by_head(%q: tensor<1x4x70x16xf32>, %k: tensor<1x4x90x16xf32>,
    %dividends: tensor<70x90xi64> {fovea.low = -2 : i64, fovea.high = 1 : i64},
    %divisors: tensor<90xi64> {fovea.low = -2 : i64, fovea.high = 2 : i64},
    %o: tensor<1x4x70x16xf32>) -> tensor<1x4x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x4x70x16xf32>)
      dense(%k, %k : tensor<1x4x90x16xf32>, tensor<1x4x90x16xf32>)
      outs(%o : tensor<1x4x70x16xf32>)
      score(%s, %b, %h, %i, %j, %t = %dividends : tensor<70x90xi64>,
            %u = %divisors : tensor<90xi64>) {
        %quarter = arith.constant 4611686018427387904 : i64
        %n = tensor.extract %t[%i, %j] : tensor<70x90xi64>
        %m = arith.muli %n, %quarter : i64
        %c = tensor.extract %u[%h] : tensor<90xi64>
        %x = arith.index_cast %m : i64 to index
        %d = arith.index_cast %c : i64 to index
        %q0 = index.divs %x, %d
        %w0 = arith.index_cast %q0 : index to i64
        %f0 = arith.sitofp %w0 : i64 to f32
        %q1 = index.floordivs %x, %d
        %w1 = arith.index_cast %q1 : index to i64
        %f1 = arith.sitofp %w1 : i64 to f32
        %q2 = index.ceildivs %x, %d
        %w2 = arith.index_cast %q2 : index to i64
        %f2 = arith.sitofp %w2 : i64 to f32
        %q3 = index.rems %x, %d
        %w3 = arith.index_cast %q3 : index to i64
        %f3 = arith.sitofp %w3 : i64 to f32
        %q4 = index.divu %x, %d
        %w4 = arith.index_cast %q4 : index to i64
        %f4 = arith.sitofp %w4 : i64 to f32
        %q5 = index.ceildivu %x, %d
        %w5 = arith.index_cast %q5 : index to i64
        %f5 = arith.sitofp %w5 : i64 to f32
        %q6 = index.remu %x, %d
        %w6 = arith.index_cast %q6 : index to i64
        %f6 = arith.sitofp %w6 : i64 to f32
        %g1 = arith.addf %f0, %f1 : f32
        %g2 = arith.addf %g1, %f2 : f32
        %g3 = arith.addf %g2, %f3 : f32
        %g4 = arith.addf %g3, %f4 : f32
        %g5 = arith.addf %g4, %f5 : f32
        %g6 = arith.addf %g5, %f6 : f32
        %unit = arith.constant 2.168404344971009e-19 : f32
        %g = arith.mulf %g6, %unit : f32
        %y = arith.addf %s, %g : f32
        attn.yield %y : f32
      }
  return %r : tensor<1x4x70x16xf32>
}

func.func @decomposed(%q: tensor<1x4x70x16xf32>, %k: tensor<1x4x90x16xf32>,
    %dividends: tensor<70x90xi32> {fovea.low = -2 : i64, fovea.high = 1 : i64},
    %divisors: tensor<90xi32> {fovea.low = -2 : i64, fovea.high = 2 : i64},
    %l: tensor<1x4x70xf32> {fovea.low = 4.0 : f64, fovea.high = 5.0 : f64},
    %o: tensor<1x4x90xf32>) -> tensor<1x4x90xf32> {
  %r = attn.score_reduce column_sum ins(%q : tensor<1x4x70x16xf32>)
      dense(%k : tensor<1x4x90x16xf32>) lse(%l : tensor<1x4x70xf32>)
      outs(%o : tensor<1x4x90xf32>)
      score(%s, %b, %h, %i, %j, %t = %dividends : tensor<70x90xi32>,
            %u = %divisors : tensor<90xi32>) {
        %quarter = arith.constant 1073741824 : i32
        %n = tensor.extract %t[%i, %j] : tensor<70x90xi32>
        %m = arith.muli %n, %quarter : i32
        %d = tensor.extract %u[%i] : tensor<90xi32>
        %q0 = arith.divsi %m, %d : i32
        %f0 = arith.sitofp %q0 : i32 to f32
        %q1 = arith.floordivsi %m, %d : i32
        %f1 = arith.sitofp %q1 : i32 to f32
        %q2 = arith.ceildivsi %m, %d : i32
        %f2 = arith.sitofp %q2 : i32 to f32
        %q3 = arith.remsi %m, %d : i32
        %f3 = arith.sitofp %q3 : i32 to f32
        %q4 = arith.divui %m, %d : i32
        %f4 = arith.sitofp %q4 : i32 to f32
        %q5 = arith.ceildivui %m, %d : i32
        %f5 = arith.sitofp %q5 : i32 to f32
        %q6 = arith.remui %m, %d : i32
        %f6 = arith.sitofp %q6 : i32 to f32
        %g1 = arith.addf %f0, %f1 : f32
        %g2 = arith.addf %g1, %f2 : f32
        %g3 = arith.addf %g2, %f3 : f32
        %g4 = arith.addf %g3, %f4 : f32
        %g5 = arith.addf %g4, %f5 : f32
        %g6 = arith.addf %g5, %f6 : f32
        %unit = arith.constant 9.313225746154785e-10 : f32
        %g = arith.mulf %g6, %unit : f32
        %y = arith.addf %s, %g : f32
        attn.yield %y : f32
      }
  return %r : tensor<1x4x90xf32>
}
