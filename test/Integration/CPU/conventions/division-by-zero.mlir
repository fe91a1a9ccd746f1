// Division by zero in a region does not trap; its value, which is not specified,
// is not used here. Divisors by row, by key and by head.
//
// RUN: fovea-run %s --check --all-entries | FileCheck %s
// CHECK: by_row {{.*}} ok
// CHECK: by_key {{.*}} ok
// CHECK: by_head {{.*}} ok

func.func @by_row(%q: tensor<1x2x70x16xf32>, %k: tensor<1x2x90x16xf32>,
    %divisors: tensor<90xi32> {fovea.low = -2 : i64, fovea.high = 2 : i64},
    %o: tensor<1x2x70x16xf32>) -> tensor<1x2x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x2x70x16xf32>)
      dense(%k, %k : tensor<1x2x90x16xf32>, tensor<1x2x90x16xf32>)
      outs(%o : tensor<1x2x70x16xf32>)
      mask(%b, %h, %i, %j, %table = %divisors : tensor<90xi32>) {
        %c0 = arith.constant 0 : i32
        %c9 = arith.constant 9 : i32
        %d = tensor.extract %table[%i] : tensor<90xi32>
        %x = arith.floordivsi %c9, %d : i32
        %y = arith.remsi %c9, %d : i32
        %z = arith.divui %c9, %d : i32
        %xy = arith.addi %x, %y : i32
        %xyz = arith.addi %xy, %z : i32
        %zero = arith.cmpi eq, %d, %c0 : i32
        %large = arith.cmpi sge, %xyz, %c9 : i32
        %c = arith.ori %zero, %large : i1
        attn.yield %c : i1
      }
  return %r : tensor<1x2x70x16xf32>
}

func.func @by_key(%q: tensor<1x2x70x16xf32>, %k: tensor<1x2x90x16xf32>,
    %divisors: tensor<90xi32> {fovea.low = -2 : i64, fovea.high = 2 : i64},
    %o: tensor<1x2x70x16xf32>) -> tensor<1x2x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x2x70x16xf32>)
      dense(%k, %k : tensor<1x2x90x16xf32>, tensor<1x2x90x16xf32>)
      outs(%o : tensor<1x2x70x16xf32>)
      mask(%b, %h, %i, %j, %table = %divisors : tensor<90xi32>) {
        %c0 = arith.constant 0 : i32
        %c9 = arith.constant 9 : i32
        %d = tensor.extract %table[%j] : tensor<90xi32>
        %x = arith.floordivsi %c9, %d : i32
        %y = arith.remsi %c9, %d : i32
        %z = arith.divui %c9, %d : i32
        %xy = arith.addi %x, %y : i32
        %xyz = arith.addi %xy, %z : i32
        %zero = arith.cmpi eq, %d, %c0 : i32
        %large = arith.cmpi sge, %xyz, %c9 : i32
        %c = arith.ori %zero, %large : i1
        attn.yield %c : i1
      }
  return %r : tensor<1x2x70x16xf32>
}

func.func @by_head(%q: tensor<1x2x70x16xf32>, %k: tensor<1x2x90x16xf32>,
    %divisors: tensor<90xi32> {fovea.low = -2 : i64, fovea.high = 2 : i64},
    %o: tensor<1x2x70x16xf32>) -> tensor<1x2x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x2x70x16xf32>)
      dense(%k, %k : tensor<1x2x90x16xf32>, tensor<1x2x90x16xf32>)
      outs(%o : tensor<1x2x70x16xf32>)
      mask(%b, %h, %i, %j, %table = %divisors : tensor<90xi32>) {
        %c0 = arith.constant 0 : i32
        %c9 = arith.constant 9 : i32
        %d = tensor.extract %table[%h] : tensor<90xi32>
        %x = arith.floordivsi %c9, %d : i32
        %y = arith.remsi %c9, %d : i32
        %z = arith.divui %c9, %d : i32
        %xy = arith.addi %x, %y : i32
        %xyz = arith.addi %xy, %z : i32
        %zero = arith.cmpi eq, %d, %c0 : i32
        %large = arith.cmpi sge, %xyz, %c9 : i32
        %c = arith.ori %zero, %large : i1
        attn.yield %c : i1
      }
  return %r : tensor<1x2x70x16xf32>
}
