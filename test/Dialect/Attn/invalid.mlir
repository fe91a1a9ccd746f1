// RUN: fovea-opt %s --verify-diagnostics --split-input-file

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op has one output, and an lse if wanted; got 3}}
  %r:3 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op has no keys: give a segment, dense(%k, %v : ...)}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf64>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op query has elements of type 'f64'; supported are f32, f16 and bf16 (convert it with arith.extf or arith.truncf)}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf64>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xi8>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op key has elements of type 'i8'; supported are}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xi8>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf64>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op value has elements of type 'f64'; supported are}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf64>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf64>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op output has elements of type 'f64'; supported are}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf64>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf16>) {
  // expected-error @below {{'attn.attention' op lse has elements of type 'f16', expected f32}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf16>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf16>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op sinks has elements of type 'f16', expected f32}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf16>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8x1xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op sinks has rank 2, expected 1}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8x1xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<4xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op sinks has 4 heads (h), but lse has 8}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<4xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2x1xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op lengths has rank 2, expected 1}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2x1xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi8>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op lengths has elements of type 'i8', expected i32, i64 or index}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi8>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<3xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op lengths has 3 sequences (b), but value has 2}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<3xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op query has rank 3, but its map affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d4)> gives 4 dimensions}}
  %r:2 = attn.attention ins(%q : tensor<2x8x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<3x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op key has 3 sequences (b), but query has 2}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<3x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x32xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op key has 32 channels (d), but query has 64}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x32xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x4x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op value has 4 heads (h), but key has 2}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x4x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x7x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op value has 7 keys (j), but key has 6}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x7x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x5x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op output has 5 queries (i), but query has 4}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x5x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x16xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op output has 16 channels (e), but value has 32}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x16xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x5xf32>) {
  // expected-error @below {{'attn.attention' op lse has 5 queries (i), but output has 4}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x5xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x3x6x64xf32>,
             %v: tensor<2x3x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op query heads (8) must be a multiple of key heads (3)}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x3x6x64xf32>, tensor<2x3x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x0x6x64xf32>,
             %v: tensor<2x0x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op query heads (8) must be a multiple of key heads (0)}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x0x6x64xf32>, tensor<2x0x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x?xf32>, %k: tensor<2x2x6x?xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op channels (D and Dv) must be static}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x?xf32>)
      dense(%k, %v : tensor<2x2x6x?xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x?xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x?xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op channels (D and Dv) must be static}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x?xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x?xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x0xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x0xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op has 0 channels, expected D and Dv >= 1}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x0xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x0xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: memref<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op mixes tensors and memrefs}}
  %r:2 = attn.attention ins(%q : memref<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

// Captures too.

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: memref<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op mixes tensors and memrefs}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : memref<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op origin gives b, h, i and j, got 2 indices}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      origin(%x, %x) outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op has 4 indexing maps, expected 5}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
      attributes {indexing_maps = [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>]}
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op the indexing map of query is no projected permutation of (b, h, i, j, d, e): affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 + d2, d2, d4)>}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
      attributes {indexing_maps = [affine_map<(b, h, i, j, d, e) -> (b, h + i, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i)>]}
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op the indexing map of key is no projected permutation of (b, h, i, j, d, e)}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
      attributes {indexing_maps = [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, j, d) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i)>]}
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op the indexing map of query lacks d}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
      attributes {indexing_maps = [affine_map<(b, h, i, j, d, e) -> (b, h, i)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i)>]}
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op the indexing map of query may not use j}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
      attributes {indexing_maps = [affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i)>]}
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op the indexing map of key may not use i}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
      attributes {indexing_maps = [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i)>]}
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op the indexing map of value lacks j}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
      attributes {indexing_maps = [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i)>]}
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op the indexing map of output lacks i}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
      attributes {indexing_maps = [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i)>]}
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op the indexing map of lse may not use e}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
      attributes {indexing_maps = [affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, d)>, affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>, affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>]}
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op scale is 0x7FF0000000000000 : f64, expected a finite number}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
      attributes {scale = 0x7FF0000000000000 : f64}
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        %z = arith.extf %y : f32 to f64
        // expected-error @below {{'attn.yield' op yields 'f64', but a score region yields 'f32'}}
        attn.yield %z : f64
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        // expected-error @below {{'attn.yield' op yields 'index', but a mask region yields 'i1'}}
        attn.yield %i : index
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        // expected-error @below {{'scf.if' op may not stand in a mask region: it holds arith, math, index, tensor.extract and attn.yield}}
        scf.if %a {
        }
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        // expected-error @below {{'tensor.empty' op may not stand in a score region}}
        %z = tensor.empty() : tensor<4xf32>
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        // expected-error @below {{'arith.constant' op works on 'vector<4xf32>'; a score region computes scalars}}
        %z = arith.constant dense<0.0> : vector<4xf32>
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

