// RUN: fovea-opt %s --fovea-plan-temporaries --fovea-report-assertions --fovea-make-entry-points --split-input-file --verify-diagnostics
// RUN: not fovea-opt %s --split-input-file --fovea-make-entry-points=target=cpu:+nothing 2>&1 | FileCheck %s
// CHECK: error: unknown target 'cpu:+nothing': 'nothing' is no feature that kernels can use; a target is

func.func @nested(%n: index, %c: i1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    // expected-error @+1 {{'cf.assert' op inside of another op cannot become an error of the C ABI; move it to the function's body}}
    cf.assert %c, "no"
  }
  return
}

// -----

// expected-error @+1 {{'func.func' op returns a scalar; functions of the C ABI return tensors}}
func.func @scalar(%f: f32) -> f32 {
  return %f : f32
}

// -----

// expected-error @+1 {{'func.func' op argument 1 of type 'vector<4xf32>' cannot be passed by the C ABI}}
func.func @vector(%n: index, %v: vector<4xf32>) {
  return
}

// -----

func.func private @f_memrefs()
// expected-error @+1 {{'func.func' op the name f_memrefs is taken; rename the other function}}
func.func @f() {
  return
}

// -----

// expected-error @+1 {{'func.func' op argument 0 of type 'memref<4xf32, strided<[1], offset: 3>>' cannot be passed by the C ABI}}
func.func @offset(%a: memref<4xf32, strided<[1], offset: 3>>) {
  return
}

// -----

func.func @nested(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    // expected-error @+1 {{'memref.alloc' op is memory that is allocated inside of another op; functions of the C ABI know their workspace before they run: allocate it outside}}
    %a = memref.alloc(%i) : memref<?xf32>
  }
  return
}

// -----

func.func @unknown(%sizes: memref<1xindex>) {
  %c0 = arith.constant 0 : index
  %n = memref.load %sizes[%c0] : memref<1xindex>
  // expected-error @+1 {{'memref.alloc' op is memory whose size does not follow from the arguments; functions of the C ABI know their workspace before they run: take the memory as an argument}}
  %a = memref.alloc(%n) : memref<?xf32>
  return
}

// -----

func.func private @f_temporaries()
// expected-error @+1 {{'func.func' op the name f_temporaries is taken; rename the other function}}
func.func @f() {
  %a = memref.alloc() : memref<4xf32>
  return
}
