//===- Npy.cpp - NumPy's .npy files ---------------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Support/Npy.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>
#include <utility>

using namespace llvm;
using namespace fovea;

static constexpr char magic[] = "\x93NUMPY";
static constexpr size_t magicSize = 6;
/// NumPy's own limit on the number of dimensions.
static constexpr size_t maxRank = 64;
/// A header describes a type and a shape; longer ones are not of real files.
static constexpr size_t maxHeaderSize = 1 << 20;

/// `text` as it can be shown in a message: short, and printable.
static std::string quoted(StringRef text) {
  std::string result;
  raw_string_ostream os(result);
  os << '\'';
  printEscapedString(text.take_front(60), os);
  os << (text.size() > 60 ? "...'" : "'");
  return result;
}

static Error fail(StringRef path, const Twine &message) {
  return createStringError(Twine(path) + ": " + message);
}

//===----------------------------------------------------------------------===//
// The header's dictionary
//===----------------------------------------------------------------------===//

namespace {
/// What the dictionary says.
struct Header {
  std::string descr;
  bool fortranOrder = false;
  SmallVector<int64_t> shape;
};

/// Parses the Python literal `{'descr': '<f4', 'fortran_order': False,
/// 'shape': (2, 3), }`.
class HeaderParser {
public:
  HeaderParser(StringRef path, StringRef text) : path(path), text(text) {}

  Expected<Header> parse();

private:
  Error fail(const Twine &message) {
    return ::fail(path, "bad .npy header: " + message);
  }
  void skipSpace() { text = text.ltrim(" \t\r\n\f\v"); }
  bool consume(char c) {
    skipSpace();
    return text.consume_front(StringRef(&c, 1));
  }
  Error parseString(std::string &result);
  Error parseDescr();
  Error parseBool();
  Error parseShape();
  Error parseDimension();
  Error parseEntry();

  StringRef path;
  StringRef text;
  Header header;
  bool hasDescr = false, hasOrder = false, hasShape = false;
};
} // namespace

Error HeaderParser::parseString(std::string &result) {
  skipSpace();
  if (text.empty() || (text.front() != '\'' && text.front() != '"'))
    return fail("expected a string before " + quoted(text));
  size_t end = text.find(text.front(), 1);
  if (end == StringRef::npos)
    return fail("a string doesn't end: " + quoted(text));
  result = text.slice(1, end).str();
  text = text.drop_front(end + 1);
  return Error::success();
}

Error HeaderParser::parseDescr() {
  skipSpace();
  if (text.starts_with("[") || text.starts_with("("))
    return ::fail(path, "arrays of records aren't supported: save each field "
                        "as an array of its own");
  return parseString(header.descr);
}

Error HeaderParser::parseBool() {
  skipSpace();
  if (text.consume_front("True"))
    header.fortranOrder = true;
  else if (text.consume_front("False"))
    header.fortranOrder = false;
  else
    return fail("'fortran_order' must be True or False, found " + quoted(text));
  return Error::success();
}

Error HeaderParser::parseDimension() {
  if (text.starts_with("-"))
    return fail("a dimension is negative: " + quoted(text));
  StringRef digits = text.take_while(isDigit);
  if (digits.empty())
    return fail("expected a dimension before " + quoted(text));
  int64_t size;
  if (digits.getAsInteger(10, size))
    return fail("a dimension is too large: " + quoted(digits));
  if (header.shape.size() == maxRank)
    return fail("more than " + Twine(maxRank) + " dimensions");
  header.shape.push_back(size);
  text = text.drop_front(digits.size());
  // Python 2 wrote some integers as 3L.
  text.consume_front("L");
  return Error::success();
}

Error HeaderParser::parseShape() {
  if (!consume('('))
    return fail("'shape' must be a tuple, found " + quoted(text));
  while (!consume(')')) {
    if (Error error = parseDimension())
      return error;
    if (consume(','))
      continue;
    if (!consume(')'))
      return fail("expected ',' or ')' before " + quoted(text));
    if (header.shape.size() == 1)
      return fail("'shape' must be a tuple: (3) is a number, (3,) is a tuple");
    break;
  }
  return Error::success();
}

Error HeaderParser::parseEntry() {
  std::string key;
  if (Error error = parseString(key))
    return error;
  if (!consume(':'))
    return fail("expected ':' before " + quoted(text));
  bool *seen = key == "descr"           ? &hasDescr
               : key == "fortran_order" ? &hasOrder
               : key == "shape"         ? &hasShape
                                        : nullptr;
  if (!seen)
    return fail("unknown key " + quoted(key));
  if (std::exchange(*seen, true))
    return fail("the key " + quoted(key) + " appears twice");
  if (seen == &hasDescr)
    return parseDescr();
  return seen == &hasOrder ? parseBool() : parseShape();
}

