//===- fovea-run.cpp - Compiles in memory and runs an entry ---------------===//
//
// Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arguments.h"
#include "Cuda.h"
#include "InputModule.h"
#include "Program.h"
#include "ToolSetup.h"

#include "fovea-runtime/Runtime.h"
#include "fovea/Dialect/Attn/Transforms/Passes.h"
#include "fovea/Dialect/Attn/Transforms/Schedules.h"
#include "fovea/InitAllPasses.h"
#include "fovea/Support/Peak.h"
#include "fovea/Target/CudaTarget.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Process.h"
#include <chrono>
#include <cmath>

using namespace mlir;
using namespace fovea;
namespace cl = llvm::cl;
using llvm::Error;
using llvm::Expected;

/// LLVM's libraries register options of their own, some under names of ours
/// (--threads). They mean nothing here and make way, before ours are made; help
/// and version stay.
static const bool madeWay = [] {
  SmallVector<cl::Option *> others;
  for (auto &option : cl::getRegisteredOptions())
    if (!option.first.starts_with("help") && option.first != "version")
      others.push_back(option.second);
  for (cl::Option *option : others)
    option->removeArgument();
  return true;
}();

static cl::OptionCategory category("fovea-run options");

static cl::opt<std::string> inputFile(cl::Positional, cl::desc("FILE.mlir"),
                                      cl::Required, cl::cat(category));
static cl::opt<std::string>
    entryName("entry", cl::value_desc("NAME"), cl::cat(category),
              cl::desc("Function to run (default: the only public one)"));
static cl::opt<bool> allEntries("all-entries", cl::cat(category),
                                cl::desc("Run every public function, a line "
                                         "each"));
static cl::list<std::string>
    inFiles("in", cl::value_desc("A.npy"), cl::cat(category),
            cl::desc("Files for the first arguments, in order; repeat it, or "
                     "separate by commas"),
            cl::CommaSeparated);
static cl::list<std::string>
    outFiles("out", cl::value_desc("O.npy"), cl::cat(category),
             cl::desc("Files for the results, in order"), cl::CommaSeparated);
static cl::opt<uint64_t>
    randomSeed("random", cl::value_desc("SEED"), cl::init(0), cl::cat(category),
               cl::desc("Seed of arguments that no file gives (default 0)"));
static cl::list<std::string>
    dimSizes("dims", cl::value_desc("NAME=VALUE,..."), cl::cat(category),
             cl::desc("Sizes of named dynamic dimensions"), cl::CommaSeparated);
static cl::opt<bool> check("check", cl::cat(category),
                           cl::desc("Compare with the reference in f64; exit "
                                    "with 1 beyond the tolerance"));
static cl::opt<double> tolerance(
    "tolerance", cl::init(0), cl::cat(category),
    cl::desc("Largest relative L2 error (default: 1e-4 for f32 results, 2e-3 "
             "for f16, 1e-2 for bf16, also where weights are multiplied in "
             "bf16)"));
static cl::opt<bool> bench("bench", cl::cat(category),
                           cl::desc("Time it: median and least time, FLOP/s, "
                                    "bytes/s, on CPUs the share of the probed "
                                    "peak and, of what no cache holds, of the "
                                    "rate of reading memory"));
static cl::opt<bool> json("json", cl::cat(category),
                          cl::desc("Print one line of JSON for each entry"));
static cl::opt<bool> eachPass(
    "check-each-pass", cl::cat(category),
    cl::desc("Compare after every pass, and name the first that changed the "
             "result"));
static cl::opt<int>
    numThreads("threads", cl::value_desc("N"), cl::init(0), cl::cat(category),
               cl::desc("Threads on a CPU (default: all CPUs)"));
static cl::opt<std::string> targetText(
    "target", cl::value_desc("TARGET"), cl::init("cpu"), cl::cat(category),
    cl::desc(
        "Where to run: cpu (the default: all that this machine has), "
        "cpu:amx, cpu:avx512, cpu:avx2, cpu:plain, cpu: and LLVM features, or "
        "cuda"));

