/* A frozen header of an earlier 0.1: structs without their later members. Never edited: programs that were
 * compiled against it have to work with every later library of the same SONAME (test_frozen.c). */
#ifndef OMNICRM_H
#define OMNICRM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(OCRM_STATIC)
#define OCRM_API
#elif defined(__GNUC__)
#define OCRM_API __attribute__((visibility("default")))
#else
#define OCRM_API
#endif

#define OCRM_VERSION_MAJOR 0
#define OCRM_VERSION_MINOR 1
#define OCRM_VERSION_PATCH 0
#define OCRM_ABI_VERSION 0

#define OCRM_NUL ((size_t)-1)

enum {
  OCRM_OK = 0,
  OCRM_INVALID_ARGUMENT = 1,
  OCRM_NOT_FOUND = 2,
  OCRM_ALREADY_EXISTS = 3,
  OCRM_CONFLICT = 4,
  OCRM_FAILED_PRECONDITION = 5,
  OCRM_PERMISSION_DENIED = 6,
  OCRM_RESOURCE_EXHAUSTED = 7,
  OCRM_CANCELLED = 8,
  OCRM_DEADLINE_EXCEEDED = 9,
  OCRM_UNAVAILABLE = 10,
  OCRM_DATA_LOSS = 11,
  OCRM_UNSUPPORTED = 12,
  OCRM_INTERNAL = 13
};

typedef struct ocrm ocrm;
typedef struct ocrm_session ocrm_session;
typedef struct ocrm_error ocrm_error;
typedef struct ocrm_buffer ocrm_buffer;
typedef struct ocrm_iterator ocrm_iterator;
typedef struct ocrm_cancel ocrm_cancel;
typedef struct ocrm_subscription ocrm_subscription;
typedef struct ocrm_job ocrm_job;
typedef struct ocrm_writer ocrm_writer;

OCRM_API const char* ocrm_version(void);
OCRM_API int32_t ocrm_abi_version(void);
OCRM_API const char* ocrm_status_name(int32_t status);
OCRM_API int32_t ocrm_operations_schema(ocrm_buffer** out, ocrm_error** err);
OCRM_API int64_t ocrm_live_handles(void);

OCRM_API ocrm_error* ocrm_error_new(int32_t code, const char* message, size_t message_size,
                                    const char* details, size_t details_size, int32_t retryable,
                                    int32_t needs_user);
OCRM_API int32_t ocrm_error_code(const ocrm_error* error);
OCRM_API const char* ocrm_error_message(const ocrm_error* error);
OCRM_API const char* ocrm_error_details(const ocrm_error* error);
OCRM_API int32_t ocrm_error_retryable(const ocrm_error* error);
OCRM_API int32_t ocrm_error_needs_user(const ocrm_error* error);
OCRM_API void ocrm_error_free(ocrm_error* error);

OCRM_API const char* ocrm_buffer_data(const ocrm_buffer* buffer);
OCRM_API size_t ocrm_buffer_size(const ocrm_buffer* buffer);
OCRM_API void ocrm_buffer_free(ocrm_buffer* buffer);

OCRM_API int32_t ocrm_json_get(const char* json, size_t json_size, const char* pointer, size_t pointer_size,
                               ocrm_buffer** out, ocrm_error** err);

OCRM_API int32_t ocrm_writer_write(ocrm_writer* writer, const char* text, size_t size);

enum { OCRM_LOG_DEBUG = 0, OCRM_LOG_INFO = 1, OCRM_LOG_WARNING = 2, OCRM_LOG_ERROR = 3 };

typedef void (*ocrm_log_fn)(void* user, int32_t level, const char* area, size_t area_size,
                            const char* message, size_t message_size);

typedef struct ocrm_clock {
  size_t struct_size;
  void* user;
  void (*user_free)(void* user);
  int64_t (*now)(void* user);
} ocrm_clock;
#define OCRM_CLOCK_INIT \
  { sizeof(ocrm_clock), NULL, NULL, NULL }

typedef struct ocrm_source_item {
  size_t struct_size;
  const char* service;
  size_t service_size;
  const char* source_id;
  size_t source_id_size;
  const char* content_type;
  size_t content_type_size;
  const char* payload;
  size_t payload_size;
  const char* origin;
  size_t origin_size;
} ocrm_source_item;
#define OCRM_SOURCE_ITEM_INIT \
  { sizeof(ocrm_source_item), NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0 }

