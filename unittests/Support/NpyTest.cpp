//===- NpyTest.cpp - NumPy's .npy files -----------------------------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fovea/Support/Npy.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include "gtest/gtest.h"

#include <csignal>
#include <cstring>
#include <random>

#include <sys/resource.h>
#include <sys/stat.h>

using namespace fovea;
using namespace llvm;

namespace {

/// Gives each test a folder of its own.
class NpyTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(sys::fs::createUniqueDirectory("fovea-npy", folder));
    path = file("a.npy");
  }
  void TearDown() override { sys::fs::remove_directories(folder); }

  std::string file(StringRef name) const {
    SmallString<128> result(folder);
    sys::path::append(result, name);
    return std::string(result);
  }

  void write(StringRef contents) {
    std::error_code error;
    raw_fd_ostream os(path, error);
    ASSERT_FALSE(error);
    os << contents;
  }

  std::string contents() const {
    auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false,
                                        /*RequiresNullTerminator=*/false);
    return buffer ? (*buffer)->getBuffer().str() : "missing";
  }

  /// Names of the files in the folder.
  std::vector<std::string> listing() const {
    std::vector<std::string> names;
    std::error_code error;
    for (sys::fs::directory_iterator it(folder, error), end;
         it != end && !error; it.increment(error))
      names.push_back(sys::path::filename(it->path()).str());
    return names;
  }

  /// The message of the error from reading, without the file's name which it
  /// must begin with; "read" if there is none.
  std::string failure(std::optional<ElementKind> wanted = std::nullopt) {
    Expected<NpyArray> array = readNpy(path, wanted);
    if (array)
      return "read";
    std::string message = toString(array.takeError());
    EXPECT_TRUE(StringRef(message).starts_with(path + ": ")) << message;
    return StringRef(message).drop_front(path.size() + 2).str();
  }

  SmallString<128> folder;
  std::string path;
};

/// A file as its parts, version 1.0 unless told otherwise.
std::string npy(StringRef dictionary, StringRef data,
                StringRef version = StringRef("\1\0", 2)) {
  std::string result = "\x93NUMPY" + version.str();
  size_t size = dictionary.size();
  for (int i = 0; i < (version[0] == 1 ? 2 : 4); ++i)
    result += char(size >> 8 * i);
  return result + dictionary.str() + data.str();
}

std::string dictionary(StringRef descr, StringRef shape,
                       StringRef order = "False") {
  return ("{'descr': '" + descr + "', 'fortran_order': " + order +
          ", 'shape': " + shape + ", }\n")
      .str();
}

template <typename T>
std::string bytesOf(std::vector<T> values) {
  return std::string(reinterpret_cast<char *>(values.data()),
                     values.size() * sizeof(T));
}

//===----------------------------------------------------------------------===//
// What can be read
//===----------------------------------------------------------------------===//

TEST_F(NpyTest, ReadsWhatNumPyWrites) {
  // numpy.save of arange(6, dtype='f4').reshape(2, 3), byte for byte.
  std::string header =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  header.resize(117, ' ');
  write(npy(header + "\n", bytesOf<float>({0, 1, 2, 3, 4, 5})));
  ASSERT_EQ(contents().substr(6, 4), std::string("\1\0v\0", 4));
  Expected<NpyArray> array = readNpy(path);
  ASSERT_TRUE(bool(array)) << toString(array.takeError());
  EXPECT_EQ(array->kind, ElementKind::F32);
  EXPECT_EQ(array->shape, (SmallVector<int64_t>{2, 3}));
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(loadElement(array->kind, array->data.data(), i), i);
}

TEST_F(NpyTest, Versions) {
  for (char major : {1, 2, 3}) {
    write(npy(dictionary("<i2", "(2,)"), bytesOf<int16_t>({-1, 7}),
              std::string({major, '\0'})));
    Expected<NpyArray> array = readNpy(path);
    ASSERT_TRUE(bool(array)) << toString(array.takeError());
    EXPECT_EQ(loadElement(array->kind, array->data.data(), 0), -1);
    EXPECT_EQ(loadElement(array->kind, array->data.data(), 1), 7);
  }
}

TEST_F(NpyTest, OtherSpellings) {
  for (StringRef header :
       {"{\"shape\":(2 , 1,),\"fortran_order\":False,\"descr\":\"<f4\"}",
        "  { 'fortran_order' : False , 'descr' : '=f4' , 'shape' : ( 2L, 1L ) "
        "} \n\n"}) {
    write(npy(header, bytesOf<float>({1, 2})));
    Expected<NpyArray> array = readNpy(path);
    ASSERT_TRUE(bool(array)) << toString(array.takeError());
    EXPECT_EQ(array->kind, ElementKind::F32);
    EXPECT_EQ(array->shape, (SmallVector<int64_t>{2, 1}));
  }
}

