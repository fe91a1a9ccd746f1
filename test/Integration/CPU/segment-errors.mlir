// Offsets and page tables are read and checked before a call computes anything.
//
// RUN: not fovea-run %s --entry pages 2>&1 | FileCheck %s --check-prefix=PAGES
// RUN: not fovea-run %s --entry negative 2>&1 | FileCheck %s --check-prefix=PAGES
// RUN: not fovea-run %s --entry descending 2>&1 | FileCheck %s --check-prefix=ASCEND
// RUN: not fovea-run %s --entry negative_offset 2>&1 | FileCheck %s --check-prefix=KEYS
// RUN: not fovea-run %s --entry beyond 2>&1 | FileCheck %s --check-prefix=BEYOND
// RUN: fovea-run %s --entry unused --check | FileCheck %s --check-prefix=UNUSED

// PAGES: table must name pages below dimension 0 of key where a sequence has keys: the number of pages
func.func @pages(%q: tensor<2x1x4x8xf32>, %k: tensor<3x1x4x8xf32>,
    %t: tensor<2x2xi32> {fovea.low = 3 : i64, fovea.high = 3 : i64}, %o: tensor<2x1x4x8xf32>) -> tensor<2x1x4x8xf32> {
  %r = attn.attention ins(%q : tensor<2x1x4x8xf32>)
      paged<4>(%k, %k : tensor<3x1x4x8xf32>, tensor<3x1x4x8xf32>) table(%t : tensor<2x2xi32>)
      outs(%o : tensor<2x1x4x8xf32>)
  return %r : tensor<2x1x4x8xf32>
}

func.func @negative(%q: tensor<2x1x4x8xf32>, %k: tensor<3x1x4x8xf32>,
    %t: tensor<2x2xi64> {fovea.low = -1 : i64, fovea.high = -1 : i64}, %o: tensor<2x1x4x8xf32>) -> tensor<2x1x4x8xf32> {
  %r = attn.attention ins(%q : tensor<2x1x4x8xf32>)
      paged<4>(%k, %k : tensor<3x1x4x8xf32>, tensor<3x1x4x8xf32>) table(%t : tensor<2x2xi64>)
      outs(%o : tensor<2x1x4x8xf32>)
  return %r : tensor<2x1x4x8xf32>
}

// Entries behind a sequence's keys may hold anything.
// UNUSED: rel_error {{.*}} ok
func.func @unused(%q: tensor<2x1x4x8xf32>, %k: tensor<3x1x4x8xf32>, %n: tensor<2xi32> {fovea.low = -2 : i64, fovea.high = 0 : i64},
    %t: tensor<2x2xi32> {fovea.low = 1000 : i64, fovea.high = 2000 : i64}, %o: tensor<2x1x4x8xf32>) -> tensor<2x1x4x8xf32> {
  %r = attn.attention ins(%q : tensor<2x1x4x8xf32>)
      paged<4>(%k, %k : tensor<3x1x4x8xf32>, tensor<3x1x4x8xf32>) table(%t : tensor<2x2xi32>) lengths(%n : tensor<2xi32>)
      outs(%o : tensor<2x1x4x8xf32>)
  return %r : tensor<2x1x4x8xf32>
}

// Random offsets of 200 sequences do not ascend.
// ASCEND: offsets of queries must ascend, from 0 or more
func.func @descending(%q: tensor<1x9x8xf32>, %qo: tensor<201xi32> {fovea.high = 9 : i64},
    %ko: tensor<201xi32> {fovea.high = 9 : i64, fovea.sorted}, %o: tensor<1x9x8xf32>) -> tensor<1x9x8xf32> {
  %r = attn.attention ins(%q : tensor<1x9x8xf32>)
      packed(%q, %q : tensor<1x9x8xf32>, tensor<1x9x8xf32>) offsets(%qo, %ko : tensor<201xi32>, tensor<201xi32>)
      outs(%o : tensor<1x9x8xf32>)
  return %r : tensor<1x9x8xf32>
}

// KEYS: offsets of keys must ascend, from 0 or more
func.func @negative_offset(%q: tensor<1x9x8xf32>, %qo: tensor<3xi32> {fovea.high = 9 : i64, fovea.sorted},
    %ko: tensor<3xi64> {fovea.low = -5 : i64, fovea.high = -1 : i64, fovea.sorted}, %o: tensor<1x9x8xf32>) -> tensor<1x9x8xf32> {
  %r = attn.attention ins(%q : tensor<1x9x8xf32>)
      packed(%q, %q : tensor<1x9x8xf32>, tensor<1x9x8xf32>) offsets(%qo, %ko : tensor<3xi32>, tensor<3xi64>)
      outs(%o : tensor<1x9x8xf32>)
  return %r : tensor<1x9x8xf32>
}

// BEYOND: the last of offsets of queries must be at most dimension 1 of query: the number of rows
func.func @beyond(%q: tensor<1x9x8xf32>, %qo: tensor<3xi32> {fovea.low = 10 : i64, fovea.high = 20 : i64, fovea.sorted},
    %ko: tensor<3xi32> {fovea.high = 9 : i64, fovea.sorted}, %o: tensor<1x9x8xf32>) -> tensor<1x9x8xf32> {
  %r = attn.attention ins(%q : tensor<1x9x8xf32>)
      packed(%q, %q : tensor<1x9x8xf32>, tensor<1x9x8xf32>) offsets(%qo, %ko : tensor<3xi32>, tensor<3xi32>)
      outs(%o : tensor<1x9x8xf32>)
  return %r : tensor<1x9x8xf32>
}