typedef struct ocrm_source {
  size_t struct_size;
  void* user;
  void (*user_free)(void* user);
  int32_t (*open)(void* user, const char* source_json, size_t size, void** source, ocrm_error** err);
  void (*close)(void* source);
  int32_t (*account)(void* source, ocrm_writer* out, ocrm_error** err);
  int32_t (*inventory)(void* source, const ocrm_cancel* cancel, ocrm_writer* out, ocrm_error** err);
  int32_t (*read)(void* source, const char* scope_json, size_t scope_size, const char* position,
                  size_t position_size, void** reader, ocrm_error** err);
  int32_t (*next)(void* reader, ocrm_source_item* item, int32_t* found, ocrm_error** err);
  void (*reader_close)(void* reader);
} ocrm_source;
#define OCRM_SOURCE_INIT \
  { sizeof(ocrm_source), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL }

typedef struct ocrm_raw_item {
  size_t struct_size;
  const char* source_id;
  size_t source_id_size;
  const char* content_type;
  size_t content_type_size;
  const char* payload;
  size_t payload_size;
  const char* origin;
  size_t origin_size;
} ocrm_raw_item;

typedef struct ocrm_normalizer {
  size_t struct_size;
  void* user;
  void (*user_free)(void* user);
  const char* content_type;
  size_t content_type_size;
  int64_t version;
  int32_t (*normalize)(void* user, const ocrm_raw_item* item, const char* options_json, size_t options_size,
                       ocrm_writer* out, ocrm_error** err);
} ocrm_normalizer;
#define OCRM_NORMALIZER_INIT \
  { sizeof(ocrm_normalizer), NULL, NULL, NULL, 0, 1, NULL }

typedef struct ocrm_job_handler {
  size_t struct_size;
  void* user;
  void (*user_free)(void* user);
  int32_t (*run)(void* user, ocrm_job* job, ocrm_error** err);
} ocrm_job_handler;
#define OCRM_JOB_HANDLER_INIT \
  { sizeof(ocrm_job_handler), NULL, NULL, NULL }

typedef struct ocrm_options {
  size_t struct_size;
  const char* path;
  size_t path_size;
  const char* json;
  size_t json_size;
} ocrm_options;
#define OCRM_OPTIONS_INIT \
  { sizeof(ocrm_options), NULL, 0, NULL, 0 }

OCRM_API int32_t ocrm_open(const ocrm_options* options, ocrm** out, ocrm_error** err);
OCRM_API int32_t ocrm_open_json(const char* json, size_t json_size, ocrm** out, ocrm_error** err);
OCRM_API int32_t ocrm_close(ocrm* crm, ocrm_error** err);
OCRM_API void ocrm_free(ocrm* crm);

OCRM_API int32_t ocrm_backup(ocrm* crm, const char* path, size_t path_size, ocrm_error** err);
OCRM_API int32_t ocrm_check(ocrm* crm, ocrm_buffer** problems, ocrm_error** err);

OCRM_API int32_t ocrm_session_open(ocrm* crm, const char* user, size_t user_size, const char* actor,
                                   size_t actor_size, ocrm_session** out, ocrm_error** err);
OCRM_API const char* ocrm_session_user(const ocrm_session* session);
OCRM_API void ocrm_session_free(ocrm_session* session);
OCRM_API int32_t ocrm_call(ocrm_session* session, const char* operation, size_t operation_size,
                           const char* json, size_t json_size, ocrm_buffer** out, ocrm_error** err);
typedef int32_t (*ocrm_transaction_fn)(void* user, ocrm_session* inside, ocrm_error** err);
OCRM_API int32_t ocrm_session_transaction(ocrm_session* session, ocrm_transaction_fn work, void* user,
                                          ocrm_error** err);

OCRM_API int32_t ocrm_timeline_open(ocrm_session* session, const char* filter, size_t filter_size,
                                    int64_t page_size, ocrm_iterator** out, ocrm_error** err);
OCRM_API int32_t ocrm_search_open(ocrm_session* session, const char* query, size_t query_size,
                                  int64_t page_size, ocrm_iterator** out, ocrm_error** err);
OCRM_API int32_t ocrm_contacts_open(ocrm_session* session, const char* filter, size_t filter_size,
                                    int64_t page_size, ocrm_iterator** out, ocrm_error** err);
OCRM_API int32_t ocrm_iterator_next(ocrm_iterator* iterator, const char** item, size_t* size,
                                    ocrm_error** err);
OCRM_API void ocrm_iterator_free(ocrm_iterator* iterator);

OCRM_API int32_t ocrm_cancel_new(ocrm_cancel** out, ocrm_error** err);
OCRM_API void ocrm_cancel_request(ocrm_cancel* cancel);
OCRM_API int32_t ocrm_cancel_requested(const ocrm_cancel* cancel);
OCRM_API void ocrm_cancel_free(ocrm_cancel* cancel);

