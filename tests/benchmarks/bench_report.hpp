// What all benchmarks share: measuring ours and a peer by turns, and the line they leave (TESTING.md).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/json_writer.hpp"

namespace omnicrm::benchmarks {

/// One figure of several runs.
struct Figure {
  double median = 0;
  double min = 0;
  double max = 0;

  static Figure of(std::vector<double> runs) {
    std::sort(runs.begin(), runs.end());
    const std::size_t middle = runs.size() / 2;
    const double median = runs.size() % 2 == 1 ? runs[middle] : (runs[middle - 1] + runs[middle]) / 2;
    return {.median = median, .min = runs.front(), .max = runs.back()};
  }
};

/// Keeps the compiler from leaving out a computation whose result nobody reads.
template <class T>
inline void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

/// Seconds that `work()` takes.
template <class Work>
double seconds(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Nanoseconds per call, from as many calls as fill 4 ms.
template <class Call>
double nanoseconds_per_call(Call& call) {
  for (std::int64_t calls = 1;; calls *= 2) {
    const double taken = seconds([&] {
      for (std::int64_t count = 0; count < calls; ++count) call();
    });
    if (taken > 0.004) return taken * 1e9 / static_cast<double>(calls);
  }
}

/// Nanoseconds per call of ours and of a peer, by turns in the same run; many short turns, so that what else
/// the machine does meets both.
template <class Ours, class Peer>
std::pair<Figure, Figure> measure_by_turns(Ours&& ours, Peer&& peer, int runs = 51) {
  std::vector<double> our_runs;
  std::vector<double> peer_runs;
  for (int run = 0; run < runs; ++run) {
    our_runs.push_back(nanoseconds_per_call(ours));
    peer_runs.push_back(nanoseconds_per_call(peer));
  }
  return {Figure::of(std::move(our_runs)), Figure::of(std::move(peer_runs))};
}

/// What ours takes more than the peer a call, in nanoseconds: pairs of short turns side by side, so that what
/// disturbs the machine for longer than a turn disturbs both. The median of the differences; min and max are
/// their quartiles, since a single pair may be anything.
template <typename Ours, typename Peer>
Figure difference_by_turns(Ours&& ours, Peer&& peer, int pairs = 1'001, int calls = 20) {
  const auto turn = [calls](auto&& call) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < calls; ++i) call();
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / calls;
  };
  std::vector<double> differences;
  for (int pair = 0; pair < pairs; ++pair) {
    double own = 0;
    if (pair % 2 == 0) own = turn(ours);
    const double other = turn(peer);
    if (pair % 2 != 0) own = turn(ours);
    differences.push_back(own - other);
  }
  std::sort(differences.begin(), differences.end());
  const auto at = [&](std::size_t quarter) { return differences[(differences.size() - 1) * quarter / 4]; };
  return {.median = at(2), .min = at(1), .max = at(3)};
}

/// What ours is compared with; leave `name` empty when there is nothing.
struct Peer {
  std::string_view name;
  double value = 0;
  /// How many times better ours is, above 1 is better.
  double ratio = 0;
};

/// For times and bytes: less is better.
inline Peer slower_peer(std::string_view name, double peer_value, double our_value) {
  return {.name = name, .value = peer_value, .ratio = peer_value / our_value};
}
/// For rates: more is better.
inline Peer lower_peer(std::string_view name, double peer_value, double our_value) {
  return {.name = name, .value = peer_value, .ratio = our_value / peer_value};
}

/// Appends one JSON line to $OMNICRM_BENCH_OUT (build/bench.jsonl when not set) and prints it.
inline void report(std::string_view bench, std::string_view name, const Figure& figure, std::string_view unit,
                   const Peer& peer = {}) {
  std::string line;
  {
    JsonWriter out(line);
    const auto number = [&](std::string_view field, double value) {
      out.raw(field);
      char text[32];
      out.raw(
          std::string_view(text, static_cast<std::size_t>(std::snprintf(text, sizeof(text), "%.6g", value))));
    };
    out.raw(R"({"bench":)");
    out.text(bench);
    out.raw(R"(,"case":)");
    out.text(name);
    number(R"(,"value":)", figure.median);
    out.raw(R"(,"unit":)");
    out.text(unit);
    if (!peer.name.empty()) {
      out.raw(R"(,"vs":)");
      out.text(peer.name);
      number(R"(,"vs_value":)", peer.value);
      number(R"(,"ratio":)", peer.ratio);
    }
    number(R"(,"min":)", figure.min);
    number(R"(,"max":)", figure.max);
    out.raw('}');
  }
  const char* path = std::getenv("OMNICRM_BENCH_OUT");
  std::ofstream file(path == nullptr ? "build/bench.jsonl" : path, std::ios::app);
  file << line << '\n';
  std::printf("%s\n", line.c_str());
  if (!file) {
    std::fprintf(stderr, "cannot write the benchmark's result\n");
    std::exit(1);
  }
}

}  // namespace omnicrm::benchmarks
