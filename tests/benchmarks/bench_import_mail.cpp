// A mailbox from its file to committed, normalized and searchable, against mu and notmuch on the same
// messages.
//
// Each import is a process of its own with a database of its own: the time is the whole process, from its
// start to its end (opening, preview, approval, jobs, closing), the memory its peak. The peers are timed in
// the same way.
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <omnicrm/omnicrm.hpp>

#include "bench_process.hpp"
#include "bench_report.hpp"
#include "import_mailbox.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::benchmarks;
namespace fs = std::filesystem;

constexpr int runs = 3;
constexpr double limit_mib = 80;
constexpr std::string_view peer_script = "tests/benchmarks/peers/mail_indexer.py";
const fs::path data = fs::absolute("build/bench-data");  // notmuch takes no other

struct Runs {
  std::vector<double> seconds;
  std::vector<double> peaks;
};

/// One import of `messages` messages in a child, into a database that is removed afterwards.
void run_ours(const fs::path& self, const fs::path& scratch, const std::string& mbox, std::int64_t messages,
              Runs& ours) {
  fs::remove_all(scratch);
  fs::create_directories(scratch);
  const ChildRun run = run_child({self, "--import", scratch / "mail.db", data / mbox});
  const auto said = boost::json::parse(run.output).as_object();
  if (said.at("messages").as_int64() != messages)
    give_up(mbox + " does not hold all messages: " + run.output);
  std::printf("%s: %.2f s (preview %.2f, import %.2f), %.1f MiB, %lld interactions\n", mbox.c_str(),
              run.seconds, said.at("preview").to_number<double>(), said.at("import").to_number<double>(),
              run.peak_mib, static_cast<long long>(said.at("interactions").as_int64()));
  std::fflush(stdout);
  ours.seconds.push_back(run.seconds);
  ours.peaks.push_back(run.peak_mib);
  fs::remove_all(scratch);
}

/// One run of a peer; gives its name with its version.
std::string run_peer(const std::string& tool, const fs::path& scratch, Runs& peer) {
  fs::create_directories(scratch);
  const ChildRun run =
      run_child({"/usr/bin/python3", std::string(peer_script), tool, data / "maildir", "--scratch", scratch});
  const auto said = boost::json::parse(run.output).as_object();
  peer.seconds.push_back(said.at("seconds").to_number<double>());
  peer.peaks.push_back(said.at("peak_rss_mb").to_number<double>());
  const std::string name = tool + " " + std::string(said.at("version").as_string());
  std::printf("%s: %.2f s, %.1f MiB\n", name.c_str(), peer.seconds.back(), peer.peaks.back());
  std::fflush(stdout);
  return name;
}

/// Time per message of the large mailbox over that of the small one, run by run.
std::vector<double> growth(const Runs& large, std::int64_t large_messages, const Runs& small,
                           std::int64_t small_messages) {
  std::vector<double> ratios;
  for (std::size_t run = 0; run < large.seconds.size(); ++run) {
    ratios.push_back(large.seconds[run] / static_cast<double>(large_messages) /
                     (small.seconds[run] / static_cast<double>(small_messages)));
  }
  return ratios;
}

void report_all(const Runs& ours, const Runs& large, const std::vector<double>& growth_runs,
                const std::string& mu_name, const Runs& mu, const std::string& notmuch_name,
                const Runs& notmuch) {
  const Figure time = Figure::of(ours.seconds);
  const Figure peak = Figure::of(ours.peaks);
  const Figure large_peak = Figure::of(large.peaks);
  const Figure grown = Figure::of(growth_runs);
  report("import_mail", "vs_mu", time, "s", slower_peer(mu_name, Figure::of(mu.seconds).median, time.median));
  report("import_mail", "vs_notmuch", time, "s",
         slower_peer(notmuch_name, Figure::of(notmuch.seconds).median, time.median));
  report("import_mail", "peak_rss_mb", peak, "MiB", slower_peer("limit 80 MB", limit_mib, peak.median));
  report("import_mail", "peak_rss_mb_vs_mu", peak, "MiB",
         slower_peer(mu_name, Figure::of(mu.peaks).median, peak.median));
  report("import_mail", "peak_rss_mb_60k", large_peak, "MiB",
         slower_peer("limit 80 MB", limit_mib, large_peak.median));
  report("import_mail", "growth_60k", grown, "time per message, 60,000 over 6,046",
         slower_peer("linear", 1, grown.median));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "--import") return import_mailbox(argv[2], argv[3]);
  constexpr std::int64_t small_messages = 6'046;
  constexpr std::int64_t large_messages = 60'000;
  const fs::path self = fs::read_symlink("/proc/self/exe");
  const fs::path scratch = data / "import";
  Runs ours, large, mu, notmuch;
  std::string mu_name, notmuch_name;
  for (int run = 0; run < runs; ++run) {
    run_ours(self, scratch, "mail.mbox", small_messages, ours);
    mu_name = run_peer("mu", scratch, mu);
    run_ours(self, scratch, "mail-60000.mbox", large_messages, large);
    notmuch_name = run_peer("notmuch", scratch, notmuch);
  }
  report_all(ours, large, growth(large, large_messages, ours, small_messages), mu_name, mu, notmuch_name,
             notmuch);
  return 0;
}