typedef struct ocrm_progress {
  size_t struct_size;
  int64_t done;
  int64_t total;
  int64_t items;
  const char* note;
  size_t note_size;
} ocrm_progress;
typedef int32_t (*ocrm_progress_fn)(void* user, const ocrm_progress* progress, ocrm_error** err);

OCRM_API int32_t ocrm_sync_preview(ocrm_session* session, const char* source, size_t source_size,
                                   ocrm_progress_fn progress, void* user, const ocrm_cancel* cancel,
                                   ocrm_buffer** plan, ocrm_error** err);
OCRM_API int32_t ocrm_sync_approve(ocrm_session* session, const char* plan_id, size_t plan_id_size,
                                   ocrm_progress_fn progress, void* user, const ocrm_cancel* cancel,
                                   ocrm_buffer** batch, ocrm_error** err);
OCRM_API int32_t ocrm_sync_undo(ocrm_session* session, const char* batch_id, size_t batch_id_size,
                                ocrm_progress_fn progress, void* user, const ocrm_cancel* cancel,
                                ocrm_buffer** batch, ocrm_error** err);
OCRM_API int32_t ocrm_sync_run(ocrm_session* session, const char* batch_id, size_t batch_id_size,
                               ocrm_progress_fn progress, void* user, const ocrm_cancel* cancel,
                               ocrm_buffer** batch, ocrm_error** err);

typedef struct ocrm_new_job {
  size_t struct_size;
  const char* kind;
  size_t kind_size;
  const char* payload;
  size_t payload_size;
  int64_t priority;
  int64_t run_at;
  int64_t max_attempts;
} ocrm_new_job;
#define OCRM_NEW_JOB_INIT \
  { sizeof(ocrm_new_job), NULL, 0, NULL, 0, 100, 0, 5 }

typedef struct ocrm_run_summary {
  size_t struct_size;
  int64_t started;
  int64_t done;
  int64_t failed;
  int64_t dead;
} ocrm_run_summary;
#define OCRM_RUN_SUMMARY_INIT \
  { sizeof(ocrm_run_summary), 0, 0, 0, 0 }

OCRM_API int32_t ocrm_jobs_register(ocrm* crm, const char* kind, size_t kind_size,
                                    const ocrm_job_handler* handler, ocrm_error** err);
OCRM_API int32_t ocrm_jobs_enqueue(ocrm_session* session, const ocrm_new_job* job, ocrm_buffer** job_id,
                                   ocrm_error** err);
OCRM_API int32_t ocrm_jobs_run_until_idle(ocrm* crm, int64_t horizon_ms, const ocrm_cancel* cancel,
                                          ocrm_run_summary* summary, ocrm_error** err);
OCRM_API int32_t ocrm_jobs_step(ocrm* crm, int64_t limit, const ocrm_cancel* cancel,
                                ocrm_run_summary* summary, ocrm_error** err);
OCRM_API int32_t ocrm_jobs_start(ocrm* crm, ocrm_error** err);
OCRM_API int32_t ocrm_jobs_stop(ocrm* crm, int64_t grace_ms, ocrm_run_summary* summary, ocrm_error** err);

OCRM_API const char* ocrm_job_id(const ocrm_job* job);
OCRM_API const char* ocrm_job_kind(const ocrm_job* job);
OCRM_API const char* ocrm_job_payload(const ocrm_job* job);
OCRM_API int64_t ocrm_job_attempt(const ocrm_job* job);
OCRM_API int32_t ocrm_job_should_stop(const ocrm_job* job);
OCRM_API void ocrm_job_progress(ocrm_job* job, int64_t done, int64_t total, const char* note,
                                size_t note_size);
OCRM_API int32_t ocrm_job_session(ocrm_job* job, ocrm_session** out, ocrm_error** err);
OCRM_API int32_t ocrm_job_set_result(ocrm_job* job, const char* json, size_t json_size, ocrm_error** err);
OCRM_API int32_t ocrm_job_snooze(ocrm_job* job, int64_t delay_ms, ocrm_error** err);

OCRM_API int32_t ocrm_progress_subscribe(ocrm* crm, ocrm_progress_fn progress, void* user,
                                         void (*user_free)(void* user), ocrm_subscription** out,
                                         ocrm_error** err);
OCRM_API int32_t ocrm_log_subscribe(ocrm* crm, int32_t level, ocrm_log_fn log, void* user,
                                    void (*user_free)(void* user), ocrm_subscription** out, ocrm_error** err);
OCRM_API void ocrm_subscription_free(ocrm_subscription* subscription);

#ifdef __cplusplus
}
#endif

#endif