TEST_F(NpyTest, FortranOrder) {
  // Element (i, j, k) of a 2x3x4 array is 100 i + 10 j + k.
  std::vector<double> columns, rows;
  for (int k = 0; k < 4; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i)
        columns.push_back(100 * i + 10 * j + k);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k)
        rows.push_back(100 * i + 10 * j + k);
  for (ElementKind kind : {ElementKind::U8, ElementKind::I16, ElementKind::F32,
                           ElementKind::F64}) {
    NpyArray array{kind, {2, 3, 4}, {}};
    array.data.resize(24 * elementSize(kind));
    for (int i = 0; i < 24; ++i)
      storeElement(kind, array.data.data(), i, columns[i]);
    cantFail(writeNpy(path, array));
    std::string file = contents();
    size_t at = file.find("False");
    ASSERT_NE(at, std::string::npos);
    write(file.replace(at, 5, "True "));
    Expected<NpyArray> read = readNpy(path);
    ASSERT_TRUE(bool(read)) << toString(read.takeError());
    EXPECT_EQ(read->shape, array.shape);
    for (int i = 0; i < 24; ++i)
      EXPECT_EQ(loadElement(kind, read->data.data(), i), rows[i]) << i;
  }
}

TEST_F(NpyTest, FortranOrderOfEmptyArrays) {
  for (StringRef shape : {"(0,)", "(3, 0, 2)", "(0, 9223372036854775807)"}) {
    write(npy(dictionary("|u1", shape, "True"), ""));
    EXPECT_EQ(failure(), "read");
  }
}

TEST_F(NpyTest, BoolsBecomeZeroOrOne) {
  write(npy(dictionary("|b1", "(4,)"), StringRef("\0\1\2\xff", 4)));
  Expected<NpyArray> array = readNpy(path);
  ASSERT_TRUE(bool(array)) << toString(array.takeError());
  EXPECT_EQ(array->data, (std::vector<char>{0, 1, 1, 1}));
}

TEST_F(NpyTest, Bf16OnlyWhereWanted) {
  for (StringRef descr : {"<V2", "|V2", "<u2"}) {
    write(npy(dictionary(descr, "(2,)"), bytesOf<uint16_t>({0x3f80, 0xc000})));
    Expected<NpyArray> array = readNpy(path, ElementKind::BF16);
    ASSERT_TRUE(bool(array)) << toString(array.takeError());
    EXPECT_EQ(array->kind, ElementKind::BF16);
    EXPECT_EQ(loadElement(array->kind, array->data.data(), 0), 1);
    EXPECT_EQ(loadElement(array->kind, array->data.data(), 1), -2);
    EXPECT_NE(failure().find("are read as bf16 only where bf16 is expected"),
              std::string::npos);
    EXPECT_NE(failure(ElementKind::F16).find("arr.astype('<f2')"),
              std::string::npos);
  }
}

//===----------------------------------------------------------------------===//
// What can't
//===----------------------------------------------------------------------===//

TEST_F(NpyTest, ElementTypes) {
  std::pair<StringRef, StringRef> cases[] = {
      {">f4", "big-endian ('>f4'): save it with arr.astype('<f4')"},
      {">i8", "big-endian ('>i8'): save it with arr.astype('<i8')"},
      {"|O", "arrays of Python objects aren't supported: convert it with "
             "arr.astype('<f4') before saving"},
      {"<c8", "elements of type '<c8' aren't supported: save it with "
              "arr.astype('<f4') or another of f2, f4, f8, i1, i2, i4, i8, u1 "
              "and bool"},
      {"<u2", "elements of type '<u2' are read as bf16 only where bf16 is "
              "expected; for other types, save it with arr.astype('<i4')"},
      {"|V2", "elements of type '|V2' are read as bf16 only where bf16 is "
              "expected; for other types, save it with arr.astype('<f4')"}};
  for (auto [descr, message] : cases) {
    write(npy(dictionary(descr, "(1,)"), "12345678"));
    EXPECT_EQ(failure(), message);
  }
  for (StringRef descr : {"", "<", "f", "<f", "<f3", "<f16", "<u4", "<u8",
                          "<U5", "|S3", "<M8[ns]", "<f4 ", "<<f4", "f44"}) {
    write(npy(dictionary(descr, "(1,)"), "1234"));
    EXPECT_NE(failure().find("aren't supported: save it with"),
              std::string::npos)
        << descr.str();
  }
  write(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
            "1234"));
  EXPECT_EQ(failure(), "arrays of records aren't supported: save each field as "
                       "an array of its own");
}