static cl::opt<std::string> passesText(
    "passes", cl::value_desc("PIPELINE"), cl::cat(category),
    cl::desc("Passes to run on the file before the others, as "
             "attn-split-keys{parts=4},canonicalize; the reference is of the "
             "file as it is"));

static cl::opt<std::string> scheduleText(
    "schedule", cl::value_desc("ATTRIBUTE"), cl::cat(category),
    cl::desc("Schedule of all attention ops, as #pipe.schedule<...> for a GPU "
             "or #tile.cpu_schedule<...> for a CPU (default: their own, or the "
             "best)"));

static cl::opt<bool> explain(
    "explain", cl::cat(category),
    cl::desc("Say which tiles have work, before and after tokens are moved, "
             "instead of running anything"));
static cl::opt<std::string>
    svgFile("svg", cl::value_desc("FILE"), cl::cat(category),
            cl::desc("With --explain: draw the maps of tiles"));

/// Adds the passes of --passes.
static Error addPasses(OpPassManager &pm) {
  std::string message;
  llvm::raw_string_ostream stream(message);
  if (succeeded(parsePassPipeline(passesText, pm, stream)))
    return Error::success();
  // What it says is about the text, with the place in it.
  StringRef said = StringRef(message).split("error: ").second;
  return llvm::createStringError("--passes: " + said.split('\n').first);
}

/// Prints an error and gives the exit status.
static int fail(const llvm::Twine &message) {
  return fovea::fail("fovea-run", message);
}

/// Says what is going on where somebody is watching.
static void progress(StringRef what) {
  if (llvm::sys::Process::StandardErrIsDisplayed() && !json)
    llvm::errs() << "\r\033[K" << what << (what.empty() ? "" : "...");
}

static double milliseconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

namespace {

/// What a run found out; negative where it was not measured.
struct Report {
  std::string entry, shape;
  double relError = -1, maxError = -1;
  double medianMs = -1, minMs = -1, gflops = -1, gbytes = -1, peak = -1,
         readShare = -1, readGbytes = -1;
  double compileMs = -1;
  bool ok = true;
};

} // namespace

//===----------------------------------------------------------------------===//
// Work
//===----------------------------------------------------------------------===//

/// Extent of a dimension of (b, h, i, j, d, e), taken from the arguments.
static int64_t extentOf(attn::ScoreOpInterface op, Value value, unsigned map,
                        unsigned dim, ArrayRef<Argument> arguments) {
  AffineMap m = op.getIndexingMapsArray()[map];
  auto type = cast<ShapedType>(value.getType());
  for (unsigned axis = 0; axis < m.getNumResults(); ++axis) {
    if (m.getDimPosition(axis) != dim)
      continue;
    auto argument = dyn_cast<BlockArgument>(value);
    if (argument && argument.getArgNumber() < arguments.size())
      return arguments[argument.getArgNumber()].array.shape[axis];
    return type.isDynamicDim(axis) ? 0 : type.getDimSize(axis);
  }
  return 1;
}

/// The argument of the entry that `value` is, or null.
static const Argument *argumentOf(Value value, ArrayRef<Argument> arguments) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getArgNumber() >= arguments.size())
    return nullptr;
  return &arguments[argument.getArgNumber()];
}

/// Keys that sequences have in a segment, before lengths; all sequences
/// together, if they are packed.
static int64_t countKeys(attn::ScoreOpInterface op, unsigned segment,
                         ArrayRef<Argument> arguments) {
  auto attribute = cast<attn::SegmentAttr>(op.getSegments()[segment]);
  if (attribute.getKind() != attn::SegmentKind::paged)
    return extentOf(op, op.getKeys()[segment], 1, 3, arguments);
  const Argument *table = argumentOf(op.getTablesOf(segment).back(), arguments);
  int64_t pages = table ? table->array.shape[1] : 0;
  return pages * attribute.getPageSize();
}