Expected<Header> HeaderParser::parse() {
  if (!consume('{'))
    return fail("expected '{' before " + quoted(text));
  while (!consume('}')) {
    if (Error error = parseEntry())
      return error;
    if (consume(','))
      continue;
    if (!consume('}'))
      return fail("expected ',' or '}' before " + quoted(text));
    break;
  }
  skipSpace();
  if (!text.empty())
    return fail("unexpected " + quoted(text) + " after the dictionary");
  for (auto [seen, key] :
       {std::pair(hasDescr, "descr"), std::pair(hasOrder, "fortran_order"),
        std::pair(hasShape, "shape")})
    if (!seen)
      return fail("the key '" + Twine(key) + "' is missing");
  return std::move(header);
}

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

/// NumPy's letter and size for a kind, without the byte order.
static StringRef npyType(ElementKind kind) {
  switch (kind) {
  case ElementKind::F16:
    return "f2";
  case ElementKind::BF16:
    return "V2";
  case ElementKind::F32:
    return "f4";
  case ElementKind::F64:
    return "f8";
  case ElementKind::I8:
    return "i1";
  case ElementKind::I16:
    return "i2";
  case ElementKind::I32:
    return "i4";
  case ElementKind::I64:
    return "i8";
  case ElementKind::U8:
    return "u1";
  case ElementKind::Bool:
    return "b1";
  }
  llvm_unreachable("not an element kind");
}

/// The descr which files of a kind have, such as "<f4".
static std::string npyDescr(ElementKind kind) {
  bool hasOrder = elementSize(kind) > 1 && kind != ElementKind::BF16;
  return ((hasOrder ? "<" : "|") + npyType(kind)).str();
}

/// What to do to get a file of that kind.
static std::string howToSaveAs(ElementKind kind) {
  if (kind == ElementKind::BF16)
    return "save it with arr.astype(ml_dtypes.bfloat16)";
  return "save it with arr.astype('" + npyDescr(kind) + "')";
}