TEST_F(NpyTest, AnotherTypeThanWanted) {
  write(npy(dictionary("<f4", "(1,)"), "1234"));
  EXPECT_EQ(failure(ElementKind::F32), "read");
  EXPECT_EQ(failure(ElementKind::F16),
            "the elements are f32 ('<f4') where f16 is expected: save it with "
            "arr.astype('<f2')");
  EXPECT_EQ(failure(ElementKind::BF16),
            "the elements are f32 ('<f4') where bf16 is expected: save it with "
            "arr.astype(ml_dtypes.bfloat16)");
  EXPECT_EQ(failure(ElementKind::Bool),
            "the elements are f32 ('<f4') where bool is expected: save it with "
            "arr.astype('|b1')");
}

TEST_F(NpyTest, SizeOfTheData) {
  write(npy(dictionary("<f4", "(2, 3)"), std::string(23, 'x')));
  EXPECT_EQ(failure(), "truncated: an array of shape (2, 3) of f32 has 24 "
                       "bytes, and the file has 23 after the header");
  write(npy(dictionary("<f4", "(2, 3)"), std::string(25, 'x')));
  EXPECT_EQ(failure(), "trailing data: an array of shape (2, 3) of f32 has 24 "
                       "bytes, and the file has 25 after the header");
  write(npy(dictionary("<f4", "()"), ""));
  EXPECT_EQ(failure(), "truncated: an array of shape () of f32 has 4 bytes, "
                       "and the file has 0 after the header");
}

TEST_F(NpyTest, Shapes) {
  std::pair<StringRef, StringRef> cases[] = {
      {"(-1,)", "bad .npy header: a dimension is negative: '-1,), }\\0A'"},
      {"(9223372036854775808,)",
       "bad .npy header: a dimension is too large: '9223372036854775808'"},
      {"(9223372036854775807,)", "bad .npy header: an array of shape "
                                 "(9223372036854775807) is too large"},
      {"(4294967296, 4294967296)", "bad .npy header: an array of shape "
                                   "(4294967296, 4294967296) is too large"},
      {"(0, 4294967296, 4294967296)",
       "bad .npy header: an array of shape (0, 4294967296, 4294967296) is too "
       "large"},
      {"(1)", "bad .npy header: 'shape' must be a tuple: (3) is a number, (3,) "
              "is a tuple"},
      {"3", "bad .npy header: 'shape' must be a tuple, found '3, }\\0A'"},
      {"[3]", "bad .npy header: 'shape' must be a tuple, found '[3], }\\0A'"},
      {"(1.5,)", "bad .npy header: expected ',' or ')' before '.5,), }\\0A'"},
      {"(,)", "bad .npy header: expected a dimension before ',), }\\0A'"},
      {"(1,,)", "bad .npy header: expected a dimension before ',), }\\0A'"},
      {"(1, 2", "bad .npy header: expected a dimension before '}\\0A'"}};
  for (auto [shape, message] : cases) {
    write(npy(dictionary("<f4", shape), "1234"));
    EXPECT_EQ(failure(), message);
  }
  std::string ones;
  for (int i = 0; i < 64; ++i)
    ones += "1,";
  write(npy(dictionary("<f4", "(" + ones + ")"), "1234"));
  EXPECT_EQ(failure(), "read");
  write(npy(dictionary("<f4", "(" + ones + "1)"), "1234"));
  EXPECT_EQ(failure(), "bad .npy header: more than 64 dimensions");
}

TEST_F(NpyTest, Dictionaries) {
  std::pair<StringRef, StringRef> cases[] = {
      {"", "expected '{' before ''"},
      {"[]", "expected '{' before '[]'"},
      {"{", "expected a string before ''"},
      {"{}", "the key 'descr' is missing"},
      {"{'descr': '<f4', 'shape': ()}", "the key 'fortran_order' is missing"},
      {"{'descr': '<f4', 'fortran_order': False}",
       "the key 'shape' is missing"},
      {"{'descr': '<f4', 'descr': '<f4'}", "the key 'descr' appears twice"},
      {"{'more': 1}", "unknown key 'more'"},
      {"{'descr' '<f4'}", "expected ':' before ''<f4'}'"},
      {"{'descr': 4}", "expected a string before '4}'"},
      {"{'descr': '<f4", "a string doesn't end: ''<f4'"},
      {"{'descr': '<f4' 'shape': ()}", "expected ',' or '}' before ''shape': "
                                       "()}'"},
      {"{'fortran_order': 1}", "'fortran_order' must be True or False, found "
                               "'1}'"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': ()} x",
       "unexpected 'x' after the dictionary"}};
  for (auto [header, message] : cases) {
    write(npy(header, "1234"));
    EXPECT_EQ(failure(), "bad .npy header: " + message.str());
  }
}

