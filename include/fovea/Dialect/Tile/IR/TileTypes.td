//===- TileTypes.td - Types of the tile dialect ------------*- tablegen -*-===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef FOVEA_DIALECT_TILE_IR_TILETYPES
#define FOVEA_DIALECT_TILE_IR_TILETYPES

include "mlir/IR/AttrTypeBase.td"
include "fovea/Dialect/Tile/IR/TileDialect.td"

class Tile_Type<string name, string typeMnemonic, list<Trait> traits = []>
    : TypeDef<Tile_Dialect, name, traits> {
  let mnemonic = typeMnemonic;
}

def Tile_TileType : Tile_Type<"Tile", "tile"> {
  let summary = "A tile: a value of one or two axes of static size";
  let description = [{
    `!tile.tile<64x128xf32>` has 64 rows and 128 columns; an attribute after the
    element type is its layout: `!tile.tile<64x128xf32, #tile.lanes<axis = 0,
    width = 16>>`. Tiles have no layout until a target assigns one.
  }];
  let parameters = (ins
    ArrayRefParameter<"int64_t">:$shape,
    "::mlir::Type":$elementType,
    OptionalParameter<"::mlir::Attribute">:$layout
  );
  let builders = [
    TypeBuilderWithInferredContext<(ins "::llvm::ArrayRef<int64_t>":$shape,
        "::mlir::Type":$elementType,
        CArg<"::mlir::Attribute", "{}">:$layout), [{
      return $_get(elementType.getContext(), shape, elementType, layout);
    }]>
  ];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getRank() const { return getShape().size(); }
    int64_t getDimSize(unsigned axis) const { return getShape()[axis]; }
    /// The same tile with another layout.
    TileType withLayout(::mlir::Attribute layout) const {
      return TileType::get(getShape(), getElementType(), layout);
    }
  }];
}

def Tile_ViewType : Tile_Type<"View", "view"> {
  let summary = "A window of global memory that tiles are loaded from";
  let description = [{
    `!tile.view<?x64xf32>`: rows and columns of memory; loads and stores are
    clipped at its extents.
  }];
  let parameters = (ins
    ArrayRefParameter<"int64_t">:$shape,
    "::mlir::Type":$elementType
  );
  let builders = [
    TypeBuilderWithInferredContext<(ins "::llvm::ArrayRef<int64_t>":$shape,
        "::mlir::Type":$elementType), [{
      return $_get(elementType.getContext(), shape, elementType);
    }]>
  ];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def Tile_WalkType : Tile_Type<"Walk", "walk"> {
  let summary = "The sequence of key tiles that a work item visits";
  let description = [{
    A sequence of pairs (tile index, partial?). It is the same for all elements
    of a work item. A partial tile holds pairs that the mask excludes.
  }];
}

#endif // FOVEA_DIALECT_TILE_IR_TILETYPES
