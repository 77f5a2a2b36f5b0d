// The server away, the wire cut or silent, hints lost: work resumes by itself, and nothing is lost.
#include <signal.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "core/id_generator.hpp"
#include "jobs/queue.hpp"
#include "parts/cutting_proxy.hpp"
#include "parts/database_reader.hpp"
#include "parts/job_worker.hpp"
#include "parts/postgres_server.hpp"
#include "parts/test_database.hpp"

namespace omnicrm::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

/// A network of its own with one wire to ours; not every machine lets one be made.
class Network {
 public:
  Network() {
    made_ = run("ip netns add " + name_) &&
            run("ip link add " + wire_ + " type veth peer name far netns " + name_) &&
            run("ip addr add " + here() + "/30 dev " + wire_) && run("ip link set " + wire_ + " up") &&
            run("ip -n " + name_ + " addr add " + subnet_ + ".2/30 dev far") &&
            run("ip -n " + name_ + " link set far up");
  }
  ~Network() {
    run("ip link del " + wire_);
    run("ip netns del " + name_);
  }
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  [[nodiscard]] bool is_made() const noexcept { return made_; }
  [[nodiscard]] std::string here() const { return subnet_ + ".1"; }
  [[nodiscard]] std::string file() const { return "/run/netns/" + name_; }
  /// Packets are lost, and nobody is told.
  [[nodiscard]] bool cut() const { return run("ip -n " + name_ + " link set far down"); }
  [[nodiscard]] bool mend() const { return run("ip -n " + name_ + " link set far up"); }

 private:
  static bool run(const std::string& command) { return std::system((command + " 2>/dev/null").c_str()) == 0; }
  const std::string name_ = "omnicrm" + std::to_string(::getpid());
  const std::string wire_ = "oc" + std::to_string(::getpid());
  const std::string subnet_ = "10.213." + std::to_string(::getpid() % 250);
  bool made_ = false;
};

struct ServerFaults {
  TemporaryFolder folder;
  PostgresServer& server = PostgresServer::get();
  std::string database = server.make_migrated_database();
  std::string path = server.url(database, PostgresServer::application);

  ~ServerFaults() {
    server.run(database, "ALTER DATABASE " + database + " RESET ALL");
    server.give_back(database);
  }

  [[nodiscard]] static JobWork work(const std::string& path) {
    return {.path = path, .options = {.threads = 2, .lease = seconds(3), .heartbeat = milliseconds(500)}};
  }
  /// Another socket of the server's folder in a path.
  [[nodiscard]] std::string through(int port) const { return path + "&port=" + std::to_string(port); }
  [[nodiscard]] std::string sockets() const {
    const auto at = path.find("host=");
    return path.substr(at + 5);
  }

  static bool is_whole(const JobEffects::Count& count, int jobs) {
    return count.exact >= jobs && count.least_jobs >= jobs;
  }
  /// How long until they are all there.
  static double wait_for(const JobEffects& effects, int jobs, seconds most) {
    const auto begin = Clock::now();
    while (!is_whole(effects.count(), jobs)) {
      BOOST_REQUIRE((Clock::now() - begin < most));
      std::this_thread::sleep_for(milliseconds(50));
    }
    return std::chrono::duration<double>(Clock::now() - begin).count();
  }
  /// Until there are more effects than before.
  static double wait_for_progress(const JobEffects& effects, seconds most) {
    const auto begin = Clock::now();
    const auto before = effects.count();
    while (true) {
      const auto now = effects.count();
      if (now.exact + now.least > before.exact + before.least) break;
      BOOST_REQUIRE((Clock::now() - begin < most));
      std::this_thread::sleep_for(milliseconds(20));
    }
    return std::chrono::duration<double>(Clock::now() - begin).count();
  }
  static void check_whole(const JobEffects& effects, int jobs) {
    const auto count = effects.count();
    BOOST_TEST(count.exact == jobs);
    BOOST_TEST(count.exact_twice == 0);
    BOOST_TEST(count.least_jobs == jobs);
    BOOST_TEST_MESSAGE(jobs << " exact: " << count.exact << " effects; " << jobs
                            << " at least once: " << count.least << " effects");
    BOOST_TEST(effects.unfinished() == 0);
  }
};

BOOST_FIXTURE_TEST_SUITE(jobs_postgres_faults, ServerFaults)

BOOST_AUTO_TEST_CASE(the_server_restarts_in_the_middle) {
  const int jobs = soaked(2'000, 10'000);
  const JobEffects effects(path, jobs);
  JobWork slow = work(path);  // so that there is work after each restart
  slow.work = milliseconds(6);
  Fleet fleet(folder, std::vector<JobWork>(3, slow));
  for (const char* mode : {"fast", "immediate", "immediate"}) {
    wait_for_progress(effects, seconds(20));
    server.restart(mode);
    const double resumed = wait_for_progress(effects, seconds(10));
    BOOST_TEST_MESSAGE("after a restart (" << mode << ") work resumed within " << resumed << " s");
  }
  wait_for(effects, jobs, seconds(120));
  std::this_thread::sleep_for(seconds(1));
  BOOST_TEST(fleet.finish() == 0);
  check_whole(effects, jobs);
}