static Expected<ElementKind> parseDescr(StringRef path, StringRef descr,
                                        std::optional<ElementKind> wanted) {
  StringRef type = descr;
  char order = '|';
  if (!type.empty() && StringRef("<>|=").contains(type.front())) {
    order = type.front();
    type = type.drop_front();
  }
  if (type == "O" || type.starts_with("O"))
    return fail(path, "arrays of Python objects aren't supported: convert it "
                      "with arr.astype('<f4') before saving");
  if (order == '>' && !type.ends_with("1"))
    return fail(path, "big-endian (" + quoted(descr) +
                          "): save it with arr.astype('<" + type + "')");

  if (type == "V2" || type == "u2") {
    if (wanted == ElementKind::BF16)
      return ElementKind::BF16;
    return fail(
        path, "elements of type " + quoted(descr) +
                  " are read as bf16 only where bf16 is expected; " +
                  (wanted ? howToSaveAs(*wanted)
                          : "for other types, " +
                                howToSaveAs(type == "u2" ? ElementKind::I32
                                                         : ElementKind::F32)));
  }
  for (ElementKind kind : allElementKinds) {
    if (kind == ElementKind::BF16 || type != npyType(kind))
      continue;
    if (wanted && kind != *wanted)
      return fail(path, "the elements are " + elementName(kind) + " (" +
                            quoted(descr) + ") where " + elementName(*wanted) +
                            " is expected: " + howToSaveAs(*wanted));
    return kind;
  }
  return fail(path, "elements of type " + quoted(descr) +
                        " aren't supported: " +
                        howToSaveAs(wanted.value_or(ElementKind::F32)) +
                        (wanted ? ""
                                : " or another of f2, f4, f8, i1, i2, i4, "
                                  "i8, u1 and bool"));
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {
/// A file being read from the front.
class InputFile {
public:
  explicit InputFile(StringRef path) : path(path) {}
  InputFile(const InputFile &) = delete;
  ~InputFile() {
    if (isOpen)
      sys::fs::closeFile(file);
  }

  Error open();
  /// Bytes not yet read.
  uint64_t remaining() const { return size - position; }
  /// Fills `buffer`.
  Error read(MutableArrayRef<char> buffer);

private:
  StringRef path;
  sys::fs::file_t file{};
  bool isOpen = false;
  uint64_t size = 0;
  uint64_t position = 0;
};
} // namespace

Error InputFile::open() {
  // First the status: opening a pipe would wait for its writer.
  sys::fs::file_status status;
  if (std::error_code error = sys::fs::status(path, status))
    return fail(path, "cannot open: " + error.message());
  if (!sys::fs::is_regular_file(status))
    return fail(path, "not a regular file; give the path of a .npy file");
  Expected<sys::fs::file_t> opened = sys::fs::openNativeFileForRead(path);
  if (!opened)
    return fail(path, "cannot open: " + toString(opened.takeError()));
  file = *opened;
  isOpen = true;
  size = status.getSize();
  return Error::success();
}

Error InputFile::read(MutableArrayRef<char> buffer) {
  while (!buffer.empty()) {
    Expected<size_t> count = sys::fs::readNativeFile(file, buffer);
    if (!count)
      return fail(path, "cannot read: " + toString(count.takeError()));
    if (*count == 0)
      return fail(path, "the file became shorter while it was read");
    position += *count;
    buffer = buffer.drop_front(*count);
  }
  return Error::success();
}

/// Reads the magic string, the version and the dictionary.
static Expected<Header> readHeader(StringRef path, InputFile &file) {
  char start[magicSize + 2];
  if (file.remaining() < sizeof(start))
    return fail(path, "not a .npy file: it has only " +
                          Twine(file.remaining()) + " bytes");
  if (Error error = file.read(start))
    return std::move(error);
  if (memcmp(start, magic, magicSize) != 0)
    return fail(path, "not a .npy file: it doesn't begin with '\\x93NUMPY'" +
                          Twine(StringRef(start, 2) == "PK"
                                    ? " (an .npz archive? save each array "
                                      "with numpy.save)"
                                    : ""));
  unsigned major = uint8_t(start[magicSize]);
  unsigned minor = uint8_t(start[magicSize + 1]);
  if (major < 1 || major > 3 || minor != 0)
    return fail(path, "version " + Twine(major) + "." + Twine(minor) +
                          " of the .npy format isn't known: save it with "
                          "numpy.lib.format.write_array(file, arr, (1, 0))");

  char lengthBytes[4] = {};
  MutableArrayRef<char> length(lengthBytes, major == 1 ? 2 : 4);
  if (file.remaining() < length.size())
    return fail(path, "truncated: the file ends in the header");
  if (Error error = file.read(length))
    return std::move(error);
  uint32_t headerSize = support::endian::read32le(lengthBytes);
  if (headerSize > file.remaining())
    return fail(path, "truncated: the header is said to have " +
                          Twine(headerSize) + " bytes, and the file has " +
                          Twine(file.remaining()) + " more");
  if (headerSize > maxHeaderSize)
    return fail(path, "bad .npy header: " + Twine(headerSize) +
                          " bytes are too long for a header");
  std::string text(headerSize, '\0');
  if (Error error = file.read({text.data(), text.size()}))
    return std::move(error);
  return HeaderParser(path, text).parse();
}

/// The number of bytes of an array, or none if it overflows. An array with a
/// dimension of 0 must still have strides that don't.
static std::optional<int64_t> countBytes(ElementKind kind,
                                         ArrayRef<int64_t> shape) {
  int64_t bytes = elementSize(kind);
  bool isEmpty = false;
  for (int64_t size : shape) {
    isEmpty |= size == 0;
    if (size < 0 || MulOverflow(bytes, size == 0 ? 1 : size, bytes))
      return std::nullopt;
  }
  return isEmpty ? 0 : bytes;
}

/// Rearranges data in Fortran order to row-major order.
template <typename T>
static void transpose(const char *from, char *to, ArrayRef<int64_t> shape,
                      int64_t numElements) {
  // The source's strides, in elements.
  SmallVector<int64_t> strides;
  int64_t stride = 1;
  for (int64_t size : shape) {
    strides.push_back(stride);
    stride *= size;
  }
  SmallVector<int64_t> index(shape.size(), 0);
  int64_t source = 0;
  for (int64_t i = 0; i < numElements; ++i) {
    memcpy(to + i * sizeof(T), from + source * sizeof(T), sizeof(T));
    // The next index in row-major order.
    for (size_t dim = shape.size(); dim-- > 0;) {
      source += strides[dim];
      if (++index[dim] < shape[dim])
        break;
      source -= strides[dim] * shape[dim];
      index[dim] = 0;
    }
  }
}

static void makeRowMajor(NpyArray &array) {
  unsigned size = elementSize(array.kind);
  int64_t numElements = array.data.size() / size;
  std::vector<char> result(array.data.size());
  auto run = size == 1   ? transpose<uint8_t>
             : size == 2 ? transpose<uint16_t>
             : size == 4 ? transpose<uint32_t>
                         : transpose<uint64_t>;
  run(array.data.data(), result.data(), array.shape, numElements);
  array.data = std::move(result);
}

Expected<NpyArray> fovea::readNpy(StringRef path,
                                  std::optional<ElementKind> wanted) {
  InputFile file(path);
  if (Error error = file.open())
    return std::move(error);
  Expected<Header> header = readHeader(path, file);
  if (!header)
    return header.takeError();
  Expected<ElementKind> kind = parseDescr(path, header->descr, wanted);
  if (!kind)
    return kind.takeError();

  std::optional<int64_t> bytes = countBytes(*kind, header->shape);
  std::string shape =
      "(" +
      join(map_range(header->shape,
                     [](int64_t size) { return std::to_string(size); }),
           ", ") +
      ")";
  if (!bytes)
    return fail(path, "bad .npy header: an array of shape " + shape +
                          " is too large");
  if (uint64_t(*bytes) != file.remaining())
    return fail(
        path, Twine(uint64_t(*bytes) > file.remaining() ? "truncated"
                                                        : "trailing data") +
                  ": an array of shape " + shape + " of " + elementName(*kind) +
                  " has " + Twine(*bytes) + " bytes, and the file has " +
                  Twine(file.remaining()) + " after the header");

  NpyArray array;
  array.kind = *kind;
  array.shape = std::move(header->shape);
  array.data.resize(*bytes);
  if (Error error = file.read(array.data))
    return std::move(error);
  if (array.kind == ElementKind::Bool)
    for (char &value : array.data)
      value = value != 0;
  if (header->fortranOrder && array.shape.size() > 1)
    makeRowMajor(array);
  return std::move(array);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// Everything before the data, padded as NumPy does to a multiple of 64 bytes.
static std::string formatHeader(const NpyArray &array) {
  std::string dictionary = "{'descr': '" + npyDescr(array.kind) +
                           "', 'fortran_order': False, 'shape': (";
  for (auto [i, size] : enumerate(array.shape))
    dictionary += (i > 0 ? ", " : "") + std::to_string(size);
  dictionary += array.shape.size() == 1 ? ",), }" : "), }";
  constexpr size_t prefixSize = magicSize + 4;
  size_t total = alignTo(prefixSize + dictionary.size() + 1, 64);
  dictionary.resize(total - prefixSize - 1, ' ');
  dictionary += '\n';

  std::string result(magic, magicSize);
  result += {'\x01', '\x00'};
  result += char(dictionary.size() & 0xff);
  result += char(dictionary.size() >> 8);
  return result + dictionary;
}

/// Writes the temporary file and puts it in place.
static Error writeAndRename(StringRef path, StringRef header,
                            ArrayRef<char> data) {
  Expected<sys::fs::TempFile> temporary =
      sys::fs::TempFile::create(path + ".tmp-%%%%%%%%");
  if (!temporary)
    return fail(path, "cannot write: " + toString(temporary.takeError()) +
                          "; give a path in a folder that can be written");
  raw_fd_ostream os(temporary->FD, /*shouldClose=*/false);
  os << header;
  os.write(data.data(), data.size());
  os.flush();
  if (std::error_code code = os.error()) {
    os.clear_error();
    consumeError(temporary->discard());
    return fail(path, "cannot write: " + code.message());
  }
  if (Error error = temporary->keep(path)) {
    std::string message = toString(std::move(error));
    consumeError(temporary->discard());
    return fail(path, "cannot write: " + message);
  }
  return Error::success();
}

Error fovea::writeNpy(StringRef path, const NpyArray &array) {
  std::optional<int64_t> bytes = countBytes(array.kind, array.shape);
  if (!bytes || array.shape.size() > maxRank)
    return fail(path, "cannot write: not a shape that a .npy file can have");
  if (uint64_t(*bytes) != array.data.size())
    return fail(path, "cannot write: the shape needs " + Twine(*bytes) +
                          " bytes of data, and there are " +
                          Twine(array.data.size()));
  // A rename would replace a device or a pipe by a file.
  sys::fs::file_status status;
  if (!sys::fs::status(path, status) && !sys::fs::is_regular_file(status))
    return fail(path, "cannot write: not a regular file; give the path of a "
                      "file that may be replaced");
  return writeAndRename(path, formatHeader(array), array.data);
}
