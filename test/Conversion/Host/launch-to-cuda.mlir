// RUN: fovea-opt %s --convert-tile-launch-to-cuda --split-input-file --verify-diagnostics | FileCheck %s

// The kernel becomes a constant: its name, code and facts. The grid and the
// addresses of arguments go to the runtime with the stream, a new last argument.

// CHECK: llvm.func @fovea_cuda_launch(!llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr)
// CHECK-DAG: llvm.mlir.global internal constant @fill_name("fill\00")
// CHECK-DAG: llvm.mlir.global external constant @fill_image()
// CHECK-DAG: llvm.mlir.global internal constant @fill_facts(dense<[90, 128, 0,
// CHECK: llvm.mlir.global internal @fill_kernel()
// CHECK: func.func @host(%[[N:.*]]: index, %[[F:.*]]: f32, %[[STREAM:.*]]: !llvm.ptr)
// CHECK: %[[GRID:.*]] = arith.index_cast %[[N]] : index to i64
// CHECK: llvm.store %[[F]], %[[VALUE:.*]] : f32
// CHECK: %[[KERNEL:.*]] = llvm.mlir.addressof @fill_kernel
// CHECK: llvm.store %[[GRID]], %
// CHECK: llvm.store %[[VALUE]], %
// CHECK: llvm.call @fovea_cuda_launch(%[[KERNEL]], %{{.*}}, %{{.*}}, %[[STREAM]])
// DOC-BEGIN: convert-tile-launch-to-cuda --convert-tile-launch-to-cuda
module attributes {gpu.container_module} {
  gpu.module @fill {
    llvm.func @fill(%f: f32) attributes {pipe.launch = {arguments = [{kind = "scalar", parameter = 0 : i64}],
        block = 128 : i64, grid = array<i64: 0>, shared_bytes = 0 : i64}} {
      llvm.return
    }
  }
  func.func @host(%n: index, %f: f32) {
    tile.launch @fill grid(%n) args(%f : f32)
    return
  }
}
// DOC-SHOW: func.func @host
// DOC-END

// -----

// The runtime gets the address of a memref's first element.

// CHECK-LABEL: func.func @part
// CHECK: %[[MEMREF:.*]] = builtin.unrealized_conversion_cast
// CHECK: %[[ZERO:.*]] = llvm.mlir.constant(0 : i64)
// CHECK: %[[ALIGNED:.*]] = llvm.extractvalue %[[MEMREF]][1]
// CHECK: %[[OFFSET:.*]] = llvm.extractvalue %[[MEMREF]][2]
// CHECK: %[[FIRST:.*]] = llvm.getelementptr %[[ALIGNED]][%[[OFFSET]]] : {{.*}}, bf16
// CHECK: %[[MOVED:.*]] = llvm.insertvalue %[[FIRST]], %[[MEMREF]][1]
// CHECK: %[[DESCRIPTOR:.*]] = llvm.insertvalue %[[ZERO]], %[[MOVED]][2]
// CHECK: %[[MEMORY:.*]] = llvm.alloca
// CHECK: %[[PLACE:.*]] = llvm.getelementptr %[[MEMORY]][0]
// CHECK: llvm.store %[[DESCRIPTOR]], %[[PLACE]] :
// CHECK: llvm.store %[[MEMORY]], %
// CHECK: llvm.call @fovea_cuda_launch
module attributes {gpu.container_module} {
  gpu.module @fill {
    llvm.func @fill(%f: !llvm.ptr) attributes {pipe.launch = {arguments = [{kind = "pointer", parameter = 0 : i64}],
        block = 128 : i64, grid = array<i64: 0>, shared_bytes = 0 : i64}} {
      llvm.return
    }
  }
  func.func @part(%n: index, %a: memref<?xbf16, strided<[1], offset: ?>>) {
    tile.launch @fill grid(%n) args(%a : memref<?xbf16, strided<[1], offset: ?>>)
    return
  }
}

// -----

