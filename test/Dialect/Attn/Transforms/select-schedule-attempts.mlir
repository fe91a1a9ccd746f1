// The schedules for a GPU, best first: those that need too many registers come
// after the others.
// RUN: fovea-opt %s --attn-select-schedule=target=cuda | FileCheck %s --check-prefixes=CHECK,FIRST
// RUN: fovea-opt %s --attn-select-schedule="target=cuda attempt=1" | FileCheck %s --check-prefixes=CHECK,SECOND
// RUN: fovea-opt %s --attn-select-schedule="target=cuda attempt=3" | FileCheck %s --check-prefixes=CHECK,LAST
// RUN: not fovea-opt %s --attn-select-schedule="target=cuda attempt=4" 2>&1 | FileCheck %s --check-prefix=FEW
// RUN: not fovea-opt %s --attn-select-schedule="target=cpu:plain attempt=1" 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: sed 's/x128xbf16/x264xbf16/g' %s | not fovea-opt --attn-select-schedule=target=cuda 2>&1 | FileCheck %s --check-prefix=WIDE

// FEW: [[#@LINE+9]]:8: error: 'attn.attention' op has 4 schedules for cuda; attempt is from 0 to 3, got 4
// CPU: error: 'attn.attention' op has 1 schedules for cpu:plain; attempt is from 0 to 0, got 1
// WIDE: error: 'attn.attention' op has 264 channels; for cuda there are schedules up to 256

// CHECK-LABEL: func.func @plain
// FIRST: <query_tile = 128, key_tile = 128, stages = 2, groups = 2, producer_regs = 24, consumer_regs = 240, turns = true, persistent = true>
// SECOND: <query_tile = 128, key_tile = 128, {{.*}}, turns = true>
// LAST: <query_tile = 128, key_tile = 64, {{.*}}, overlap = false>
func.func @plain(%q: tensor<?x?x?x128xbf16>, %o: tensor<?x?x?x128xbf16>) -> tensor<?x?x?x128xbf16> {
  %r = attn.attention ins(%q : tensor<?x?x?x128xbf16>)
      dense(%q, %q : tensor<?x?x?x128xbf16>, tensor<?x?x?x128xbf16>)
      outs(%o : tensor<?x?x?x128xbf16>)
  return %r : tensor<?x?x?x128xbf16>
}

// Up to 64 channels there are two more.
// CHECK-LABEL: func.func @narrow
// FIRST: <query_tile = 192, key_tile = 128, stages = 2, groups = 3, producer_regs = 32, consumer_regs = 160, turns = true, persistent = true, skip = true>
// SECOND: <query_tile = 192, key_tile = 128, {{.*}}, turns = true, skip = true>
// LAST: <query_tile = 128, key_tile = 128, {{.*}}, turns = true>
func.func @narrow(%q: tensor<?x?x?x64xbf16>, %o: tensor<?x?x?x64xbf16>) -> tensor<?x?x?x64xbf16> {
  %r = attn.attention ins(%q : tensor<?x?x?x64xbf16>)
      dense(%q, %q : tensor<?x?x?x64xbf16>, tensor<?x?x?x64xbf16>)
      outs(%o : tensor<?x?x?x64xbf16>)
  return %r : tensor<?x?x?x64xbf16>
}

// A captured element for each score: smaller key tiles first.
// CHECK-LABEL: func.func @table
// FIRST: <query_tile = 128, key_tile = 64, {{.*}}, turns = true, persistent = true>
// SECOND: <query_tile = 128, key_tile = 64, {{.*}}, overlap = false>
// LAST: <query_tile = 128, key_tile = 128, {{.*}}, turns = true>
func.func @table(%q: tensor<?x?x?x128xbf16>, %t: tensor<?x?xf32>, %o: tensor<?x?x?x128xbf16>) -> tensor<?x?x?x128xbf16> {
  %r = attn.attention ins(%q : tensor<?x?x?x128xbf16>)
      dense(%q, %q : tensor<?x?x?x128xbf16>, tensor<?x?x?x128xbf16>)
      outs(%o : tensor<?x?x?x128xbf16>)
      score(%s, %b, %h, %i, %j, %table = %t : tensor<?x?xf32>) {
        %x = tensor.extract %table[%i, %j] : tensor<?x?xf32>
        %y = arith.mulf %s, %x : f32
        attn.yield %y : f32
      }
  return %r : tensor<?x?x?x128xbf16>
}