/// The number of rows of each sequence, from an argument or a constant.
static std::vector<double> countRows(Value offsets,
                                     ArrayRef<Argument> arguments) {
  std::vector<double> ends;
  DenseIntElementsAttr constant;
  if (const Argument *argument = argumentOf(offsets, arguments)) {
    const NpyArray &array = argument->array;
    for (int64_t n = 0; n < array.shape[0]; ++n)
      ends.push_back(loadElement(array.kind, array.data.data(), n));
  } else if (matchPattern(offsets, m_Constant(&constant))) {
    for (const APInt &end : constant)
      ends.push_back(end.getSExtValue());
  }
  std::vector<double> rows;
  for (size_t n = 1; n < ends.size(); ++n)
    rows.push_back(ends[n] - ends[n - 1]);
  return rows;
}

/// Pairs of queries and keys of one head.
static double countPairs(attn::ScoreOpInterface op,
                         ArrayRef<Argument> arguments) {
  double pairs = 0;
  for (auto [n, attribute] : llvm::enumerate(op.getSegments())) {
    auto segment = cast<attn::SegmentAttr>(attribute);
    OperandRange tables = op.getTablesOf(n);
    double keys = countKeys(op, n, arguments);
    if (segment.getNumOffsets() == 0) {
      pairs += double(extentOf(op, op.getQuery(), 0, 0, arguments)) *
               extentOf(op, op.getQuery(), 0, 2, arguments) * keys;
      continue;
    }
    std::vector<double> queryRows = countRows(tables[0], arguments), keyRows;
    if (segment.getKind() == attn::SegmentKind::packed)
      keyRows = countRows(tables[1], arguments);
    keyRows.resize(queryRows.size(), keys);
    for (auto [rows, columns] : llvm::zip(queryRows, keyRows))
      pairs += rows * columns;
  }
  return pairs;
}

/// Floating-point operations of the products of all pairs, times the
/// function's attribute fovea.useful_fraction.
static double countFlops(func::FuncOp entry, ArrayRef<Argument> arguments) {
  double flops = 0;
  entry.walk([&](attn::AttentionOp op) {
    auto extent = [&](Value value, unsigned map, unsigned dim) -> double {
      return extentOf(op, value, map, dim, arguments);
    };
    Value q = op.getQuery(), v = op.getValues()[0];
    flops += 2 * countPairs(op, arguments) * extent(q, 0, 1) *
             (extent(q, 0, 4) + extent(v, 2, 5));
  });
  if (auto useful = entry->getAttrOfType<FloatAttr>("fovea.useful_fraction"))
    flops *= useful.getValueAsDouble();
  return flops;
}

/// Whether all attention ops have operands of bf16, or permit that these are
/// rounded to it, and the target multiplies such numbers.
static bool multipliesBf16(func::FuncOp entry, const CpuTarget &target) {
  bool isCuda = CudaTarget::isCuda(targetText);
  bool any = false, all = isCuda || (target.hasBf16() && target.lanes == 16);
  entry.walk([&](attn::AttentionOp op) {
    any = true;
    auto isBf16 = [&](Value value) {
      Type type = getElementTypeOrSelf(value.getType());
      // CPUs multiply wider numbers as they are.
      if (isCuda && op.getNumerics())
        type = op.getNumerics()->round(type);
      return type.isBF16();
    };
    all &= isBf16(op.getQuery()) && llvm::all_of(op.getKeys(), isBf16) &&
           llvm::all_of(op.getValues(), isBf16);
  });
  return any && all;
}