TEST_F(NpyTest, NotNpyFiles) {
  write("");
  EXPECT_EQ(failure(), "not a .npy file: it has only 0 bytes");
  write("\x93NUMPY\1");
  EXPECT_EQ(failure(), "not a .npy file: it has only 7 bytes");
  write("1.0 2.0 3.0 4.0");
  EXPECT_EQ(failure(), "not a .npy file: it doesn't begin with '\\x93NUMPY'");
  write("PK\3\4 an archive");
  EXPECT_EQ(failure(), "not a .npy file: it doesn't begin with '\\x93NUMPY' "
                       "(an .npz archive? save each array with numpy.save)");
  write(StringRef("\x93NUMPY\4\0\1\0{", 11));
  EXPECT_EQ(failure(), "version 4.0 of the .npy format isn't known: save it "
                       "with numpy.lib.format.write_array(file, arr, (1, 0))");
  write(StringRef("\x93NUMPY\1\0\1", 9));
  EXPECT_EQ(failure(), "truncated: the file ends in the header");
  write(StringRef("\x93NUMPY\2\0\xff\xff\xff\xff{}", 14));
  EXPECT_EQ(failure(), "truncated: the header is said to have 4294967295 "
                       "bytes, and the file has 2 more");
  write(npy(std::string(2 << 20, ' '), "", StringRef("\2\0", 2)));
  EXPECT_EQ(failure(), "bad .npy header: 2097152 bytes are too long for a "
                       "header");
}

TEST_F(NpyTest, NotRegularFiles) {
  EXPECT_EQ(failure(), "cannot open: No such file or directory");
  path = std::string(folder);
  EXPECT_EQ(failure(), "not a regular file; give the path of a .npy file");
  path = file("pipe");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(failure(), "not a regular file; give the path of a .npy file");
}

TEST_F(NpyTest, MutatedFilesAreReadOrRefused) {
  std::string originals[] = {
      npy(dictionary("<f4", "(2, 3)"), std::string(24, 'x')),
      npy(dictionary("<f8", "(1, 2, 3)", "True"), std::string(48, 'x'),
          StringRef("\2\0", 2)),
      npy(dictionary("|b1", "(5,)"), "abcde", StringRef("\3\0", 2))};
  // Pieces which a parser might stumble over.
  std::string pieces[] = {"(",
                          ")",
                          "{",
                          "}",
                          "'",
                          "\"",
                          ",",
                          "-1",
                          "0",
                          "9223372036854775807",
                          "18446744073709551616",
                          "True",
                          "False",
                          ":",
                          "\n",
                          std::string(1, '\0'),
                          "\xff",
                          "[",
                          "L",
                          ">",
                          "|V2",
                          "O",
                          "%s%n",
                          std::string(300, '('),
                          std::string(300, '9')};
  std::mt19937 random(7);
  auto below = [&](size_t limit) { return random() % limit; };
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string file = originals[below(3)];
    for (size_t edits = 1 + below(3); edits > 0 && !file.empty(); --edits) {
      size_t at = below(std::min<size_t>(file.size(), 90));
      const std::string &piece = pieces[below(std::size(pieces))];
      switch (below(5)) {
      case 0:
        file[at] = char(random());
        break;
      case 1:
        file.resize(at);
        break;
      case 2:
        file.erase(at, 1 + below(8));
        break;
      case 3:
        file.insert(at, piece);
        break;
      case 4:
        file.replace(at, piece.size(), piece);
        break;
      }
    }
    write(file);
    std::optional<ElementKind> wanted;
    if (below(2))
      wanted = allElementKinds[below(std::size(allElementKinds))];
    std::string message = failure(wanted);
    ASSERT_FALSE(message.empty());
    // Messages stay readable, whatever was in the file.
    ASSERT_LT(message.size(), 2000u);
    for (char c : message)
      ASSERT_TRUE(isPrint(c)) << message;
    refused += message != "read";
  }
  EXPECT_GT(refused, 2000);
  EXPECT_LT(refused, 3000);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

