//===- InitAllDialects.h - Registration of all dialects --------*- C++ -*-===//

#ifndef FOVEA_INITALLDIALECTS_H
#define FOVEA_INITALLDIALECTS_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace fovea {

/// Adds Fovea's dialects and their interface implementations to `registry`.
void registerAllDialects(mlir::DialectRegistry &registry);

} // namespace fovea

#endif // FOVEA_INITALLDIALECTS_H
