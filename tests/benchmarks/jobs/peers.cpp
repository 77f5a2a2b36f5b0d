#include "peers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "../bench_check.hpp"
#include "../bench_process.hpp"
#include "processor_time.hpp"

namespace omnicrm::benchmarks {

namespace {

/// Runs `arguments` with the given ends as standard input and output; it is killed when this process is gone.
pid_t start(const std::vector<std::string>& arguments, int input, int output) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) give_up("no process");
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  if (input >= 0) dup2(input, STDIN_FILENO);
  if (output >= 0) dup2(output, STDOUT_FILENO);
  for (int file = 3; file < 256; ++file) close(file);
  execvp(argv[0], argv.data());
  _exit(127);
}

/// The numbers of {"seconds":1.5} or {"ms":[1.5,2]}.
std::vector<double> numbers(const std::string& json) {
  std::vector<double> values;
  const char* at = json.c_str() + std::min(json.find(':'), json.size());
  while (*at != '\0') {
    char* end = nullptr;
    const double value = std::strtod(++at, &end);
    if (end == at) continue;
    values.push_back(value);
    at = end;
  }
  return values;
}

}  // namespace

Redis::Redis(std::string folder) : folder_(std::move(folder)), process_(0) {
  std::filesystem::create_directories(folder_);
  const std::string log = folder_ + "/redis.log";
  process_ =
      start({"redis-server", "--port", "0", "--unixsocket", socket(), "--dir", folder_, "--logfile", log,
             "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--daemonize", "no"},
            -1, -1);
  for (int i = 0; !std::filesystem::exists(socket()); ++i) {
    if (i > 500 || waitpid(process_, nullptr, WNOHANG) != 0) give_up("redis-server did not start: " + log);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Redis::~Redis() {
  kill(process_, SIGTERM);
  waitpid(process_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Redis::empty() {
  run_child({"redis-cli", "-s", socket(), "FLUSHALL", "SYNC"});
}

PeerProcess::PeerProcess(const std::string& program, const std::string& settings) : program_(program) {
  std::array<int, 2> input{};
  std::array<int, 2> output{};
  if (pipe2(input.data(), O_CLOEXEC) != 0 || pipe2(output.data(), O_CLOEXEC) != 0) give_up("no pipe");
  const std::string& folder = peers_folder();
  process_ = start({folder + "/node", folder + "/" + program, settings}, input[0], output[1]);
  close(input[0]);
  close(output[1]);
  to_ = fdopen(input[1], "w");
  from_ = fdopen(output[0], "r");
}

PeerProcess::~PeerProcess() {
  std::fputs("{\"do\":\"end\"}\n", to_);
  std::fclose(to_);
  std::fclose(from_);
  waitpid(process_, nullptr, 0);
}

std::vector<double> PeerProcess::ask(const std::string& what, int jobs) {
  std::fprintf(to_, "{\"do\":\"%s\",\"jobs\":%d}\n", what.c_str(), jobs);
  std::fflush(to_);
  std::string line;
  for (int c = 0; (c = std::fgetc(from_)) != EOF && c != '\n';) line += static_cast<char>(c);
  auto values = numbers(line);
  if (values.empty()) give_up(fmt::format("{} failed at {}: {}", program_, what, line));
  return values;
}

double PeerProcess::seconds(const std::string& what, int jobs) {
  return ask(what, jobs).front();
}
std::vector<double> PeerProcess::start_ms(int jobs) {
  return ask("start", jobs);
}
double PeerProcess::processor_seconds() const {
  return tree_seconds(process_);
}

const std::string& peers_folder() {
  static const std::string folder = [] {
    std::string said = run_child({"tests/benchmarks/peers/install"}).output;
    while (!said.empty() && said.back() == '\n') said.pop_back();
    return said;
  }();
  return folder;
}

std::string graphile_settings(const std::string& url) {
  return fmt::format(
      R"({{"url":"{}","bulk":1000,"bulkCalls":4,"localQueue":2000,"completeDelay":0,"concurrency":10,"processes":1}})",
      url);
}
std::string pgboss_settings(const std::string& url) {
  return fmt::format(R"({{"url":"{}","bulk":1000,"bulkCalls":2,"batch":2000,"concurrency":2,"processes":1}})",
                     url);
}
std::string bullmq_settings(const Redis& redis) {
  return fmt::format(
      R"({{"socket":"{}","bulk":250,"bulkCalls":2,"workers":1,"concurrency":100,"processes":1}})",
      redis.socket());
}

}  // namespace omnicrm::benchmarks