// What is only added is there before the scores are.
// CHECK-LABEL: func.func @bias
// FIRST: <query_tile = 128, key_tile = 128, {{.*}}, turns = true, persistent = true>
func.func @bias(%q: tensor<?x?x?x128xbf16>, %t: tensor<?x?xf32>, %o: tensor<?x?x?x128xbf16>) -> tensor<?x?x?x128xbf16> {
  %r = attn.attention ins(%q : tensor<?x?x?x128xbf16>)
      dense(%q, %q : tensor<?x?x?x128xbf16>, tensor<?x?x?x128xbf16>)
      outs(%o : tensor<?x?x?x128xbf16>)
      score(%s, %b, %h, %i, %j, %table = %t : tensor<?x?xf32>) {
        %x = tensor.extract %table[%i, %j] : tensor<?x?xf32>
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32
      }
  return %r : tensor<?x?x?x128xbf16>
}

// One for each column and row fits a kernel that is not persistent.
// CHECK-LABEL: func.func @documents
// FIRST: <query_tile = 128, key_tile = 128, {{.*}}, turns = true, last_first = true>
// SECOND: <query_tile = 128, key_tile = 64, {{.*}}, turns = true, persistent = true, last_first = true>
// LAST: <query_tile = 128, key_tile = 128, {{.*}}, turns = true, persistent = true, last_first = true>
func.func @documents(%q: tensor<?x?x?x128xbf16>, %d: tensor<?xi32>, %o: tensor<?x?x?x128xbf16>) -> tensor<?x?x?x128xbf16> {
  %r = attn.attention ins(%q : tensor<?x?x?x128xbf16>)
      dense(%q, %q : tensor<?x?x?x128xbf16>, tensor<?x?x?x128xbf16>)
      outs(%o : tensor<?x?x?x128xbf16>)
      mask(%b, %h, %i, %j, %document = %d : tensor<?xi32>) {
        %mine = tensor.extract %document[%i] : tensor<?xi32>
        %other = tensor.extract %document[%j] : tensor<?xi32>
        %same = arith.cmpi eq, %mine, %other : i32
        attn.yield %same : i1
      }
  return %r : tensor<?x?x?x128xbf16>
}

// An accurate tanh takes more registers than the instruction, for whose unit
// groups take no turns.
// CHECK-LABEL: func.func @soft_cap
// FIRST: key_tile = 64, {{.*}}, turns = true, persistent = true>
// SECOND: key_tile = 64, {{.*}}, overlap = false>
// FIRST: key_tile = 64, {{.*}}, consumer_regs = 240, persistent = true>
// SECOND: key_tile = 128, {{.*}}, turns = true, persistent = true>
func.func @soft_cap(%q: tensor<?x?x?x128xbf16>, %o: tensor<?x?x?x128xbf16>) -> tensor<?x?x?x128xbf16> {
  %a = attn.attention ins(%q : tensor<?x?x?x128xbf16>)
      dense(%q, %q : tensor<?x?x?x128xbf16>, tensor<?x?x?x128xbf16>)
      outs(%o : tensor<?x?x?x128xbf16>)
      score(%s, %b, %h, %i, %j) {
        %t = math.tanh %s : f32
        attn.yield %t : f32
      }
  %r = attn.attention ins(%a : tensor<?x?x?x128xbf16>)
      dense(%q, %q : tensor<?x?x?x128xbf16>, tensor<?x?x?x128xbf16>)
      outs(%o : tensor<?x?x?x128xbf16>)
      score(%s, %b, %h, %i, %j) {
        %t = math.tanh %s : f32
        attn.yield %t : f32
      }
      attributes {numerics = #attn.numerics<math = approximate>}
  return %r : tensor<?x?x?x128xbf16>
}

// Functions of several ranges have small key tiles.
// CHECK-LABEL: func.func @several_ranges
// FIRST: key_tile = 32, {{.*}}, overlap = false>
// SECOND: key_tile = 128
func.func @several_ranges(%q: tensor<?x?x?x128xbf16>, %o: tensor<?x?x?x128xbf16>) -> tensor<?x?x?x128xbf16> {
  %r = attn.attention ins(%q : tensor<?x?x?x128xbf16>)
      dense(%q, %q : tensor<?x?x?x128xbf16>, tensor<?x?x?x128xbf16>)
      outs(%o : tensor<?x?x?x128xbf16>)
      score(%s, %b, %h, %i, %j) {
        %t = math.erf %s : f32
        attn.yield %t : f32
      }
  return %r : tensor<?x?x?x128xbf16>
}
