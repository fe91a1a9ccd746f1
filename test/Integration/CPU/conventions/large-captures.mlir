// Captured 64-bit integers may have any value, and masks that compute with them
// wrap. A head's offset is a multiple of 2^60 here, from -2^63 on.
//
// RUN: fovea-run %s --check --all-entries | FileCheck %s
// CHECK: sum {{.*}} ok
// CHECK: wrapping {{.*}} ok
// CHECK: difference {{.*}} ok
// CHECK: bound {{.*}} ok
// CHECK: equal {{.*}} ok
// CHECK: small {{.*}} ok

// i + offset: wraps for none of these offsets.
func.func @sum(%q: tensor<1x32x200x16xf32>, %k: tensor<1x32x300x16xf32>,
    %offsets: tensor<32xi64> {fovea.low = -8 : i64, fovea.high = 8 : i64},
    %o: tensor<1x32x200x16xf32>) -> tensor<1x32x200x16xf32> {
  %r = attn.attention ins(%q : tensor<1x32x200x16xf32>)
      dense(%k, %k : tensor<1x32x300x16xf32>, tensor<1x32x300x16xf32>)
      outs(%o : tensor<1x32x200x16xf32>)
      mask(%b, %h, %i, %j, %table = %offsets : tensor<32xi64>) {
        %unit = arith.constant 1152921504606846976 : i64
        %n = tensor.extract %table[%h] : tensor<32xi64>
        %m = arith.muli %n, %unit : i64
        %offset = arith.index_cast %m : i64 to index
        %end = arith.addi %i, %offset : index
        %c = arith.cmpi sle, %j, %end : index
        attn.yield %c : i1
      }
  return %r : tensor<1x32x200x16xf32>
}

// i + offset - 50, which wraps for i >= 50 where the multiple is -2^63.
func.func @wrapping(%q: tensor<1x32x200x16xf32>, %k: tensor<1x32x300x16xf32>,
    %offsets: tensor<32xi64> {fovea.low = -8 : i64, fovea.high = 8 : i64},
    %o: tensor<1x32x200x16xf32>) -> tensor<1x32x200x16xf32> {
  %r = attn.attention ins(%q : tensor<1x32x200x16xf32>)
      dense(%k, %k : tensor<1x32x300x16xf32>, tensor<1x32x300x16xf32>)
      outs(%o : tensor<1x32x200x16xf32>)
      mask(%b, %h, %i, %j, %table = %offsets : tensor<32xi64>) {
        %unit = arith.constant 1152921504606846976 : i64
        %c50 = arith.constant 50 : i64
        %n = tensor.extract %table[%h] : tensor<32xi64>
        %m = arith.muli %n, %unit : i64
        %l = arith.subi %m, %c50 : i64
        %offset = arith.index_cast %l : i64 to index
        %end = arith.addi %i, %offset : index
        %c = arith.cmpi sle, %j, %end : index
        attn.yield %c : i1
      }
  return %r : tensor<1x32x200x16xf32>
}

// j - offset wraps where the offset is negative and large.
func.func @difference(%q: tensor<1x32x200x16xf32>, %k: tensor<1x32x300x16xf32>,
    %offsets: tensor<32xi64> {fovea.low = -8 : i64, fovea.high = 8 : i64},
    %o: tensor<1x32x200x16xf32>) -> tensor<1x32x200x16xf32> {
  %r = attn.attention ins(%q : tensor<1x32x200x16xf32>)
      dense(%k, %k : tensor<1x32x300x16xf32>, tensor<1x32x300x16xf32>)
      outs(%o : tensor<1x32x200x16xf32>)
      mask(%b, %h, %i, %j, %table = %offsets : tensor<32xi64>) {
        %unit = arith.constant 1152921504606846976 : i64
        %c70 = arith.constant 70 : i64
        %n = tensor.extract %table[%h] : tensor<32xi64>
        %m = arith.muli %n, %unit : i64
        %l = arith.addi %m, %c70 : i64
        %offset = arith.index_cast %l : i64 to index
        %from = arith.subi %j, %offset : index
        %past = arith.cmpi sle, %j, %i : index
        %near = arith.cmpi sgt, %from, %i : index
        %c = arith.ori %past, %near : i1
        attn.yield %c : i1
      }
  return %r : tensor<1x32x200x16xf32>
}

