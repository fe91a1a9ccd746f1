#include "fovea/Dialect/Attn/IR/Attn.h"
#include "fovea/Dialect/Tile/IR/Tile.h"
#include "fovea/Dialect/Attn/IR/AttnInterfaceImpls.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllPasses.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
int main(int c, char **v) {
  mlir::DialectRegistry r; mlir::registerAllDialects(r); mlir::registerAllPasses(); mlir::registerAllExtensions(r);
  r.insert<fovea::attn::AttnDialect, fovea::tile::TileDialect>();
  fovea::attn::registerAggregatedOpInterfaceExternalModels(r);
  fovea::attn::registerBufferizableOpInterfaceExternalModels(r);
  return mlir::asMainReturnCode(mlir::MlirOptMain(c, v, "fovea-opt\n", r));
}