tile.kernel @fill(%f: f32) grid(%x) {
}
func.func @not_lowered(%n: index, %f: f32) {
  // expected-error @+1 {{of @fill, which is not lowered; run -pipe-to-nvvm first}}
  tile.launch @fill grid(%n) args(%f : f32)
  return
}

// -----

func.func @host_work(%a: memref<4xf32>, %f: f32, %n: index) {
  // expected-error @+1 {{touches memory outside of a kernel, which code for a GPU cannot; compute results in place of an argument (outs), and by ops that become kernels}}
  memref.store %f, %a[%n] : memref<4xf32>
  return
}

// -----

// The facts of a kernel that was lowered by hand.

module attributes {gpu.container_module} {
  gpu.module @fill {
    llvm.func @fill(%f: f32) attributes {pipe.launch = {arguments = [{kind = "scalar", parameter = 3 : i64}],
        block = 128 : i64, grid = array<i64: 0>, shared_bytes = 0 : i64}} {
      llvm.return
    }
  }
  func.func @parameter(%n: index, %f: f32) {
    // expected-error @+1 {{of @fill: cannot make the kernel's parameter from {kind = "scalar", parameter = 3 : i64}}}
    tile.launch @fill grid(%n) args(%f : f32)
    return
  }
}

// -----

module attributes {gpu.container_module} {
  gpu.module @fill {
    llvm.func @fill(%f: f32) attributes {pipe.launch = {arguments = [], block = 128 : i64, grid = array<i64: 0>}} {
      llvm.return
    }
  }
  func.func @facts(%n: index, %f: f32) {
    // expected-error @+1 {{of @fill: the attribute pipe.launch of the kernel lacks block, shared_bytes, a grid of at most 3 dimensions or arguments}}
    tile.launch @fill grid(%n) args(%f : f32)
    return
  }
}

// -----

// Which of the regions runs is asked of the runtime, which gets the kernels of each,
// those of the default region first.

// CHECK: llvm.func @fovea_cuda_choose(!llvm.ptr, !llvm.ptr, i64, !llvm.ptr) -> i64
// CHECK-LABEL: func.func @choice
// CHECK-SAME: %[[STREAM:[a-z0-9]+]]: !llvm.ptr)
// CHECK: %[[LARGE:.*]] = llvm.mlir.addressof @large_kernel
// CHECK: %[[SMALL:.*]] = llvm.mlir.addressof @small_kernel
// CHECK: llvm.store %[[LARGE]], %[[FIRST:.*]] :
// CHECK: llvm.store %[[SMALL]], %
// CHECK: %[[NUMBER:.*]] = llvm.call @fovea_cuda_choose(%{{.*}}, %{{.*}}, %{{.*}}, %[[STREAM]])
// CHECK: %[[N:.*]] = arith.index_cast %[[NUMBER]] : i64 to index
// CHECK: scf.index_switch %[[N]]
// CHECK: llvm.call @fovea_cuda_launch
module attributes {gpu.container_module} {
  gpu.module @small {
    llvm.func @small() attributes {pipe.launch = {arguments = [], block = 128 : i64, grid = array<i64: 0>, shared_bytes = 0 : i64, waits = true}} {
      llvm.return
    }
  }
  gpu.module @large {
    llvm.func @large() attributes {pipe.launch = {arguments = [], block = 128 : i64, grid = array<i64: 0>, shared_bytes = 0 : i64, persistent = true}} {
      llvm.return
    }
  }
  func.func @choice(%n: index) {
    %c = tile.choose
    scf.index_switch %c
    case 1 {
      tile.launch @small grid(%n) args()
      scf.yield
    }
    default {
      tile.launch @large grid(%n) args()
    }
    return
  }
}

// -----

func.func @no_choice() -> index {
  // expected-error @+1 {{'tile.choose' op feeds no scf.index_switch with cases 1, 2, ...; -attn-offer-schedules makes one}}
  %c = tile.choose
  return %c : index
}