/// The sizes of the entry's first attention, such as "B1 H8/2 Sq64 Skv99 D64":
/// query heads and, if they are fewer, key heads; the keys of all segments;
/// rows of all sequences, if they are packed; the values' channels if they
/// aren't D.
static std::string describeShape(func::FuncOp entry,
                                 ArrayRef<Argument> arguments) {
  std::string text;
  llvm::raw_string_ostream os(text);
  entry.walk([&](attn::AttentionOp op) {
    auto extent = [&](Value value, unsigned map, unsigned dim) {
      return extentOf(op, value, map, dim, arguments);
    };
    Value q = op.getQuery(), k = op.getKeys()[0], v = op.getValues()[0];
    int64_t heads = extent(q, 0, 1), keyHeads = extent(k, 1, 1);
    int64_t d = extent(q, 0, 4), e = extent(v, 2, 5);
    int64_t sequences = extent(q, 0, 0), keys = 0;
    for (auto [n, attribute] : llvm::enumerate(op.getSegments())) {
      keys += countKeys(op, n, arguments);
      if (cast<attn::SegmentAttr>(attribute).getNumOffsets() > 0)
        sequences = countRows(op.getTablesOf(n)[0], arguments).size();
    }
    os << 'B' << sequences << " H" << heads;
    if (keyHeads != heads)
      os << '/' << keyHeads;
    os << " Sq" << extent(q, 0, 2) << " Skv" << keys << " D" << d;
    if (e != d)
      os << " Dv" << e;
    return WalkResult::interrupt();
  });
  return text;
}

//===----------------------------------------------------------------------===//
// One entry
//===----------------------------------------------------------------------===//

/// The arguments that return values are computed into, by following the
/// outputs of ops in destination-passing style.
static SmallVector<bool> findOutputs(func::FuncOp entry) {
  SmallVector<bool> outputs(entry.getNumArguments());
  entry.walk([&](func::ReturnOp exit) {
    for (Value value : exit.getOperands()) {
      while (auto op = value.getDefiningOp<DestinationStyleOpInterface>())
        value = op.getTiedOpOperand(cast<OpResult>(value))->get();
      auto argument = dyn_cast<BlockArgument>(value);
      if (argument && argument.getOwner()->getParentOp() == entry &&
          llvm::all_of(argument.getUses(), [](OpOperand &use) {
            auto op = dyn_cast<DestinationStyleOpInterface>(use.getOwner());
            return op && op.isDpsInit(&use);
          }))
        outputs[argument.getArgNumber()] = true;
    }
  });
  return outputs;
}

static double defaultTolerance(ArrayRef<reference::Array> results,
                               bool isOnBf16) {
  double widest = isOnBf16 ? 1e-2 : 1e-4;
  for (const reference::Array &array : results) {
    if (array.elementType.isF16())
      widest = std::max(widest, 2e-3);
    if (array.elementType.isBF16())
      widest = std::max(widest, 1e-2);
  }
  return widest;
}

static void summarize(std::vector<double> &times, Report &report) {
  llvm::sort(times);
  report.medianMs = times[times.size() / 2];
  report.minMs = times.front();
}

static Error measure(Program &program, StringRef entry,
                     ArrayRef<JitArgument> arguments, Report &report) {
  std::vector<double> times;
  auto begin = std::chrono::steady_clock::now();
  // At least 7 runs and 0.5 seconds; the first one warms up.
  while (times.size() < 8 ||
         (milliseconds(std::chrono::steady_clock::now() - begin) < 500 &&
          times.size() < 100000)) {
    auto start = std::chrono::steady_clock::now();
    if (Error error = program.run(entry, arguments))
      return error;
    times.push_back(milliseconds(std::chrono::steady_clock::now() - start));
  }
  times.erase(times.begin());
  summarize(times, report);
  return Error::success();
}