TEST_F(NpyTest, WhatIsWrittenIsReadBack) {
  SmallVector<int64_t> shapes[] = {{},     {5},       {0},
                                   {2, 3}, {1, 0, 4}, {2, 1, 3, 2}};
  for (ElementKind kind : allElementKinds)
    for (const SmallVector<int64_t> &shape : shapes) {
      NpyArray array{kind, shape, {}};
      int64_t count = 1;
      for (int64_t size : shape)
        count *= size;
      array.data.resize(count * elementSize(kind));
      for (int64_t i = 0; i < count; ++i)
        storeElement(kind, array.data.data(), i,
                     kind == ElementKind::Bool ? double(i % 2) : double(i * 7));
      cantFail(writeNpy(path, array));
      Expected<NpyArray> read = readNpy(path, kind);
      ASSERT_TRUE(bool(read)) << toString(read.takeError());
      EXPECT_EQ(read->kind, kind);
      EXPECT_EQ(read->shape, shape);
      EXPECT_EQ(read->data, array.data);
    }
  EXPECT_EQ(listing(), std::vector<std::string>{"a.npy"});
}

TEST_F(NpyTest, WritesWhatNumPyWrites) {
  NpyArray array{ElementKind::F32, {3}, std::vector<char>(12, 'x')};
  cantFail(writeNpy(path, array));
  std::string header =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
  header.resize(117, ' ');
  EXPECT_EQ(contents(), npy(header + "\n", std::string(12, 'x')));
  EXPECT_EQ((contents().size() - 12) % 64, 0u);
}

TEST_F(NpyTest, RefusesArraysThatAreNone) {
  EXPECT_EQ(toString(writeNpy(path, {ElementKind::U8, {-1}, {}})),
            path + ": cannot write: not a shape that a .npy file can have");
  EXPECT_EQ(toString(writeNpy(path, {ElementKind::F32, {3}, {0, 0}})),
            path + ": cannot write: the shape needs 12 bytes of data, and "
                   "there are 2");
  EXPECT_TRUE(listing().empty());
}

TEST_F(NpyTest, WritesBf16AsTwoRawBytes) {
  cantFail(writeNpy(path, {ElementKind::BF16, {1}, {0, 0}}));
  EXPECT_NE(contents().find("'descr': '|V2'"), std::string::npos);
}

TEST_F(NpyTest, WrongDataIsNotWritten) {
  write("before");
  NpyArray cases[] = {
      {ElementKind::F32, {3}, std::vector<char>(11)},
      {ElementKind::F32, {3}, std::vector<char>(13)},
      {ElementKind::F32, {-1}, std::vector<char>(4)},
      {ElementKind::F32, {INT64_MAX, 4}, std::vector<char>(4)},
      {ElementKind::F32, SmallVector<int64_t>(65, 1), std::vector<char>(4)}};
  for (const NpyArray &array : cases) {
    std::string message = toString(writeNpy(path, array));
    EXPECT_TRUE(StringRef(message).starts_with(path + ": cannot write: "))
        << message;
    EXPECT_EQ(contents(), "before");
  }
  EXPECT_EQ(listing(), std::vector<std::string>{"a.npy"});
}

TEST_F(NpyTest, FoldersAndPipesAreNotReplaced) {
  NpyArray array{ElementKind::U8, {1}, {1}};
  EXPECT_EQ(toString(writeNpy(folder, array)),
            (folder + ": cannot write: not a regular file; give the path of a "
                      "file that may be replaced")
                .str());
  path = file("pipe");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(toString(writeNpy(path, array)),
            path + ": cannot write: not a regular file; give the path of a "
                   "file that may be replaced");
  EXPECT_EQ(listing(), std::vector<std::string>{"pipe"});
}

TEST_F(NpyTest, MissingFolder) {
  path = file("missing/a.npy");
  std::string message = toString(writeNpy(path, {ElementKind::U8, {1}, {1}}));
  EXPECT_TRUE(StringRef(message).starts_with(path + ": cannot write: "));
  EXPECT_TRUE(StringRef(message).contains("No such file or directory"))
      << message;
}

TEST_F(NpyTest, FullDiskLeavesNothingBehind) {
  write("before");
  // A limit on the size of files stands for a full disk.
  rlimit old;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  rlimit small = {4096, old.rlim_max};
  auto oldHandler = signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  NpyArray array{ElementKind::U8, {100000}, std::vector<char>(100000)};
  std::string message = toString(writeNpy(path, array));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
  signal(SIGXFSZ, oldHandler);
  EXPECT_EQ(message, path + ": cannot write: File too large");
  EXPECT_EQ(contents(), "before");
  EXPECT_EQ(listing(), std::vector<std::string>{"a.npy"});
}

} // namespace
