// Causal attention over 65,536 tokens, whose scores alone would be 16 GiB. Beside
// the arguments, and the f64 values that random ones are made from, the run needs
// no more memory than one over 256 tokens and 2 MB of scratch for each thread.
//
// With keys of 0, all scores are 0: the result's row i is the mean of the values'
// rows 0 to i. The values are sorted from 0 to 1, so that this mean is close to
// i / (2 S).
//
// The sanitizers reserve more address space than the limit.
// UNSUPPORTED: asan
// RUN: bash -c "ulimit -v 2000000; exec python3 %S/long.py fovea-run %s %t.npy" | FileCheck %s
// CHECK: 65536 tokens: results as expected, memory within its bound

func.func @long(
    %q: tensor<1x1x?x16xf32> {fovea.dims = ["", "", "S", ""]},
    %k: tensor<1x1x?x16xf32> {fovea.dims = ["", "", "S", ""], fovea.low = 0, fovea.high = 0},
    %v: tensor<1x1x?x16xf32> {fovea.dims = ["", "", "S", ""], fovea.low = 0, fovea.high = 1, fovea.sorted},
    %o: tensor<1x1x?x16xf32> {fovea.dims = ["", "", "S", ""]}) -> tensor<1x1x?x16xf32> {
  %r = attn.attention ins(%q : tensor<1x1x?x16xf32>)
      dense(%k, %v : tensor<1x1x?x16xf32>, tensor<1x1x?x16xf32>)
      outs(%o : tensor<1x1x?x16xf32>)
      mask(%b, %h, %i, %j) {
        %visible = arith.cmpi sle, %j, %i : index
        attn.yield %visible : i1
      }
  return %r : tensor<1x1x?x16xf32>
}