/// What no cache holds is compared with reading memory, in turn: the machine's
/// rate may change from one moment to the next.
static Error compareWithReading(Program &program, StringRef entry,
                                ArrayRef<JitArgument> arguments, double bytes,
                                Report &report) {
  constexpr int rounds = 15;
  constexpr double roundMs = 40;
  ReadProbe probe(fovea_get_num_threads());
  std::vector<double> shares, rates;
  double before = probe.run();
  for (int round = 0; round < rounds && before > 0; ++round) {
    std::vector<double> times;
    auto begin = std::chrono::steady_clock::now();
    while (milliseconds(std::chrono::steady_clock::now() - begin) < roundMs) {
      auto start = std::chrono::steady_clock::now();
      if (Error error = program.run(entry, arguments))
        return error;
      times.push_back(milliseconds(std::chrono::steady_clock::now() - start));
    }
    llvm::sort(times);
    double after = probe.run();
    if (after == 0)
      break;
    rates.push_back((before + after) / 2);
    shares.push_back(bytes / times[times.size() / 2] * 1e-6 / rates.back());
    before = after;
  }
  if (shares.empty())
    return Error::success();
  llvm::sort(shares);
  llvm::sort(rates);
  report.readShare = shares[shares.size() / 2];
  report.readGbytes = rates[rates.size() / 2];
  return Error::success();
}

/// The sizes of --dims, by name.
static Expected<llvm::StringMap<int64_t>> readDims() {
  llvm::StringMap<int64_t> dims;
  for (StringRef dim : dimSizes) {
    auto [name, value] = dim.split('=');
    int64_t size;
    if (name.empty() || value.getAsInteger(10, size) || size < 0)
      return llvm::createStringError("--dims " + dim +
                                     ": expected NAME=VALUE with a size of 0 "
                                     "or more");
    if (!dims.insert({name, size}).second)
      return llvm::createStringError("--dims " + dim + ": " + name +
                                     " is given twice; give it once");
  }
  return dims;
}

