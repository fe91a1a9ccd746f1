// Integers of every width, element by element: narrow ones wrap to their width;
// index_cast extends the sign and index_castui does not, also of i1.
//
// RUN: fovea-run %s --check --all-entries | FileCheck %s
// RUN: fovea-run %s --check --all-entries --target cpu:plain | FileCheck %s
// CHECK: i8 {{.*}} ok
// CHECK: i16 {{.*}} ok
// CHECK: casts {{.*}} ok
// CHECK: bools {{.*}} ok

func.func @i8(%q: tensor<1x2x70x16xf32>, %k: tensor<1x2x90x16xf32>,
    %numbers: tensor<70x90xi8> {fovea.low = -128 : i64, fovea.high = 127 : i64},
    %o: tensor<1x2x70x16xf32>) -> tensor<1x2x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x2x70x16xf32>)
      dense(%k, %k : tensor<1x2x90x16xf32>, tensor<1x2x90x16xf32>)
      outs(%o : tensor<1x2x70x16xf32>)
      score(%s, %b, %h, %i, %j, %t = %numbers : tensor<70x90xi8>) {
        %n = tensor.extract %t[%i, %j] : tensor<70x90xi8>
        %m = tensor.extract %t[%j, %i] : tensor<70x90xi8>
        %c3 = arith.constant 3 : i8
        %sum = arith.addi %n, %m : i8
        %difference = arith.subi %sum, %c3 : i8
        %product = arith.muli %difference, %m : i8
        %less = arith.cmpi slt, %sum, %product : i8
        %any = arith.select %less, %sum, %product : i8
        %f = arith.sitofp %any : i8 to f32
        %unit = arith.constant 0.015625 : f32
        %g = arith.mulf %f, %unit : f32
        %y = arith.addf %s, %g : f32
        attn.yield %y : f32
      }
  return %r : tensor<1x2x70x16xf32>
}

func.func @i16(%q: tensor<1x2x70x16xf32>, %k: tensor<1x2x90x16xf32>,
    %numbers: tensor<70x90xi16> {fovea.low = -32768 : i64, fovea.high = 32767 : i64},
    %o: tensor<1x2x70x16xf32>) -> tensor<1x2x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x2x70x16xf32>)
      dense(%k, %k : tensor<1x2x90x16xf32>, tensor<1x2x90x16xf32>)
      outs(%o : tensor<1x2x70x16xf32>)
      score(%s, %b, %h, %i, %j, %t = %numbers : tensor<70x90xi16>) {
        %n = tensor.extract %t[%i, %j] : tensor<70x90xi16>
        %m = tensor.extract %t[%j, %i] : tensor<70x90xi16>
        %sum = arith.addi %n, %m : i16
        %product = arith.muli %sum, %m : i16
        %index = arith.index_cast %product : i16 to index
        %shifted = arith.addi %index, %j : index
        %l = arith.index_cast %shifted : index to i32
        %f = arith.sitofp %l : i32 to f32
        %unit = arith.constant 6.1035e-05 : f32
        %g = arith.mulf %f, %unit : f32
        %y = arith.addf %s, %g : f32
        attn.yield %y : f32
      }
  return %r : tensor<1x2x70x16xf32>
}

// -1 is 255, and 2^32 - 1; what is cut off is gone.
func.func @casts(%q: tensor<1x2x70x16xf32>, %k: tensor<1x2x90x16xf32>,
    %bytes: tensor<70x90xi8> {fovea.low = -128 : i64, fovea.high = 127 : i64},
    %words: tensor<70x90xi32> {fovea.low = -3 : i64, fovea.high = 3 : i64},
    %o: tensor<1x2x70x16xf32>) -> tensor<1x2x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x2x70x16xf32>)
      dense(%k, %k : tensor<1x2x90x16xf32>, tensor<1x2x90x16xf32>)
      outs(%o : tensor<1x2x70x16xf32>)
      score(%s, %b, %h, %i, %j, %t = %bytes : tensor<70x90xi8>,
            %u = %words : tensor<70x90xi32>) {
        %byte = tensor.extract %t[%i, %j] : tensor<70x90xi8>
        %word = tensor.extract %u[%i, %j] : tensor<70x90xi32>
        %c28 = arith.constant 28 : index
        %c250 = arith.constant 250 : index
        %large = arith.index_castui %word : i32 to index
        %high = arith.shrui %large, %c28 : index
        %small = arith.index_castui %byte : i8 to index
        %sum = arith.addi %small, %high : index
        %over = arith.addi %sum, %c250 : index
        %cut = arith.index_castui %over : index to i8
        %fsum = arith.index_cast %sum : index to i32
        %f = arith.sitofp %fsum : i32 to f32
        %g = arith.sitofp %cut : i8 to f32
        %both = arith.subf %f, %g : f32
        %unit = arith.constant 0.015625 : f32
        %x = arith.mulf %both, %unit : f32
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32
      }
  return %r : tensor<1x2x70x16xf32>
}

// A true i1 is -1 by its sign, and 1 without.
func.func @bools(%q: tensor<1x2x70x16xf32>, %k: tensor<1x2x90x16xf32>,
    %o: tensor<1x2x70x16xf32>) -> tensor<1x2x70x16xf32> {
  %r = attn.attention ins(%q : tensor<1x2x70x16xf32>)
      dense(%k, %k : tensor<1x2x90x16xf32>, tensor<1x2x90x16xf32>)
      outs(%o : tensor<1x2x70x16xf32>)
      score(%s, %b, %h, %i, %j) {
        %past = arith.cmpi sle, %j, %i : index
        %signed = arith.index_cast %past : i1 to index
        %unsigned = arith.index_castui %past : i1 to index
        %extended = arith.extsi %past : i1 to i64
        %c100 = arith.constant 100 : index
        %scaled = arith.muli %unsigned, %c100 : index
        %sum = arith.addi %scaled, %signed : index
        %odd = arith.index_cast %sum : index to i1
        %l = arith.index_cast %sum : index to i64
        %m = arith.addi %l, %extended : i64
        %f = arith.sitofp %m : i64 to f32
        %one = arith.uitofp %odd : i1 to f32
        %unit = arith.constant 0.015625 : f32
        %g = arith.mulf %f, %unit : f32
        %z = arith.addf %g, %one : f32
        %y = arith.addf %s, %z : f32
        attn.yield %y : f32
      }
  return %r : tensor<1x2x70x16xf32>
}
