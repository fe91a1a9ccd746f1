// RUN: fovea-opt %s --fovea-report-assertions --fovea-make-entry-points --split-input-file --verify-diagnostics

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