static Error runEntry(ModuleOp module, func::FuncOp entry, Program &program,
                      const CpuTarget &target, Report &report) {
  report.entry = entry.getName().str();
  report.compileMs = program.getCompileMs();
  ArgumentSources sources;
  sources.files.assign(inFiles.begin(), inFiles.end());
  sources.seed = randomSeed;
  auto dims = readDims();
  if (!dims)
    return dims.takeError();
  sources.dims = std::move(*dims);
  if (outFiles.size() > entry.getNumResults())
    return llvm::createStringError(
        "--out " + outFiles[entry.getNumResults()] + ": @" + report.entry +
        " has " + std::to_string(entry.getNumResults()) + " results");
  auto arguments = makeArguments(entry, sources, findOutputs(entry));
  if (!arguments)
    return arguments.takeError();

  // Results: by the reference, before anything is written.
  SmallVector<reference::Array> wanted, inputs;
  if (check || eachPass) {
    progress("computing the reference");
    for (const Argument &argument : *arguments)
      inputs.push_back(toReference(argument));
    SmallVector<reference::Array> scratch(inputs);
    auto results = reference::interpret(entry, scratch);
    progress("");
    if (failed(results)) // What it can't run, it has said.
      return llvm::createStringError("");
    wanted = std::move(*results);
  }

  report.shape = describeShape(entry, *arguments);
  bool isOnBf16 = multipliesBf16(entry, target);
  double limit = tolerance > 0 ? tolerance : defaultTolerance(wanted, isOnBf16);
  double flops = countFlops(entry, *arguments);
  double bytes = 0;
  for (const Argument &argument : *arguments)
    bytes += argument.array.data.size();
  for (RankedTensorType type : program.getExtraArguments(report.entry)) {
    auto kind = elementKind(type.getElementType());
    if (!kind)
      return kind.takeError();
    Argument extra;
    extra.elementType = type.getElementType();
    extra.array.kind = *kind;
    extra.array.shape.assign(type.getShape().begin(), type.getShape().end());
    extra.array.data.resize(type.getNumElements() * elementSize(*kind));
    poison(extra.array);
    arguments->push_back(std::move(extra));
  }
  std::vector<JitArgument> packed;
  for (Argument &argument : *arguments)
    packed.push_back(toJit(argument));
  ArrayRef<int64_t> holders = program.getResultHolders(report.entry);
  if (llvm::is_contained(holders, -1))
    return llvm::createStringError("@" + report.entry +
                                   " returns a scalar; entries return tensors");

  if (CudaTarget::isCuda(targetText)) {
    auto function = program.lookup(report.entry);
    if (!function)
      return function.takeError();
    std::vector<double> times;
    if (Error error =
            callOnCuda(*function, *arguments, bench ? &times : nullptr))
      return error;
    if (bench)
      summarize(times, report);
  } else if (Error error = program.run(report.entry, packed)) {
    return error;
  }
  if (check) {
    report.relError = report.maxError = 0;
    for (auto [holder, want] : llvm::zip(holders, wanted)) {
      reference::Difference difference =
          reference::compare(toReference((*arguments)[holder]), want);
      report.relError = std::max(report.relError, difference.relativeL2);
      report.maxError = std::max(report.maxError, difference.maxAbs);
    }
    report.ok = report.relError <= limit;
  }
  for (auto [n, path] : llvm::enumerate(outFiles)) {
    if (Error error = writeNpy(path, (*arguments)[holders[n]].array))
      return error;
  }
  if (eachPass) {
    auto first = [](OpPassManager &pm) { cantFail(addPasses(pm)); };
    report.ok &= succeeded(checkEachPass(module, first, report.entry, target,
                                         targetText, inputs, wanted, limit));
  }
  if (bench) {
    double peak = 0;
    if (!CudaTarget::isCuda(targetText)) {
      progress("measuring");
      auto probe = [&] {
        int threads = fovea_get_num_threads();
        peak = std::max(
            peak, isOnBf16 ? probeBf16Gflops(threads)
                           : probeFmaGflops(target.vectorBits(), threads));
      };
      probe();
      if (Error error = measure(program, report.entry, packed, report))
        return error;
      probe();
      progress("");
    }
    report.gflops = flops / report.medianMs * 1e-6;
    report.gbytes = bytes / report.medianMs * 1e-6;
    if (peak > 0)
      report.peak = report.gflops / peak;
    constexpr double largeBytes = 128 << 20;
    if (bytes >= largeBytes && !CudaTarget::isCuda(targetText))
      if (Error error =
              compareWithReading(program, report.entry, packed, bytes, report))
        return error;
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Output
//===----------------------------------------------------------------------===//

static void print(const Report &report) {
  if (json) {
    llvm::json::Object object{{"entry", report.entry},
                              {"shape", report.shape},
                              {"compile_ms", report.compileMs},
                              {"threads", fovea_get_num_threads()},
                              {"target", targetText.getValue()}};
    auto add = [&](StringRef key, double value) {
      if (value >= 0 && value < std::numeric_limits<double>::infinity())
        object[key] = value;
      else if (value > 0)
        object[key] = "inf";
    };
    add("rel_error", report.relError);
    add("max_error", report.maxError);
    add("median_ms", report.medianMs);
    add("min_ms", report.minMs);
    add("gflops", report.gflops);
    add("gbytes_per_s", report.gbytes);
    add("peak_fraction", report.peak);
    add("read_fraction", report.readShare);
    add("read_gbytes_per_s", report.readGbytes);
    llvm::outs() << llvm::json::Value(std::move(object)) << '\n';
    return;
  }
  if (allEntries) {
    llvm::outs() << report.entry << ' '
                 << llvm::format("%.3e %.3e ", report.relError, report.maxError)
                 << (report.ok ? "ok" : "FAIL") << '\n';
    return;
  }
  auto line = [&](StringRef name, double value, const char *format,
                  StringRef rest = "") {
    if (value >= 0)
      llvm::outs() << llvm::left_justify(name, 16)
                   << llvm::format(format, value) << rest << '\n';
  };
  llvm::outs() << llvm::left_justify("entry", 16) << report.entry << "  ("
               << targetText << ", " << fovea_get_num_threads()
               << (fovea_get_num_threads() == 1 ? " thread" : " threads")
               << ")\n";
  line("compile_ms", report.compileMs, "%.1f");
  line("rel_error", report.relError, "%.3e", report.ok ? "  ok" : "  FAIL");
  line("max_error", report.maxError, "%.3e");
  line("median_ms", report.medianMs, "%.4f");
  line("min_ms", report.minMs, "%.4f");
  line("gflops", report.gflops, "%.1f");
  line("gbytes_per_s", report.gbytes, "%.2f");
  line("peak_fraction", report.peak, "%.3f");
  line("read_fraction", report.readShare, "%.3f");
  line("read_gbytes_per_s", report.readGbytes, "%.2f");
}

//===----------------------------------------------------------------------===//
// Main
//===----------------------------------------------------------------------===//

/// Public functions with a body; the chosen one only, if one is chosen.
static Expected<SmallVector<func::FuncOp>> findEntries(ModuleOp module) {
  SmallVector<func::FuncOp> entries;
  SmallVector<StringRef> names;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal() || function.isPrivate())
      continue;
    names.push_back(function.getName());
    if (entryName.empty() || function.getName() == entryName)
      entries.push_back(function);
  }
  std::string list = names.empty() ? "none" : llvm::join(names, ", ");
  if (entries.empty())
    return llvm::createStringError(
        inputFile + ": " +
        (entryName.empty() ? "has no public function"
                           : "there is no entry '" + entryName + "'") +
        "; entries: " + list);
  if (entries.size() > 1 && !allEntries)
    return llvm::createStringError(inputFile +
                                   ": has several entries; choose one by "
                                   "--entry, or all by --all-entries: " +
                                   list);
  return entries;
}

