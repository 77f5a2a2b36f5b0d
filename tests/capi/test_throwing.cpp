// Callbacks in C++ that throw: an error like any other, wherever they are called from.
#include <new>
#include <stdexcept>
#include <string>

extern "C" {
#include "check.h"
}

namespace {

int32_t throws(const std::string& how) {
  if (how == "memory") throw std::bad_alloc();
  if (how == "number") throw 42;
  throw std::runtime_error("no such \xff smiley");
}

std::string how = "message";

int32_t progress(void*, const ocrm_progress*, ocrm_error**) {
  return throws(how);
}

int32_t transaction(void*, ocrm_session* inside, ocrm_error** err) {
  make_contact(inside, "bob");
  *err = ocrm_error_new(OCRM_CONFLICT, "left behind", OCRM_NUL, nullptr, 0, 0, 0);  // freed all the same
  return throws(how);
}

int32_t job(void*, ocrm_job*, ocrm_error**) {
  return throws(how);
}

int64_t now(void*) {
  throw std::runtime_error("no time");
}

void log(void*, int32_t, const char*, size_t, const char*, size_t) {
  throw std::runtime_error("no log");
}

void user_free(void* user) {
  ++*static_cast<int*>(user);
  throw std::runtime_error("no free");
}

struct Case {
  const char* how;
  int32_t status;
  const char* part;
};
constexpr Case cases[] = {{"message", OCRM_INTERNAL, "no such ? smiley"},
                          {"number", OCRM_INTERNAL, "threw"},
                          {"memory", OCRM_RESOURCE_EXHAUSTED, "memory"}};

void from_transactions() {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  for (const Case& at : cases) {
    how = at.how;
    STATUS(at.status, ocrm_session_transaction(ada, transaction, nullptr, ERR));
    CHECK(has(ocrm_error_message(check_error), at.part));
    CHECK_TEXT("[]", get(call(ada, "contacts.list", "{}"), "/items"));
  }
  ocrm_session_free(ada);
  ocrm_free(crm);
}

void from_progress() {
  ocrm* crm = open_file(in_folder("throw.db"));
  ocrm_session* ada = session_of(crm, "ada@example.org");
  const std::string path = in_folder("mail.mbox");
  const std::string source = R"({"paths":[")" + path + "\"]}";
  write_mailbox(path.c_str(), 3);
  ocrm_buffer* plan = nullptr;
  for (const Case& at : cases) {
    how = at.how;
    STATUS(at.status,
           ocrm_sync_preview(ada, source.data(), source.size(), progress, nullptr, nullptr, &plan, ERR));
    CHECK(has(ocrm_error_message(check_error), at.part));
    CHECK(plan == nullptr);
  }
  ocrm_session_free(ada);
  ocrm_free(crm);
}

void from_jobs() {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  ocrm_new_job wanted = OCRM_NEW_JOB_INIT;
  ocrm_run_summary summary = OCRM_RUN_SUMMARY_INIT;
  ocrm_subscription* subscription = nullptr;
  ocrm_buffer* id = nullptr;
  int freed = 0;
  how = "message";
  handler.run = job;
  handler.user = &freed;
  handler.user_free = user_free;
  OK(ocrm_jobs_register(crm, "throws", OCRM_NUL, &handler, ERR));
  OK(ocrm_progress_subscribe(crm, progress, &freed, user_free, &subscription, ERR));
  wanted.kind = "throws";
  wanted.kind_size = OCRM_NUL;
  OK(ocrm_jobs_enqueue(ada, &wanted, &id, ERR));
  OK(ocrm_jobs_run_until_idle(crm, 0, nullptr, &summary, ERR));
  CHECK(summary.failed == 1);
  CHECK(has(call(ada, "jobs.list", "{}"), "no such ? smiley"));
  CHECK(has(call(ada, "jobs.list", "{}"), "\"internal\""));
  ocrm_buffer_free(id);
  ocrm_subscription_free(subscription);
  CHECK(freed == 1);
  ocrm_session_free(ada);
  ocrm_free(crm);
  CHECK(freed == 2);
}

void from_clocks_and_logs() {
  ocrm* crm = nullptr;
  ocrm_clock clock = OCRM_CLOCK_INIT;
  ocrm_options options = OCRM_OPTIONS_INIT;
  int freed = 0;
  clock.now = now;
  clock.user = &freed;
  clock.user_free = user_free;
  options.clock = &clock;
  options.log = log;
  options.log_level = OCRM_LOG_DEBUG;
  options.log_user = &freed;
  options.log_user_free = user_free;
  options.path = ":memory:";
  options.path_size = OCRM_NUL;
  OK(ocrm_open(&options, &crm, ERR));
  ocrm_session* ada = session_of(crm, "ada");
  make_contact(ada, "bob");  // at the system's time
  CHECK(!has(call(ada, "contacts.list", "{}"), "1970-01-01"));
  ocrm_session_free(ada);
  ocrm_free(crm);
  CHECK(freed == 2);
}

}  // namespace

int main(int count, char** words) {
  const check_case cases[] = {{"from_transactions", from_transactions},
                              {"from_progress", from_progress},
                              {"from_jobs", from_jobs},
                              {"from_clocks_and_logs", from_clocks_and_logs},
                              {nullptr, nullptr}};
  return check_main(count, words, cases);
}