// j > bound, which is 2^63 - 1 where the multiple is -2^63.
func.func @bound(%q: tensor<1x32x200x16xf32>, %k: tensor<1x32x300x16xf32>,
    %offsets: tensor<32xi64> {fovea.low = -8 : i64, fovea.high = 8 : i64},
    %o: tensor<1x32x200x16xf32>) -> tensor<1x32x200x16xf32> {
  %r = attn.attention ins(%q : tensor<1x32x200x16xf32>)
      dense(%k, %k : tensor<1x32x300x16xf32>, tensor<1x32x300x16xf32>)
      outs(%o : tensor<1x32x200x16xf32>)
      mask(%b, %h, %i, %j, %table = %offsets : tensor<32xi64>) {
        %unit = arith.constant 1152921504606846976 : i64
        %n = tensor.extract %table[%h] : tensor<32xi64>
        %m = arith.muli %n, %unit : i64
        %c1 = arith.constant 1 : i64
        %l = arith.subi %m, %c1 : i64
        %limit = arith.index_cast %l : i64 to index
        %c = arith.cmpi sgt, %j, %limit : index
        attn.yield %c : i1
      }
  return %r : tensor<1x32x200x16xf32>
}

// j == value, or below a constant.
func.func @equal(%q: tensor<1x32x200x16xf32>, %k: tensor<1x32x300x16xf32>,
    %offsets: tensor<32xi64> {fovea.low = -8 : i64, fovea.high = 8 : i64},
    %o: tensor<1x32x200x16xf32>) -> tensor<1x32x200x16xf32> {
  %r = attn.attention ins(%q : tensor<1x32x200x16xf32>)
      dense(%k, %k : tensor<1x32x300x16xf32>, tensor<1x32x300x16xf32>)
      outs(%o : tensor<1x32x200x16xf32>)
      mask(%b, %h, %i, %j, %table = %offsets : tensor<32xi64>) {
        %unit = arith.constant 1152921504606846976 : i64
        %c150 = arith.constant 150 : i64
        %c20 = arith.constant 20 : index
        %n = tensor.extract %table[%h] : tensor<32xi64>
        %m = arith.muli %n, %unit : i64
        %l = arith.addi %m, %c150 : i64
        %value = arith.index_cast %l : i64 to index
        %same = arith.cmpi eq, %value, %j : index
        %first = arith.cmpi slt, %j, %c20 : index
        %c = arith.ori %same, %first : i1
        attn.yield %c : i1
      }
  return %r : tensor<1x32x200x16xf32>
}

// Offsets as they are in use, for keys that precede the queries.
func.func @small(%q: tensor<1x32x200x16xf32>, %k: tensor<1x32x300x16xf32>,
    %offsets: tensor<32xi64> {fovea.low = -150 : i64, fovea.high = 400 : i64},
    %o: tensor<1x32x200x16xf32>) -> tensor<1x32x200x16xf32> {
  %r = attn.attention ins(%q : tensor<1x32x200x16xf32>)
      dense(%k, %k : tensor<1x32x300x16xf32>, tensor<1x32x300x16xf32>)
      outs(%o : tensor<1x32x200x16xf32>)
      mask(%b, %h, %i, %j, %table = %offsets : tensor<32xi64>) {
        %n = tensor.extract %table[%h] : tensor<32xi64>
        %offset = arith.index_cast %n : i64 to index
        %end = arith.addi %i, %offset : index
        %c = arith.cmpi sle, %j, %end : index
        attn.yield %c : i1
      }
  return %r : tensor<1x32x200x16xf32>
}