/// Attributes of entries, and names in --dims that they have.
static Error checkEntries(ModuleOp module, ArrayRef<func::FuncOp> entries) {
  for (func::FuncOp entry : entries)
    if (Error error = checkAttributes(entry))
      return error;
  llvm::SmallSetVector<StringRef, 4> names;
  if (auto sizes = module->getAttrOfType<DictionaryAttr>("fovea.dims"))
    for (NamedAttribute size : sizes)
      names.insert(size.getName());
  for (func::FuncOp entry : entries)
    for (unsigned n = 0; n < entry.getNumArguments(); ++n)
      if (auto dims = entry.getArgAttrOfType<ArrayAttr>(n, "fovea.dims"))
        for (auto name : dims.getAsRange<StringAttr>())
          if (!name.empty())
            names.insert(name.getValue());
  for (StringRef dim : dimSizes)
    if (auto [name, value] = dim.split('=');
        !name.empty() && !value.empty() && !names.contains(name))
      return llvm::createStringError(
          "--dims " + dim + ": there is no dimension " + name +
          "; dimensions: " +
          (names.empty() ? "none" : llvm::join(names, ", ")));
  return Error::success();
}

/// Options that fit together.
static Error checkOptions(ModuleOp module, ArrayRef<func::FuncOp> entries) {
  if (Error error = checkEntries(module, entries))
    return error;
  for (const auto &[option, files] :
       {std::pair("--in", &inFiles), std::pair("--out", &outFiles)})
    for (StringRef path : *files)
      if (path.empty())
        return llvm::createStringError(llvm::Twine(option) +
                                       ": expected the path of a .npy file");
  if (entries.size() > 1 && !outFiles.empty())
    return llvm::createStringError("--out is for one entry; choose it by "
                                   "--entry");
  return Error::success();
}

