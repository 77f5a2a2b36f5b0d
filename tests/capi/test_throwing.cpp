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

// --- sources and normalizers ---

std::string place;  // the function that throws
int opened = 0, closed = 0, readers = 0, readers_closed = 0, read_so_far = 0;

void throw_in(const char* here) {
  if (place == here) throw std::runtime_error(place + " threw up");
}

int32_t source_open(void*, const char*, size_t, void** source, ocrm_error**) {
  throw_in("open");
  ++opened;
  *source = &opened;
  return OCRM_OK;
}
void source_close(void*) {
  ++closed;
  throw_in("close");
}
int32_t source_account(void*, ocrm_writer*, ocrm_error**) {
  throw_in("account");
  return OCRM_OK;
}
int32_t source_inventory(void*, const ocrm_cancel*, ocrm_writer* out, ocrm_error**) {
  throw_in("inventory");
  return ocrm_writer_write(out, R"([{"path":"inbox","format":"chat","bytes":5}])", OCRM_NUL);
}
int32_t source_read(void*, const char*, size_t, const char*, size_t position_size, void** reader,
                    ocrm_error**) {
  throw_in("read");
  ++readers;
  read_so_far = position_size == 0 ? 0 : 1;
  *reader = &read_so_far;
  return OCRM_OK;
}
int32_t source_next(void*, ocrm_source_item* item, int32_t* found, ocrm_error**) {
  throw_in("next");
  if (read_so_far++ > 0) return OCRM_OK;
  item->service = "chat";
  item->source_id = "one";
  item->content_type = "text/x-chat";
  item->payload = "hello";
  item->next = "1";
  item->service_size = item->source_id_size = item->content_type_size = item->payload_size = item->next_size =
      OCRM_NUL;
  *found = 1;
  return OCRM_OK;
}
void source_reader_close(void*) {
  ++readers_closed;
  throw_in("reader_close");
}
int32_t normalize(void*, const ocrm_raw_item*, const char*, size_t, ocrm_writer* out, ocrm_error**) {
  throw_in("normalize");
  return ocrm_writer_write(out, "{}", 2);
}
int32_t facts(void*, const ocrm_raw_item*, ocrm_writer* out, ocrm_error**) {
  throw_in("facts");
  return ocrm_writer_write(out, "{}", 2);
}

ocrm* open_throwing() {
  ocrm_source source = OCRM_SOURCE_INIT;
  ocrm_normalizer normalizer = OCRM_NORMALIZER_INIT;
  ocrm_options options = OCRM_OPTIONS_INIT;
  ocrm* crm = nullptr;
  source.open = source_open;
  source.close = source_close;
  source.account = source_account;
  source.inventory = source_inventory;
  source.read = source_read;
  source.next = source_next;
  source.reader_close = source_reader_close;
  normalizer.content_type = "text/x-chat";
  normalizer.content_type_size = OCRM_NUL;
  normalizer.normalize = normalize;
  normalizer.facts = facts;
  const char* const names[] = {"chat"};
  const ocrm_source* const sources[] = {&source};
  const ocrm_normalizer* const normalizers[] = {&normalizer};
  options.path = ":memory:";
  options.path_size = OCRM_NUL;
  options.source_names = names;
  options.sources = sources;
  options.normalizers = normalizers;
  options.source_count = options.normalizer_count = 1;
  OK(ocrm_open(&options, &crm, ERR));
  NEED(crm != nullptr);
  return crm;
}

// What must not fail is ignored, a normalizer's makes an item poison, any other fails the preview.
void from_sources_and_normalizers() {
  for (const char* where :
       {"open", "account", "inventory", "read", "next", "close", "reader_close", "facts", "normalize"}) {
    const std::string at = where;
    const bool is_told = at == "open" || at == "account" || at == "inventory" || at == "read" || at == "next";
    opened = closed = readers = readers_closed = 0;
    ocrm* crm = open_throwing();
    ocrm_session* ada = session_of(crm, "ada");
    ocrm_buffer *plan = nullptr, *batch = nullptr;
    ocrm_cancel* cancel = nullptr;
    place = at;
    STATUS(is_told ? OCRM_INTERNAL : OCRM_OK,
           ocrm_sync_preview(ada, R"({"provider":"chat"})", OCRM_NUL, nullptr, nullptr, nullptr, &plan, ERR));
    if (is_told) {
      CHECK(has(ocrm_error_message(check_error), (at + " threw up").c_str()));
      CHECK(plan == nullptr);
      place.clear();
      OK(ocrm_sync_preview(ada, R"({"provider":"chat"})", OCRM_NUL, nullptr, nullptr, nullptr, &plan, ERR));
      place = at;
    }
    OK(ocrm_cancel_new(&cancel, ERR));
    OK(ocrm_sync_approve(ada, get(ocrm_buffer_data(plan), "/id"), OCRM_NUL, nullptr, nullptr, cancel, &batch,
                         ERR));
    const std::string state = get(ocrm_buffer_data(batch), "/state");
    if (!is_told) CHECK_TEXT("done", state.c_str());
    if (at == "open" || at == "read" || at == "next") CHECK_TEXT("failed", state.c_str());
    CHECK(opened > 0 && opened == closed);
    CHECK(readers == readers_closed);
    place.clear();
    ocrm_cancel_free(cancel);
    ocrm_buffer_free(batch);
    ocrm_buffer_free(plan);
    ocrm_session_free(ada);
    OK(ocrm_close(crm, ERR));
    ocrm_free(crm);
  }
}

}  // namespace

int main(int count, char** words) {
  const check_case cases[] = {{"from_transactions", from_transactions},
                              {"from_progress", from_progress},
                              {"from_jobs", from_jobs},
                              {"from_clocks_and_logs", from_clocks_and_logs},
                              {"from_sources_and_normalizers", from_sources_and_normalizers},
                              {nullptr, nullptr}};
  return check_main(count, words, cases);
}
