#include "parts/child.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <stdexcept>

#include "core/errors.hpp"

namespace omnicrm::testing {

Child::Child(const std::function<int()>& body) {
  std::cout.flush();  // else the child writes it too
  std::fflush(nullptr);
  id_ = ::fork();
  if (id_ < 0) throw std::runtime_error("cannot fork");
  if (id_ > 0) return;
  int code = 29;
  try {
    code = body();
  } catch (const std::exception& thrown) {
    std::fprintf(stderr, "child: %s\n", thrown.what());
  }
  ::_exit(code);
}

Child::~Child() {
  if (id_ > 0) kill();
  wait();
}

void Child::kill() {
  if (id_ > 0) ::kill(id_, SIGKILL);
}

void Child::send(int signal) const {
  if (id_ > 0) ::kill(id_, signal);
}

bool Child::has_ended() {
  if (id_ <= 0) return true;
  int status = 0;
  if (::waitpid(id_, &status, WNOHANG) != id_) return false;
  id_ = -1;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

int Child::wait() {
  if (id_ <= 0) return code_;
  int status = 0;
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  id_ = -1;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return code_;
}

void pause(std::chrono::microseconds time) {
  timespec left{.tv_sec = time.count() / 1'000'000, .tv_nsec = (time.count() % 1'000'000) * 1'000};
  while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

int exit_code(const Result<void>& result) {
  if (result) return 0;
  std::fprintf(stderr, "child: %s\n", describe(result.error()).c_str());
  return exit_code(result.error().code);
}

Result<void> import_here(const Options& options, const std::string& user, const SyncSource& source) {
  OMNICRM_ASSIGN(const auto crm, Crm::open(options));
  OMNICRM_ASSIGN(Session session, crm->session(user));
  OMNICRM_ASSIGN(const Imported imported, try_import(*crm, session, source));
  if (imported.batch.state == BatchState::done) return {};
  return failure(ErrorCode::internal, "the import did not end: " + imported.batch.message);
}

Result<void> resume_here(const Options& options, const std::string& user, const SyncSource& source) {
  OMNICRM_ASSIGN(const auto crm, Crm::open(options));
  OMNICRM_ASSIGN(Session session, crm->session(user));
  OMNICRM_TRY(crm->jobs().run_until_idle());
  OMNICRM_ASSIGN(const auto batches, session.sync().list({}));
  if (batches.items.empty()) {
    OMNICRM_TRY(try_import(*crm, session, source));
  }
  OMNICRM_ASSIGN(const auto all, session.sync().list({}));
  for (const SyncBatch& batch : all.items) {
    if (batch.state != BatchState::done) {
      return failure(ErrorCode::internal, "a batch did not end: " + batch.message);
    }
  }
  return {};
}

}  // namespace omnicrm::testing