/// Explains all functions, with the sizes of --dims as the module's. An error
/// without a message was printed.
static Error explainAll(ModuleOp module) {
  SmallVector<func::FuncOp> functions(module.getOps<func::FuncOp>());
  if (Error error = checkEntries(module, functions))
    return error;
  auto dims = readDims();
  if (!dims)
    return dims.takeError();
  Builder b(module.getContext());
  NamedAttrList sizes(module->getAttrOfType<DictionaryAttr>("fovea.dims"));
  for (const auto &dim : *dims)
    sizes.set(b.getStringAttr(dim.first()), b.getI64IntegerAttr(dim.second));
  if (!sizes.empty())
    module->setAttr("fovea.dims", sizes.getDictionary(module.getContext()));
  PassManager pm(module.getContext());
  attn::AttnExplainOptions options;
  options.target = targetText;
  options.svg = svgFile;
  pm.addPass(attn::createAttnExplain(options));
  return succeeded(pm.run(module)) ? Error::success()
                                   : llvm::createStringError("");
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  setUpTool("fovea-run");
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Compiles attention from an MLIR file in memory and runs it.\n\n"
      "  fovea-run examples/causal.mlir --random 0 --check\n"
      "  fovea-run examples/causal.mlir --dims S=4096 --bench --threads 1\n"
      "  fovea-run f.mlir --in q.npy,k.npy,v.npy --out o.npy\n"
      "  fovea-run f.mlir --target=cuda --check --bench\n");

  bool cuda = CudaTarget::isCuda(targetText);
  if (cuda) {
    auto gpu = CudaTarget::parse(targetText);
    if (!gpu)
      return fail(toString(gpu.takeError()));
    if (eachPass)
      return fail("--check-each-pass runs on a CPU only");
    if (Error error = openCuda())
      return fail(toString(std::move(error)));
  }
  // Around kernels for a GPU: this machine's code.
  Expected<CpuTarget> target =
      CpuTarget::parse(cuda ? StringRef("cpu") : StringRef(targetText));
  if (!target)
    return fail(toString(target.takeError()));
  if (Error error = Jit::checkHost(*target))
    return fail(toString(std::move(error)));
  if (numThreads.getNumOccurrences() && (numThreads < 1 || numThreads > 1024))
    return fail("--threads " + llvm::Twine(numThreads) +
                ": expected a number from 1 to 1024");
  if (tolerance.getNumOccurrences() &&
      !(tolerance > 0 && std::isfinite(tolerance)))
    return fail("--tolerance: expected a number above 0");
  fovea_set_num_threads(numThreads);

  if (passesText.getNumOccurrences()) {
    mlir::registerAllPasses();
    fovea::registerAllPasses();
  }
  InputModule input;
  std::string message;
  if (!input.read(inputFile, message))
    return message.empty() ? 1 : fail(message);
  ModuleOp module = input.get();
  if (scheduleText.getNumOccurrences())
    if (Error error = attn::setSchedules(module, scheduleText))
      return fail("--schedule: " + toString(std::move(error)));
  if (svgFile.getNumOccurrences() && !explain)
    return fail("--svg: there is no picture without --explain");
  if (explain) {
    Error error = explainAll(module);
    if (!error)
      return 0;
    std::string message = toString(std::move(error));
    return message.empty() ? 1 : fail(message);
  }
  auto entries = findEntries(module);
  if (!entries)
    return fail(toString(entries.takeError()));
  if (Error error = checkOptions(module, *entries))
    return fail(toString(std::move(error)));

  OwningOpRef<ModuleOp> rewritten(module.clone());
  PassManager passes(module.getContext());
  if (Error error = addPasses(passes))
    return fail(toString(std::move(error)));
  if (failed(passes.run(*rewritten)))
    return 1;
  std::string error;
  auto program = Program::compile(*rewritten, *target, targetText, error);
  if (failed(program))
    return error.empty() ? 1 : fail(error);
  bool ok = true;
  for (func::FuncOp entry : *entries) {
    Report report;
    if (Error error = runEntry(module, entry, **program, *target, report)) {
      std::string message = toString(std::move(error));
      return message.empty() ? 1 : fail(message);
    }
    print(report);
    ok &= report.ok;
  }
  return fovea::finish("fovea-run", llvm::outs(), "-") && ok ? 0 : 1;
}
