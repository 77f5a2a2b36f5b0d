// Reads Prometheus' text format 0.0.4 as strictly as its documentation has it, for tests.
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace omnicrm::testing {

struct ReadSample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

struct ReadExposition {
  std::map<std::string, std::string> types;
  std::map<std::string, std::string> helps;
  std::vector<ReadSample> samples;

  [[nodiscard]] std::optional<double> find(std::string_view name,
                                           const std::map<std::string, std::string>& labels = {}) const {
    for (const ReadSample& sample : samples) {
      if (sample.name == name && sample.labels == labels) return sample.value;
    }
    return std::nullopt;
  }
};

class ExpositionReader {
 public:
  /// Throws where a line is none of the format's.
  static ReadExposition read(std::string_view text) {
    ReadExposition out;
    if (!text.empty() && text.back() != '\n') throw std::runtime_error("the last line has no end");
    std::string family;  // of the samples that follow: they are one group
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(line.size() + 1);
      ExpositionReader reader(line);
      if (line.starts_with("# ")) {
        reader.read_comment(out, family);
      } else {
        out.samples.push_back(reader.read_sample());
        const std::string& name = out.samples.back().name;
        const bool is_of_family =
            name == family ||
            (out.types[family] == "histogram" &&
             (name == family + "_bucket" || name == family + "_sum" || name == family + "_count"));
        if (!is_of_family) throw std::runtime_error("a sample outside its group: " + name);
      }
    }
    return out;
  }

 private:
  explicit ExpositionReader(std::string_view line) : line_(line), rest_(line) {}

  [[noreturn]] void refuse(const char* why) const {
    throw std::runtime_error(why + (": " + std::string(line_)));
  }

  void expect(char c) {
    if (rest_.empty() || rest_.front() != c) refuse("unexpected sign");
    rest_.remove_prefix(1);
  }

  std::string read_name() {
    std::size_t end = 0;
    const auto belongs = [](char c, bool first) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
             (!first && c >= '0' && c <= '9');
    };
    while (end < rest_.size() && belongs(rest_[end], end == 0)) ++end;
    if (end == 0) refuse("no name");
    std::string name(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return name;
  }

  char read_escaped(bool with_quotes) {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c != '\\') return c;
    if (rest_.empty()) refuse("an escape of nothing");
    const char escaped = rest_.front();
    rest_.remove_prefix(1);
    if (escaped == 'n') return '\n';
    if (escaped == '\\' || (with_quotes && escaped == '"')) return escaped;
    refuse("an escape that there is not");
  }

  void read_comment(ReadExposition& out, std::string& family) {
    rest_.remove_prefix(2);
    const bool is_help = rest_.starts_with("HELP ");
    if (!is_help && !rest_.starts_with("TYPE ")) return;
    rest_.remove_prefix(5);
    family = read_name();
    expect(' ');
    if (is_help) {
      std::string help;
      while (!rest_.empty()) help += read_escaped(false);
      if (!out.helps.emplace(family, help).second) refuse("help twice");
      return;
    }
    if (rest_ != "counter" && rest_ != "gauge" && rest_ != "histogram") refuse("no type");
    if (!out.types.emplace(family, rest_).second) refuse("type twice");
  }

  ReadSample read_sample() {
    ReadSample sample;
    sample.name = read_name();
    if (rest_.starts_with('{')) {
      do {
        rest_.remove_prefix(1);
        const std::string name = read_name();
        expect('=');
        expect('"');
        std::string value;
        while (!rest_.empty() && rest_.front() != '"') value += read_escaped(true);
        expect('"');
        if (!sample.labels.emplace(name, value).second) refuse("a label twice");
      } while (rest_.starts_with(','));
      expect('}');
    }
    expect(' ');
    std::size_t used = 0;
    const std::string number(rest_);
    if (number.find_first_of("xX") != std::string::npos) refuse("no number");
    sample.value = std::stod(number, &used);
    if (used != number.size()) refuse("something behind the number");
    return sample;
  }

  std::string_view line_;
  std::string_view rest_;
};

}  // namespace omnicrm::testing