BOOST_AUTO_TEST_CASE(connections_are_cut_at_any_byte) {
  const int jobs = soaked(500, 5'000);
  const JobEffects effects(path, jobs);
  // The proxy's threads are no matter of the workers': it is a process of its own.
  Child proxy([this] {
    CuttingProxy cutting(sockets(), 5435, 20261125);
    cutting.cut_within(60'000);
    while (true) std::this_thread::sleep_for(seconds(1));
    return 0;
  });
  Fleet fleet(folder, {work(path), work(through(5435)), work(through(5435))});
  wait_for(effects, jobs, seconds(180));
  std::this_thread::sleep_for(seconds(2));
  fleet.finish();
  proxy.kill();
  proxy.wait();
  const double left = [&] {
    Fleet last(folder, {work(path)});  // what the cut ones held
    std::this_thread::sleep_for(seconds(5));
    return static_cast<double>(last.finish());
  }();
  BOOST_TEST(left == 0);
  check_whole(effects, jobs);
}

/// The wire to a worker carries nothing for a while, without being cut: then its jobs are others', and what
/// it still says when the wire carries again is not written.
BOOST_AUTO_TEST_CASE(a_worker_is_split_off) {
  const int jobs = soaked(1'000, 5'000);
  const JobEffects effects(path, jobs);
  const auto slow = [](const std::string& at) {  // so that there is work during each split
    JobWork made = work(at);
    made.work = milliseconds(15);
    return made;
  };
  const std::string pid_file = folder.file("proxy");
  Child proxy([&] {
    CuttingProxy still(sockets(), 5436, 1);
    std::ofstream(pid_file) << ::getpid() << std::flush;
    while (true) std::this_thread::sleep_for(seconds(1));
    return 0;
  });
  while (!std::filesystem::exists(pid_file) || std::filesystem::file_size(pid_file) == 0)
    std::this_thread::sleep_for(milliseconds(10));
  pid_t proxy_id = 0;
  std::ifstream(pid_file) >> proxy_id;
  Fleet fleet(folder, {slow(path), slow(through(5436))});
  for (int split = 0; split < 2; ++split) {
    wait_for_progress(effects, seconds(20));
    ::kill(proxy_id, SIGSTOP);
    std::this_thread::sleep_for(seconds(4));  // longer than the lease
    ::kill(proxy_id, SIGCONT);
  }
  const double waited = wait_for(effects, jobs, seconds(60));
  BOOST_TEST_MESSAGE("all effects " << waited << " s after the last split");
  std::this_thread::sleep_for(seconds(4));
  BOOST_TEST(fleet.finish() == 0);
  proxy.kill();
  proxy.wait();
  check_whole(effects, jobs);
}

/// The same by a network: one worker lives on a machine whose wire is cut for longer than its lease.
BOOST_AUTO_TEST_CASE(the_network_of_a_worker_is_split_off) {
  // A transaction that is cut off in its middle holds its locks until the server gives its session up.
  server.run(database, "ALTER DATABASE " + database + " SET idle_in_transaction_session_timeout = '3s'");
  const Network network;
  if (!network.is_made()) {
    BOOST_TEST_MESSAGE("no network may be made here: a_worker_is_split_off stands for it");
    return;
  }
  const int jobs = soaked(1'000, 5'000);
  const JobEffects effects(path, jobs);
  const std::string ready = folder.file("listening");
  Child proxy([&] {
    CuttingProxy far(sockets(), network.here(), 5437, 1);
    std::ofstream(ready) << "yes" << std::flush;
    while (true) std::this_thread::sleep_for(seconds(1));
    return 0;
  });
  while (!std::filesystem::exists(ready)) std::this_thread::sleep_for(milliseconds(10));
  JobWork here = work(path);
  here.work = milliseconds(15);
  JobWork there = here;
  there.path = path.substr(0, path.find("host=")) + "host=" + network.here() + "&port=5437";
  there.network = network.file();
  Fleet fleet(folder, {here, there});
  const auto workers = [&] { return look_into(path)->number("SELECT count(*) FROM workers"); };
  const auto wait_for_workers = [&](std::int64_t count, seconds most) {
    const auto begin = Clock::now();
    while (workers() != count) {
      BOOST_REQUIRE((Clock::now() - begin < most));
      std::this_thread::sleep_for(milliseconds(20));
    }
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  wait_for_workers(2, seconds(20));
  wait_for_progress(effects, seconds(20));
  BOOST_REQUIRE(network.cut());
  const double gone = wait_for_workers(1, seconds(10));
  wait_for_progress(effects, seconds(10));
  std::this_thread::sleep_for(seconds(1));
  BOOST_REQUIRE(network.mend());
  const double back = wait_for_workers(2, seconds(10));
  const double waited = wait_for(effects, jobs, seconds(60));
  BOOST_TEST_MESSAGE("its jobs were others' after " << gone << " s; it works again " << back
                                                    << " s after the split; all effects " << waited
                                                    << " s later");
  std::this_thread::sleep_for(seconds(1));
  BOOST_TEST(fleet.finish() == 0);
  proxy.kill();
  proxy.wait();
  check_whole(effects, jobs);
}

/// Sessions that listen are ended again and again: polling finds the jobs all the same.
BOOST_AUTO_TEST_CASE(notifications_are_lost) {
  const JobEffects effects(path, 0);
  Fleet fleet(folder, {work(path)});
  std::this_thread::sleep_for(seconds(1));
  const auto storage = storage_at(path);  // no fork from here on
  const auto wakeup = std::make_shared<jobs::Wakeup>();
  const auto ids = std::make_shared<IdGenerator>(system_clock(), system_random());
  const auto queue = jobs::make_jobs(storage, system_clock(), ids, user_id("user1").value(), wakeup);
  for (int count = 0; count < 20; ++count) {
    jobs::NewJob job;
    job.kind = count % 2 == 0 ? "exact" : "least";
    server.run(database,
               "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
               "(query LIKE '%pg_notify%' OR query LIKE 'LISTEN%' OR query = 'SELECT 1')");
    BOOST_TEST(queue->enqueue({job}).has_value());
  }
  wait_for(effects, 10, seconds(5));
  BOOST_TEST(fleet.finish() == 0);
  check_whole(effects, 10);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace omnicrm::testing