// Values from outside are captured.

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        // expected-error @below {{'arith.cmpi' op uses a value from outside the mask region: capture it, mask(..., %x = %value : index)}}
        %a = arith.cmpi sle, %j, %x : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op the score region's arguments are ('f64', 'index', 'index', 'index', 'index', 'tensor<8xf32>'), expected ('f32', 'index', 'index', 'index', 'index', 'tensor<8xf32>')}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score<f64>(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f64
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{'attn.attention' op the score region's arguments are ('f32', 'index', 'index', 'index', 'index', 'tensor<8xf32>'), expected ('f64', 'index', 'index', 'index', 'index', 'tensor<8xf32>'); write score<f64>(...)}}
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
      attributes {numerics = #attn.numerics<accumulator = f64>}
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      // expected-error @below {{expected '=' and the captured operand after %c; the region has 5 arguments of its own}}
      score(%y, %b, %h, %i, %j, %c) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      // expected-error @below {{expected 4 arguments before the captured ones, got 3}}
      mask(%b, %h, %i) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      // expected-error @below {{2 operands have 1 types}}
      dense(%k, %v : tensor<2x2x6x64xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      // expected-error @below {{a segment of this op has keys and values}}
      dense(%k : tensor<2x2x6x64xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      // expected-error @below {{expected 'outs'}}
      out(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  // expected-error @below {{expected 'ins'}}
  %r:2 = attn.attention in(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
      // expected-error @below {{the accumulator is f32 or f64, got 'f16'}}
      attributes {numerics = #attn.numerics<accumulator = f16>}
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
      // expected-error @below {{operands are rounded to f16 or bf16, got 'f32'}}
      attributes {numerics = #attn.numerics<operand = f32>}
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %v: tensor<2x2x6x32xf32>, %n: tensor<2xi32>, %s: tensor<8xf32>,
             %x: index, %t: tensor<8xf32>, %o: tensor<2x8x4x32xf32>,
             %l: tensor<2x8x4xf32>) {
  %r:2 = attn.attention ins(%q : tensor<2x8x4x64xf32>)
      dense(%k, %v : tensor<2x2x6x64xf32>, tensor<2x2x6x32xf32>)
        lengths(%n : tensor<2xi32>)
      sinks(%s : tensor<8xf32>)
      outs(%o, %l : tensor<2x8x4x32xf32>, tensor<2x8x4xf32>)
      score(%y, %b, %h, %i, %j, %c = %t : tensor<8xf32>) {
        attn.yield %y : f32
      }
      mask(%b, %h, %i, %j) {
        %a = arith.cmpi sle, %j, %i : index
        attn.yield %a : i1
      }
      // expected-error @below {{the probability is at most f64, got 'f128'}}
      attributes {numerics = #attn.numerics<probability = f128>}
  return
}

// -----

func.func @f(%q: tensor<2x8x1x64xf32>, %k: tensor<9x8x16x64xf32>,
             %t: tensor<2x?xi32>, %n: tensor<2xi32>, %d: tensor<2x8x5x64xf32>,
             %o: tensor<2x8x1x64xf32>) {
  %r = attn.attention ins(%q : tensor<2x8x1x64xf32>)
      // expected-error @below {{a paged segment has a positive page_size, got 0}}
      paged<0>(%k, %k : tensor<9x8x16x64xf32>, tensor<9x8x16x64xf32>)
        table(%t : tensor<2x?xi32>) lengths(%n : tensor<2xi32>)
      dense(%d, %d : tensor<2x8x5x64xf32>, tensor<2x8x5x64xf32>)
      outs(%o : tensor<2x8x1x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<2x8x1x64xf32>, %k: tensor<9x8x16x64xf32>,
             %t: tensor<2x?xi32>, %n: tensor<2xi32>, %d: tensor<2x8x5x64xf32>,
             %o: tensor<2x8x1x64xf32>) {
  // expected-error @below {{'attn.attention' op key has pages of 16 keys, but its segment is paged<32>}}
  %r = attn.attention ins(%q : tensor<2x8x1x64xf32>)
      paged<32>(%k, %k : tensor<9x8x16x64xf32>, tensor<9x8x16x64xf32>)
        table(%t : tensor<2x?xi32>) lengths(%n : tensor<2xi32>)
      dense(%d, %d : tensor<2x8x5x64xf32>, tensor<2x8x5x64xf32>)
      outs(%o : tensor<2x8x1x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<2x8x1x64xf32>, %k: tensor<9x8x16x64xf32>,
             %t: tensor<3x?xi32>, %n: tensor<2xi32>, %d: tensor<2x8x5x64xf32>,
             %o: tensor<2x8x1x64xf32>) {
  // expected-error @below {{'attn.attention' op table has 3 sequences (b), but lengths has 2}}
  %r = attn.attention ins(%q : tensor<2x8x1x64xf32>)
      paged<16>(%k, %k : tensor<9x8x16x64xf32>, tensor<9x8x16x64xf32>)
        table(%t : tensor<3x?xi32>) lengths(%n : tensor<2xi32>)
      dense(%d, %d : tensor<2x8x5x64xf32>, tensor<2x8x5x64xf32>)
      outs(%o : tensor<2x8x1x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<2x8x1x64xf32>, %k: tensor<9x8x16x64xf32>,
             %t: tensor<2xi32>, %n: tensor<2xi32>, %d: tensor<2x8x5x64xf32>,
             %o: tensor<2x8x1x64xf32>) {
  // expected-error @below {{'attn.attention' op table has rank 1, expected 2: [B, pages]}}
  %r = attn.attention ins(%q : tensor<2x8x1x64xf32>)
      paged<16>(%k, %k : tensor<9x8x16x64xf32>, tensor<9x8x16x64xf32>)
        table(%t : tensor<2xi32>) lengths(%n : tensor<2xi32>)
      dense(%d, %d : tensor<2x8x5x64xf32>, tensor<2x8x5x64xf32>)
      outs(%o : tensor<2x8x1x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<2x8x1x64xf32>, %k: tensor<9x8x16x64xf32>,
             %t: tensor<2x?xf32>, %n: tensor<2xi32>, %d: tensor<2x8x5x64xf32>,
             %o: tensor<2x8x1x64xf32>) {
  // expected-error @below {{'attn.attention' op table has elements of type 'f32', expected i32, i64 or index}}
  %r = attn.attention ins(%q : tensor<2x8x1x64xf32>)
      paged<16>(%k, %k : tensor<9x8x16x64xf32>, tensor<9x8x16x64xf32>)
        table(%t : tensor<2x?xf32>) lengths(%n : tensor<2xi32>)
      dense(%d, %d : tensor<2x8x5x64xf32>, tensor<2x8x5x64xf32>)
      outs(%o : tensor<2x8x1x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<2x8x1x64xf32>, %k: tensor<9x8x16x64xf32>,
             %t: tensor<2x?xi32>, %n: tensor<2xi32>, %d: tensor<2x8x5x64xf32>,
             %o: tensor<2x8x1x64xf32>) {
  // expected-error @below {{'attn.attention' op its segments need 1 lengths, 1 tables and 0 starts, got 1, 0 and 0}}
  %r = attn.attention ins(%q : tensor<2x8x1x64xf32>)
      paged<16>(%k, %k : tensor<9x8x16x64xf32>, tensor<9x8x16x64xf32>)
        lengths(%n : tensor<2xi32>)
      dense(%d, %d : tensor<2x8x5x64xf32>, tensor<2x8x5x64xf32>)
      outs(%o : tensor<2x8x1x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<8x1x64xf32>, %k: tensor<8x16x64xf32>, %t: tensor<1x?xi32>, %o: tensor<8x1x64xf32>) {
  // expected-error @below {{'attn.attention' op the indexing map of key lacks b, which counts the pages of a paged segment: affine_map<(d0, d1, d2, d3, d4, d5) -> (d1, d3, d4)>}}
  %r = attn.attention ins(%q : tensor<8x1x64xf32>)
      paged<16>(%k, %k : tensor<8x16x64xf32>, tensor<8x16x64xf32>) table(%t : tensor<1x?xi32>)
      outs(%o : tensor<8x1x64xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (h, i, d)>,
        affine_map<(b, h, i, j, d, e) -> (h, j, d)>,
        affine_map<(b, h, i, j, d, e) -> (h, j, e)>,
        affine_map<(b, h, i, j, d, e) -> (h, i, e)>]}
  return
}

// -----

func.func @f(%q: tensor<8x5x64xf32>, %k: tensor<2x8x16x64xf32>, %x: tensor<3xi32>, %o: tensor<8x5x64xf32>) {
  // expected-error @below {{'attn.attention' op has row offsets of the queries in 1 of 2 segments; give offsets(...) to all, or to none}}
  %r = attn.attention ins(%q : tensor<8x5x64xf32>)
      dense(%k, %k : tensor<2x8x16x64xf32>, tensor<2x8x16x64xf32>) offsets(%x : tensor<3xi32>)
      dense(%k, %k : tensor<2x8x16x64xf32>, tensor<2x8x16x64xf32>)
      outs(%o : tensor<8x5x64xf32>)
  return
}

// -----

// expected-error @below {{a packed segment has offsets of queries and keys; has_offsets is for others}}
func.func private @f() attributes {x = #attn.segment<packed, has_offsets = true>}

// -----

func.func @f(%q: tensor<2x8x1x64xf32>, %k: tensor<9x8x16x64xf32>,
             %t: tensor<2x?xi32>, %n: tensor<2xi32>, %d: tensor<2x8x5x64xf32>,
             %o: tensor<2x8x1x64xf32>) {
  // expected-error @below {{'attn.attention' op packed segments stand with packed ones only: packed queries have no batch dimension}}
  %r = attn.attention ins(%q : tensor<2x8x1x64xf32>)
      paged<16>(%k, %k : tensor<9x8x16x64xf32>, tensor<9x8x16x64xf32>)
        table(%t : tensor<2x?xi32>) lengths(%n : tensor<2xi32>)
      packed(%d, %d : tensor<2x8x5x64xf32>, tensor<2x8x5x64xf32>) offsets(%n, %n : tensor<2xi32>, tensor<2xi32>)
      outs(%o : tensor<2x8x1x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<8x9x64xf32>, %x: tensor<3xi32>, %y: tensor<4xi32>,
             %n: tensor<2xi32>, %o: tensor<8x9x64xf32>) {
  // expected-error @below {{'attn.attention' op offsets has 3 sequences (b), but offsets has 2}}
  %r = attn.attention ins(%q : tensor<8x9x64xf32>)
      packed(%q, %q : tensor<8x9x64xf32>, tensor<8x9x64xf32>)
        offsets(%x, %y : tensor<3xi32>, tensor<4xi32>)
        lengths(%n : tensor<2xi32>)
      outs(%o : tensor<8x9x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<8x9x64xf32>, %x: tensor<3xi32>, %y: tensor<3xi32>,
             %n: tensor<3xi32>, %o: tensor<8x9x64xf32>) {
  // expected-error @below {{'attn.attention' op offsets has 2 sequences (b), but lengths has 3}}
  %r = attn.attention ins(%q : tensor<8x9x64xf32>)
      packed(%q, %q : tensor<8x9x64xf32>, tensor<8x9x64xf32>)
        offsets(%x, %y : tensor<3xi32>, tensor<3xi32>)
        lengths(%n : tensor<3xi32>)
      outs(%o : tensor<8x9x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<8x9x64xf32>, %x: tensor<i32>, %y: tensor<i32>,
             %n: tensor<2xi32>, %o: tensor<8x9x64xf32>) {
  // expected-error @below {{'attn.attention' op offsets have rank 0, expected 1: [B + 1]}}
  %r = attn.attention ins(%q : tensor<8x9x64xf32>)
      packed(%q, %q : tensor<8x9x64xf32>, tensor<8x9x64xf32>)
        offsets(%x, %y : tensor<i32>, tensor<i32>)
        lengths(%n : tensor<2xi32>)
      outs(%o : tensor<8x9x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<8x9x64xf32>, %x: tensor<0xi32>, %y: tensor<0xi32>,
             %n: tensor<2xi32>, %o: tensor<8x9x64xf32>) {
  // expected-error @below {{'attn.attention' op offsets have no elements, expected B + 1}}
  %r = attn.attention ins(%q : tensor<8x9x64xf32>)
      packed(%q, %q : tensor<8x9x64xf32>, tensor<8x9x64xf32>)
        offsets(%x, %y : tensor<0xi32>, tensor<0xi32>)
        lengths(%n : tensor<2xi32>)
      outs(%o : tensor<8x9x64xf32>)
  return
}

// -----

// expected-error @below {{only a paged segment has a page_size}}
func.func private @f() attributes {x = #attn.segment<dense, page_size = 4>}

// -----

// What the custom form cannot say.

func.func @f(%q: tensor<1x8x4x64xf32>, %o: tensor<1x8x4x64xf32>) {
  // expected-error @below {{'attn.attention' op has 1 keys and 0 values}}
  %r = "attn.attention"(%q, %q, %o) <{
      operandSegmentSizes = array<i32: 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1>,
      segments = [#attn.segment<dense>]}> ({}, {})
      : (tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>) -> (tensor<1x8x4x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<1x8x4x64xf32>, %o: tensor<1x8x4x64xf32>) {
  // expected-error @below {{'attn.attention' op has 2 segments and keys for 1}}
  %r = "attn.attention"(%q, %q, %q, %o) <{
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1>,
      segments = [#attn.segment<dense>, #attn.segment<dense>]}> ({}, {})
      : (tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>) -> (tensor<1x8x4x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<1x8x4x64xf32>, %o: tensor<1x8x4x64xf32>) {
  // expected-error @below {{'attn.attention' op its segments need 1 lengths, 0 tables and 1 starts, got 0, 0 and 0}}
  %r = "attn.attention"(%q, %q, %q, %o) <{
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1>,
      segments = [#attn.segment<dense, has_lengths = true, has_start = true>]}> ({}, {})
      : (tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>) -> (tensor<1x8x4x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<1x8x4x64xf32>, %o: tensor<1x8x4x64xf32>) {
  // expected-error @below {{'attn.attention' op has 0 results, expected 1: one for each tensor in outs}}
  "attn.attention"(%q, %q, %q, %o) <{
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1>,
      segments = [#attn.segment<dense>]}> ({}, {})
      : (tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>) -> ()
  return
}

// -----

func.func @f(%q: tensor<1x8x4x64xf32>, %o: tensor<1x8x4x64xf32>) {
  // expected-error @below {{'attn.attention' op result 0 is 'tensor<1x8x?x64xf32>', but its output is 'tensor<1x8x4x64xf32>'}}
  %r = "attn.attention"(%q, %q, %q, %o) <{
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1>,
      segments = [#attn.segment<dense>]}> ({}, {})
      : (tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>) -> (tensor<1x8x?x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<1x8x4x64xf32>, %o: tensor<1x8x4x64xf32>) {
  // expected-error @below {{'attn.attention' op captures values for a score region that it does not have}}
  %r = "attn.attention"(%q, %q, %q, %q, %o) <{
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1>,
      segments = [#attn.segment<dense>]}> ({}, {})
      : (tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>) -> (tensor<1x8x4x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<1x8x4x64xf32>, %o: tensor<1x8x4x64xf32>) {
  // expected-error @below {{'attn.attention' op captures values for a mask region that it does not have}}
  %r = "attn.attention"(%q, %q, %q, %q, %o) <{
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1>,
      segments = [#attn.segment<dense>]}> ({}, {})
      : (tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>) -> (tensor<1x8x4x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<1x8x4x64xf32>, %o: tensor<1x8x4x64xf32>) {
  // expected-error @below {{'attn.attention' op the mask region's arguments are ('index'), expected ('index', 'index', 'index', 'index')}}
  %r = "attn.attention"(%q, %q, %q, %o) <{
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1>,
      segments = [#attn.segment<dense>]}> ({}, {
      ^bb0(%b: index):
        %true = arith.constant true
        attn.yield %true : i1
      })
      : (tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>) -> (tensor<1x8x4x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<1x8x4x64xf32>, %o: tensor<1x8x4x64xf32>) {
  // expected-error @below {{'attn.attention' op the mask region must have one block}}
  %r = "attn.attention"(%q, %q, %q, %o) <{
      operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1>,
      segments = [#attn.segment<dense>]}> ({}, {
      ^bb0(%b: index, %h: index, %i: index, %j: index):
        %true = arith.constant true
        cf.br ^bb1
      ^bb1:
        attn.yield %true : i1
      })
      : (tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>) -> (tensor<1x8x4x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %l: tensor<2x8x4xf32>, %c: tensor<2x8x6xf32>) {
  // expected-error @below {{'median' is no reducer; there is column_sum}}
  %r = attn.score_reduce median ins(%q : tensor<2x8x4x64xf32>)
      dense(%k : tensor<2x2x6x64xf32>) lse(%l : tensor<2x8x4xf32>)
      outs(%c : tensor<2x8x6xf32>)
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %l: tensor<2x8x4xf32>, %c: tensor<2x8x6xf32>) {
  %r = attn.score_reduce column_sum ins(%q : tensor<2x8x4x64xf32>)
      // expected-error @below {{a segment of this op has keys and no values}}
      dense(%k, %k : tensor<2x2x6x64xf32>, tensor<2x2x6x64xf32>) lse(%l : tensor<2x8x4xf32>)
      outs(%c : tensor<2x8x6xf32>)
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %l: tensor<2x8x4xf32>, %c: tensor<2x8x6xf32>) {
  // expected-error @below {{'attn.score_reduce' op has one output, got 2}}
  %r:2 = attn.score_reduce column_sum ins(%q : tensor<2x8x4x64xf32>)
      dense(%k : tensor<2x2x6x64xf32>) lse(%l : tensor<2x8x4xf32>)
      outs(%c, %c : tensor<2x8x6xf32>, tensor<2x8x6xf32>)
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %l: tensor<2x8x4xf32>, %c: tensor<2x8x5xf32>) {
  // expected-error @below {{'attn.score_reduce' op output has 5 keys (j), but key has 6}}
  %r = attn.score_reduce column_sum ins(%q : tensor<2x8x4x64xf32>)
      dense(%k : tensor<2x2x6x64xf32>) lse(%l : tensor<2x8x4xf32>)
      outs(%c : tensor<2x8x5xf32>)
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %l: tensor<2x8x4xf32>, %c: tensor<2x8x6xf16>) {
  // expected-error @below {{'attn.score_reduce' op output has elements of type 'f16', expected f32}}
  %r = attn.score_reduce column_sum ins(%q : tensor<2x8x4x64xf32>)
      dense(%k : tensor<2x2x6x64xf32>) lse(%l : tensor<2x8x4xf32>)
      outs(%c : tensor<2x8x6xf16>)
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %l: tensor<2x8x4xf64>, %c: tensor<2x8x6xf32>) {
  // expected-error @below {{'attn.score_reduce' op lse has elements of type 'f64', expected f32}}
  %r = attn.score_reduce column_sum ins(%q : tensor<2x8x4x64xf32>)
      dense(%k : tensor<2x2x6x64xf32>) lse(%l : tensor<2x8x4xf64>)
      outs(%c : tensor<2x8x6xf32>)
  return
}

// -----

func.func @f(%q: tensor<1x8x4x64xf32>, %o: tensor<1x8x4x64xf32>) {
  // expected-error @below {{'attn.attention' op has 2 operands as query, expected 1}}
  %r = "attn.attention"(%q, %q, %q, %q, %o) <{
      operandSegmentSizes = array<i32: 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1>,
      segments = [#attn.segment<dense>]}> ({}, {})
      : (tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>, tensor<1x8x4x64xf32>) -> (tensor<1x8x4x64xf32>)
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %l: tensor<2x8x3xf32>, %c: tensor<2x8x6xf32>) {
  // expected-error @below {{'attn.score_reduce' op lse has 3 queries (i), but query has 4}}
  %r = attn.score_reduce column_sum ins(%q : tensor<2x8x4x64xf32>)
      dense(%k : tensor<2x2x6x64xf32>) lse(%l : tensor<2x8x3xf32>)
      outs(%c : tensor<2x8x6xf32>)
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x3x6x64xf32>,
             %l: tensor<2x8x4xf32>, %c: tensor<2x8x6xf32>) {
  // expected-error @below {{'attn.score_reduce' op query heads (8) must be a multiple of key heads (3)}}
  %r = attn.score_reduce column_sum ins(%q : tensor<2x8x4x64xf32>)
      dense(%k : tensor<2x3x6x64xf32>) lse(%l : tensor<2x8x4xf32>)
      outs(%c : tensor<2x8x6xf32>)
  return
}

// -----

func.func @f(%q: tensor<2x8x4x?xf32>, %k: tensor<2x2x6x?xf32>,
             %l: tensor<2x8x4xf32>, %c: tensor<2x8x6xf32>) {
  // expected-error @below {{'attn.score_reduce' op channels (D and Dv) must be static}}
  %r = attn.score_reduce column_sum ins(%q : tensor<2x8x4x?xf32>)
      dense(%k : tensor<2x2x6x?xf32>) lse(%l : tensor<2x8x4xf32>)
      outs(%c : tensor<2x8x6xf32>)
  return
}

// -----

func.func @f(%q: tensor<2x8x4x64xf32>, %k: tensor<2x2x6x64xf32>,
             %l: tensor<2x8x4xf32>, %c: tensor<2x8x6xf32>) {
  // expected-error @below {{'attn.score_reduce' op has 0 operands as lse, expected 1}}
  %r = attn.score_reduce column_sum ins(%q : tensor<2x8x4x64xf32>)
      dense(%k : tensor<2x2x6x64xf32>)
      outs(%c : tensor<2x8x6xf32>)
  return
}

// -----

func.func @f(%a: tensor<2x4x64xf32>, %x: tensor<2x4xf32>,
             %o: tensor<2x4x64xf32>, %l: tensor<2x4xf32>) {
  // expected-error @below {{'attn.merge' op has one output, and an lse if wanted; got 3}}
  %r:3 = attn.merge parts(%a, %a : tensor<2x4x64xf32>, tensor<2x4x64xf32>)
      lse(%x, %x : tensor<2x4xf32>, tensor<2x4xf32>)
      outs(%o, %l, %l : tensor<2x4x64xf32>, tensor<2x4xf32>, tensor<2x4xf32>)
      -> tensor<2x4xf32>, tensor<2x4x64xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4x64xf32>, %x: tensor<2x4xf32>,
             %o: tensor<2x4x64xf32>, %l: tensor<2x4xf32>) {
  // expected-error @below {{'attn.merge' op needs one lse for each part, got 1 for 2}}
  %r:2 = attn.merge parts(%a, %a : tensor<2x4x64xf32>, tensor<2x4x64xf32>)
      lse(%x : tensor<2x4xf32>)
      outs(%o, %l : tensor<2x4x64xf32>, tensor<2x4xf32>)
      -> tensor<2x4x64xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4x64xf32>, %x: tensor<2x4xf32>,
             %o: tensor<2x4x64xf32>, %l: tensor<2x4xf32>) {
  // expected-error @below {{'attn.merge' op has 1 results, expected 2: one for each tensor in outs}}
  %r = attn.merge parts(%a, %a : tensor<2x4x64xf32>, tensor<2x4x64xf32>)
      lse(%x, %x : tensor<2x4xf32>, tensor<2x4xf32>)
      outs(%o, %l : tensor<2x4x64xf32>, tensor<2x4xf32>)
      -> tensor<2x4x64xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4x64xf64>, %x: tensor<2x4xf32>,
             %o: tensor<2x4x64xf32>, %l: tensor<2x4xf32>) {
  // expected-error @below {{'attn.merge' op part has elements of type 'f64'; supported are f32, f16 and bf16}}
  %r:2 = attn.merge parts(%a, %a : tensor<2x4x64xf64>, tensor<2x4x64xf64>)
      lse(%x, %x : tensor<2x4xf32>, tensor<2x4xf32>)
      outs(%o, %l : tensor<2x4x64xf32>, tensor<2x4xf32>)
      -> tensor<2x4x64xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4x64xf32>, %x: tensor<2x4xf32>,
             %o: tensor<2x4x64xf64>, %l: tensor<2x4xf32>) {
  // expected-error @below {{'attn.merge' op output has elements of type 'f64'; supported are f32, f16 and bf16}}
  %r:2 = attn.merge parts(%a, %a : tensor<2x4x64xf32>, tensor<2x4x64xf32>)
      lse(%x, %x : tensor<2x4xf32>, tensor<2x4xf32>)
      outs(%o, %l : tensor<2x4x64xf64>, tensor<2x4xf32>)
      -> tensor<2x4x64xf64>, tensor<2x4xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4x64xf32>, %x: tensor<2x4xf16>,
             %o: tensor<2x4x64xf32>, %l: tensor<2x4xf16>) {
  // expected-error @below {{'attn.merge' op lse has elements of type 'f16', expected f32}}
  %r:2 = attn.merge parts(%a, %a : tensor<2x4x64xf32>, tensor<2x4x64xf32>)
      lse(%x, %x : tensor<2x4xf16>, tensor<2x4xf16>)
      outs(%o, %l : tensor<2x4x64xf32>, tensor<2x4xf16>)
      -> tensor<2x4x64xf32>, tensor<2x4xf16>
  return
}

// -----

func.func @f(%a: tensor<2x5x64xf32>, %x: tensor<2x4xf32>,
             %o: tensor<2x4x64xf32>, %l: tensor<2x4xf32>) {
  // expected-error @below {{'attn.merge' op part 'tensor<2x5x64xf32>' does not fit the output 'tensor<2x4x64xf32>'}}
  %r:2 = attn.merge parts(%a, %a : tensor<2x5x64xf32>, tensor<2x5x64xf32>)
      lse(%x, %x : tensor<2x4xf32>, tensor<2x4xf32>)
      outs(%o, %l : tensor<2x4x64xf32>, tensor<2x4xf32>)
      -> tensor<2x4x64xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4x64xf32>, %x: tensor<2x5xf32>,
             %o: tensor<2x4x64xf32>, %l: tensor<2x5xf32>) {
  // expected-error @below {{'attn.merge' op lse 'tensor<2x5xf32>' does not fit the output 'tensor<2x4x64xf32>'}}
  %r:2 = attn.merge parts(%a, %a : tensor<2x4x64xf32>, tensor<2x4x64xf32>)
      lse(%x, %x : tensor<2x5xf32>, tensor<2x5xf32>)
      outs(%o, %l : tensor<2x4x64xf32>, tensor<2x5xf32>)
      -> tensor<2x4x64xf32>, tensor<2x5xf32>
  return
}

// -----

func.func @f(%a: tensor<f32>) {
  // expected-error @below {{'attn.merge' op the output has rank 0, expected [..., Dv]}}
  %r = attn.merge parts(%a : tensor<f32>) lse(%a : tensor<f32>)
      outs(%a : tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func @f(%a: memref<2x4x64xf32>, %x: tensor<2x4xf32>,
             %o: tensor<2x4x64xf32>, %l: tensor<2x4xf32>) {
  // expected-error @below {{'attn.merge' op mixes tensors and memrefs}}
  %r:2 = attn.merge parts(%a, %a : memref<2x4x64xf32>, memref<2x4x64xf32>)
      lse(%x, %x : tensor<2x4xf32>, tensor<2x4xf32>)
      outs(%o, %l : tensor<2x4x64xf32>, tensor<2x4xf32>)
      -> tensor<2x4x64xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @f(%a: i1) {
  // expected-error @below {{'attn.yield' op expects parent op to be one of 'attn.attention, attn.score_reduce, attn.walk.from_mask'}}
  attn.yield %a : i1
}

// -----

func.func @f(%q: tensor<1x2x5x4xf32>, %k: tensor<1x5x4xf32>,
             %v: tensor<1x2x5x4xf32>, %o: tensor<1x2x5x4xf32>) {
  // expected-error @below {{'attn.attention' op the maps of key and value both have a head dimension (h), or neither does}}
  %r = attn.attention ins(%q : tensor<1x2x5x4xf32>)
      dense(%k, %v : tensor<1x5x4xf32>, tensor<1x2x5x4xf32>)
      outs(%o : tensor<1x2x5x4xf32>)
      attributes {indexing_maps = [
        affine_map<(b, h, i, j, d, e) -> (b, h, i, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, j, d)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, j, e)>,
        affine_map<(b, h, i, j, d, e) -> (b, h, i, e)>]}
  return
}

// -----

// An attribute of the wrong kind is not ignored.

func.func @f(%q: tensor<1x2x4x8xf32>, %o: tensor<1x2x4x8xf32>) {
  %r = attn.attention ins(%q : tensor<1x2x4x8xf32>)
      dense(%q, %q : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>)
      outs(%o : tensor<1x2x4x8xf32>)
      // expected-error @below {{custom op 'attn.attention' attribute 'scale' failed to satisfy constraint: 64-bit float attribute}}
      attributes {scale = 3 : i64}
  return
}

// -----

func.func @f(%q: tensor<1x2x4x8xf32>, %o: tensor<1x2x4x8xf32>) {
  %r = attn.attention ins(%q : tensor<1x2x4x8xf32>)
      dense(%q, %q : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>)
      outs(%o : tensor<1x2x4x8xf32>)
      // expected-error @below {{custom op 'attn.attention' attribute 'numerics' failed to satisfy constraint}}
      attributes {numerics = "f32"}
  return
}

// -----

// expected-error @below {{the sizes of keys are [least, most], from 0 on, with ? for the most if there is no bound}}
func.func private @f() attributes {x = #attn.sizes<keys = [5]>}

// -----

// expected-error @below {{the sizes of queries are [least, most]}}
func.func private @f() attributes {x = #attn.sizes<queries = [5, 4]>}

// -----

// expected-error @below {{op has attn.sizes, which attn.attention ops have}}
func.func private @f() attributes {attn.sizes = #attn.sizes<queries = [1, 4]>}

// -----

func.func @f(%q: tensor<?x?x?x8xf32>) -> tensor<?x?x?x8xf32> {
  // expected-error @below {{op has 5 : i64 for attn.sizes; give #attn.sizes<queries = [least, most], keys = [least, most]>}}
  %r = attn.attention ins(%q : tensor<?x?x?x8xf32>)
      dense(%q, %q : tensor<?x?x?x8xf32>, tensor<?x?x?x8xf32>) outs(%q : tensor<?x?x?x8xf32>)
      attributes {attn.sizes = 5}
  return %r : tensor<?x?x?x8xf32>
}

// -----

// expected-error @below {{a grid has 1 to 3 extents, got 4}}
func.func private @f() attributes {x = #attn.order<grid = [2, 2, 2, 2]>}

// -----

// expected-error @below {{extents of a grid are positive (the first one may be ?), and their product is at most 2^31}}
func.func private @f() attributes {x = #attn.order<grid = [4, ?]>}

// -----

// expected-error @below {{extents of a grid are positive (the first one may be ?), and their product is at most 2^31}}
func.func private @f() attributes {x = #attn.order<grid = [65536, 65536]>}

// -----

// expected-error @below {{boxes are given for queries (q) and keys (kv), or for neither}}
func.func private @f() attributes {x = #attn.order<grid = [4, 4], q = [2, 2]>}

// -----

// expected-error @below {{q_size and kv_size are the places of boxes that q and kv give}}
func.func private @f() attributes {x = #attn.order<grid = [4, 4], q_size = 4>}

// -----

// expected-error @below {{kv has 1 extents, but the grid has 2}}
func.func private @f() attributes {x = #attn.order<grid = [4, 4], q = [2, 2], kv = [4]>}

// -----

// expected-error @below {{extents of q are positive, and their product is at most 1024}}
func.func private @f() attributes {x = #attn.order<grid = [4, 4], q = [64, 64], kv = [2, 2]>}

// -----

// expected-error @below {{kv_size is 3, expected from the box's 4 tokens to 1024}}
func.func private @f() attributes {x = #attn.order<grid = [4, 4], q = [2, 2], kv = [2, 2], kv_size = 3>}

// -----

// expected-error @below {{kv_step has 1 extents, but kv has 2}}
func.func private @f() attributes {x = #attn.order<grid = [4, 4], q = [2, 2], kv = [2, 2], kv_step = [1]>}

// -----

// expected-error @below {{kv_step has 3, expected a divisor of kv's 4: boxes that a walk puts side by side start at multiples of it}}
func.func private @f() attributes {x = #attn.order<grid = [4, 4], q = [2, 2], kv = [2, 4], kv_step = [1, 3]>}

// -----

func.func @f(%x: tensor<60xf32>, %y: tensor<960xf32>) {
  // expected-error @below {{'attn.reorder' op moves keys back from boxes that overlap, where a token has several places; leave out kv_step}}
  %r = attn.reorder inverse
      order(#attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4], kv_step = [1, 1]>) keys
      axes [0] ins(%y : tensor<960xf32>) outs(%x : tensor<60xf32>) -> tensor<60xf32>
  return
}

// -----

func.func @f(%x: tensor<60xf32>, %y: tensor<96xf16>) {
  // expected-error @below {{'attn.reorder' op moves elements of type 'f32' to 'f16'}}
  %r = attn.reorder order(#attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>) axes [0]
      ins(%x : tensor<60xf32>) outs(%y : tensor<96xf16>) -> tensor<96xf16>
  return
}

// -----

func.func @f(%x: tensor<60xf32>, %y: tensor<96x1xf32>) {
  // expected-error @below {{'attn.reorder' op input 'tensor<60xf32>' and output 'tensor<96x1xf32>' have different ranks}}
  %r = attn.reorder order(#attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>) axes [0]
      ins(%x : tensor<60xf32>) outs(%y : tensor<96x1xf32>) -> tensor<96x1xf32>
  return
}

// -----

func.func @f(%x: tensor<60xf32>, %y: tensor<96xf32>) {
  // expected-error @below {{'attn.reorder' op needs axes: the dimension that counts tokens is the last of them}}
  %r = attn.reorder order(#attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>) axes []
      ins(%x : tensor<60xf32>) outs(%y : tensor<96xf32>) -> tensor<96xf32>
  return
}

// -----

func.func @f(%x: tensor<60xf32>, %y: tensor<96xf32>) {
  // expected-error @below {{'attn.reorder' op axis 1 is no dimension of the input, or is there twice}}
  %r = attn.reorder order(#attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>) axes [1]
      ins(%x : tensor<60xf32>) outs(%y : tensor<96xf32>) -> tensor<96xf32>
  return
}

// -----

func.func @f(%x: tensor<60xf32>, %y: tensor<60xf32>) {
  // expected-error @below {{'attn.reorder' op needs an order(...) or a permutation by(...), and one of them only}}
  %r = attn.reorder  axes [0]
      ins(%x : tensor<60xf32>) outs(%y : tensor<60xf32>) -> tensor<60xf32>
  return
}

// -----

func.func @f(%x: tensor<2x60xf32>, %y: tensor<2x96xf32>) {
  // expected-error @below {{'attn.reorder' op has 2 axes; an order is the same for all heads and takes one}}
  %r = attn.reorder order(#attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>) axes [0, 1]
      ins(%x : tensor<2x60xf32>) outs(%y : tensor<2x96xf32>) -> tensor<2x96xf32>
  return
}

// -----

func.func @f(%x: tensor<61xf32>, %y: tensor<96xf32>) {
  // expected-error @below {{'attn.reorder' op has 61 tokens, but the grid of its order has 60 tokens; the product of the extents is their number}}
  %r = attn.reorder order(#attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>) axes [0]
      ins(%x : tensor<61xf32>) outs(%y : tensor<96xf32>) -> tensor<96xf32>
  return
}

// -----

func.func @f(%x: tensor<60xf32>, %y: tensor<60xf32>) {
  // expected-error @below {{'attn.reorder' op has 60 places along axis 0, but the order has 96}}
  %r = attn.reorder order(#attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>) axes [0]
      ins(%x : tensor<60xf32>) outs(%y : tensor<60xf32>) -> tensor<60xf32>
  return
}

// -----

func.func @f(%x: tensor<60xf32>, %y: tensor<96xf32>) {
  // expected-error @below {{'attn.reorder' op needs an order with boxes: give q and kv}}
  %r = attn.reorder order(#attn.order<grid = [6, 10]>) axes [0]
      ins(%x : tensor<60xf32>) outs(%y : tensor<96xf32>) -> tensor<96xf32>
  return
}

// -----

func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) {
  // expected-error @below {{'attn.reorder' op needs a static number of tokens, or an order whose grid gives it}}
  %r = attn.reorder order(#attn.order<grid = [?, 4], q = [4, 1], kv = [4, 1]>) axes [0]
      ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @f(%x: tensor<2x60xf32>, %y: tensor<3x96xf32>) {
  // expected-error @below {{'attn.reorder' op input 'tensor<2x60xf32>' does not fit the output 'tensor<3x96xf32>'}}
  %r = attn.reorder order(#attn.order<grid = [6, 10], q = [4, 4], kv = [4, 4]>) axes [1]
      ins(%x : tensor<2x60xf32>) outs(%y : tensor<3x96xf32>) -> tensor<3x96xf32>
  return
}

// -----

func.func @f(%x: tensor<60xf32>, %y: tensor<60xf32>, %p: tensor<60xi32>) {
  // expected-error @below {{'attn.reorder' op says keys, which belongs to an order: a permutation has one side}}
  %r = attn.reorder by(%p : tensor<60xi32>) keys axes [0]
      ins(%x : tensor<60xf32>) outs(%y : tensor<60xf32>) -> tensor<60xf32>
  return
}

// -----

func.func @f(%x: tensor<60xf32>, %y: tensor<60xf32>, %p: tensor<60xi16>) {
  // expected-error @below {{'attn.reorder' op permutation has elements of type 'i16', expected i32, i64 or index}}
  %r = attn.reorder by(%p : tensor<60xi16>) axes [0]
      ins(%x : tensor<60xf32>) outs(%y : tensor<60xf32>) -> tensor<60xf32>
  return
}

// -----

func.func @f(%x: tensor<2x60xf32>, %y: tensor<2x60xf32>, %p: tensor<3x60xi32>) {
  // expected-error @below {{'attn.reorder' op permutation 'tensor<3x60xi32>' does not have the dimensions 0, 1 of 'tensor<2x60xf32>'}}
  %r = attn.reorder by(%p : tensor<3x60xi32>) axes [0, 1]
      ins(%x : tensor<2x60xf32>) outs(%y : tensor<2x60xf32>) -> tensor<2x60xf32>
  return
}

// -----

func.func @f(%q: tensor<1x2x61x8xf32>, %o: tensor<1x2x61x8xf32>) {
  // expected-error @below {{'attn.attention' op has 61 queries, but the grid of its order has 60 tokens; the product of the extents is their number}}
  %r = attn.attention ins(%q : tensor<1x2x61x8xf32>)
      dense(%q, %q : tensor<1x2x61x8xf32>, tensor<1x2x61x8xf32>)
      outs(%o : tensor<1x2x61x8xf32>)
      attributes {order = #attn.order<grid = [6, 10]>}
  return
}

// -----

func.func @factors(%q: tensor<1x2x60x8xf32>, %f: tensor<1x2x60x3xf32>) {
  // expected-error @below {{'attn.attention' op has 0 factors of keys in 1 segments; give factors(%f, %g : ...), one for the queries and one for the keys of each segment}}
  %r = attn.attention ins(%q : tensor<1x2x60x8xf32>)
      dense(%q, %q : tensor<1x2x60x8xf32>, tensor<1x2x60x8xf32>)
      factors(%f : tensor<1x2x60x3xf32>) outs(%q : tensor<1x2x60x8xf32>)
  return
}

// -----

func.func @factors(%q: tensor<1x2x60x8xf32>, %f: tensor<1x2x60x3xf32>, %g: tensor<1x2x1x2xf32>) {
  // expected-error @below {{'attn.attention' op factor of the keys is 'tensor<1x2x1x2xf32>' and that of the queries 'tensor<1x2x60x3xf32>'; the number of products, in place of channels, is static, 1 or more, and the same}}
  %r = attn.attention ins(%q : tensor<1x2x60x8xf32>)
      dense(%q, %q : tensor<1x2x60x8xf32>, tensor<1x2x60x8xf32>)
      factors(%f, %g : tensor<1x2x60x3xf32>, tensor<1x2x1x2xf32>) outs(%q : tensor<1x2x60x8xf32>)
  return
}

// -----

func.func @factors(%q: tensor<1x2x60x8xf32>, %f: tensor<1x2x60x?xf32>) {
  // expected-error @below {{factor of the queries is 'tensor<1x2x60x?xf32>' and that of the queries}}
  %r = attn.attention ins(%q : tensor<1x2x60x8xf32>)
      dense(%q, %q : tensor<1x2x60x8xf32>, tensor<1x2x60x8xf32>)
      factors(%f, %f : tensor<1x2x60x?xf32>, tensor<1x2x60x?xf32>) outs(%q : tensor<1x2x60x8xf32>)
  return
}

// -----

func.func @factors(%q: tensor<1x2x60x8xf32>, %f: tensor<1x2x60x3xf64>) {
  // expected-error @below {{factor of the queries has elements of type 'f64'; supported are f32, f16 and bf16}}
  %r = attn.attention ins(%q : tensor<1x2x60x8xf32>)
      dense(%q, %q : tensor<1x2x60x8xf32>, tensor<1x2x60x8xf32>)
      factors(%f, %f : tensor<1x2x60x3xf64>, tensor<1x2x60x3xf64>) outs(%q : tensor<1x2x60x8xf32>)
  return
}

// -----

func.func @factors(%q: tensor<1x2x60x8xf32>, %f: tensor<1x2x1x3xf32>, %g: tensor<1x2x59x3xf32>) {
  // expected-error @below {{factor of the keys has 59 keys (j), but key has 60}}
  %r = attn.attention ins(%q : tensor<1x2x60x8xf32>)
      dense(%q, %q : tensor<1x2x60x8xf32>, tensor<1x2x60x8xf32>)
      factors(%f, %g : tensor<1x2x1x3xf32>, tensor<1x2x59x3xf32>) outs(%q : tensor<1x2x60x8xf32>)
  return
}

// -----

func.func @factors(%q: tensor<1x2x60x8xf32>, %k: tensor<?x2x?x8xf32>, %t: tensor<1x?xi32>,
                   %f: tensor<1x2x1x3xf32>, %g: tensor<?x2x8x3xf32>) {
  // expected-error @below {{factor of the keys has pages of 8 keys, but its segment is paged<16>}}
  %r = attn.attention ins(%q : tensor<1x2x60x8xf32>)
      paged<16>(%k, %k : tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) table(%t : tensor<1x?xi32>)
      factors(%f, %g : tensor<1x2x1x3xf32>, tensor<?x2x8x3xf32>) outs(%q : tensor<1x2x60x8xf32>)
  return
}
