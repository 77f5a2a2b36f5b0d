/* OmniCRM's C ABI: the whole library for C, and for every language that can call C.
 *
 * In short
 *   ocrm *crm;  ocrm_session *ada;  ocrm_buffer *answer;  ocrm_error *error = NULL;
 *   if (ocrm_open_json("{\"path\":\"my.db\"}", OCRM_NUL, &crm, &error)) ...
 *   if (ocrm_session_open(crm, "ada", OCRM_NUL, NULL, 0, &ada, &error)) ...
 *   if (ocrm_call(ada, "contacts.list", OCRM_NUL, "{\"limit\":10}", OCRM_NUL, &answer, &error)) ...
 *
 * Rules that hold for every function
 *   Status    Calls that can fail return an int32_t: OCRM_OK or the reason, which never changes its number.
 *   Errors    The last parameter `err` may be NULL. On failure `*err`, if any, is a new error of the caller's
 *             (ocrm_error_free); on success it is untouched. There is no "last error".
 *   Outs      On failure every out-parameter but `err` is untouched. A `T **out` is the caller's: free it with
 *             ocrm_<T>_free. What is returned directly is borrowed: from the argument, for as long as that lives.
 *   Text      UTF-8, as pointer and length in bytes; OCRM_NUL as length means: up to the first NUL. A NULL pointer is
 *             the empty text. Text that is not UTF-8, and a length over PTRDIFF_MAX that is not OCRM_NUL, is
 *             OCRM_INVALID_ARGUMENT. Answers end with a NUL that `size` does not count.
 *   Ids       UUIDs as 36 characters. Times in int64_t are microseconds since 1970-01-01T00:00:00Z.
 *   Structs   Transparent ones begin with struct_size; start from their _INIT. They grow at the end only; the library
 *             reads and writes no byte beyond the caller's struct_size. 0, or less than the first version's size, is
 *             OCRM_INVALID_ARGUMENT.
 *   Handles   NULL where a handle is needed is OCRM_INVALID_ARGUMENT. A freed handle is a bug; builds with assertions
 *             notice it (OCRM_INVALID_ARGUMENT, "was freed"), release builds do not promise to.
 *   Freeing   ocrm_*_free takes NULL, returns nothing. Handles may be freed in any order; what stands on a freed one
 *             (a session on its CRM) stays safe to call: OCRM_FAILED_PRECONDITION.
 *   Threads   Every function may be called from any thread at any time, except: one thread at a time for a buffer, an
 *             error, an iterator, a writer; a job context belongs to its callback. "Blocks" says what a call waits for;
 *             the others do not block.
 *   Callbacks `user` is passed back as given; `user_free(user)`, when not NULL, is called exactly once, after the last
 *             call of the callback: also when the function that takes them fails (but nothing is read of a struct whose
 *             struct_size is wrong). A callback returns OCRM_OK or a status; with a status it may put an error of its
 *             own (ocrm_error_new, or one that a call gave it) into `*err`, which travels whole to whoever asked. The
 *             library takes what a callback puts into `*err`, whatever it returns, and frees it. A callback may call
 *             the library, except, with OCRM_FAILED_PRECONDITION instead of waiting for itself:
 *             - from any callback: ocrm_close and ocrm_jobs_stop of its CRM;
 *             - on a thread that runs a job (in a handler, and in a source, a normalizer or a progress subscription that
 *               a job calls), and within a transaction: what runs jobs (ocrm_jobs_run_until_idle, ocrm_jobs_step,
 *               ocrm_sync_run, ocrm_sync_approve and ocrm_sync_undo with progress or cancel);
 *             - within a transaction: every other read or write of the same CRM (through another session, ocrm_backup,
 *               ocrm_check);
 *             - from a log sink, a clock or a user_free: every call on its CRM and its sessions.
 *             A C++ exception that leaves a callback with a status becomes OCRM_INTERNAL (no memory:
 *             OCRM_RESOURCE_EXHAUSTED). Instead of a clock that throws the system's is read; what a log sink, a close or
 *             a user_free throws is ignored. longjmp out of a callback is not allowed: the next call on the same thread
 *             notices it, the CRM answers OCRM_FAILED_PRECONDITION from then on, and closing it gives up its memory
 *             instead of touching it.
 *   fork      A child process must not use what its parent opened: OCRM_FAILED_PRECONDITION. It may free it (user_free is
 *             not called there). It may open its own if no other thread of the parent was in the library, and not the
 *             file that the parent had open then: SQLite's locks do not survive fork. Open after fork, or exec.
 *   C++       Nothing is thrown out of a function.
 */
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

/** Version of this header. @since 0.1 */
#define OCRM_VERSION_MAJOR 0
#define OCRM_VERSION_MINOR 1
#define OCRM_VERSION_PATCH 0
/** Version of the binary interface: the number in libomnicrm_c.so.0. Grows when a program has to be compiled anew. */
#define OCRM_ABI_VERSION 0

/** As a length: the text ends at its first NUL. @since 0.1 */
#define OCRM_NUL ((size_t)-1)

/** What a call came to. Numbers never change and never get reused. @since 0.1 */
enum {
  OCRM_OK = 0,
  OCRM_INVALID_ARGUMENT = 1,    /**< the input is wrong; details name the field */
  OCRM_NOT_FOUND = 2,           /**< no such record for this user, no such operation */
  OCRM_ALREADY_EXISTS = 3,      /**< a unique value is taken */
  OCRM_CONFLICT = 4,            /**< the record changed since the caller read it */
  OCRM_FAILED_PRECONDITION = 5, /**< right call, wrong state (closed, forked, approved before) */
  OCRM_PERMISSION_DENIED = 6,   /**< the operating system or a scope forbids it */
  OCRM_RESOURCE_EXHAUSTED = 7,  /**< memory, disk, size cap, quota */
  OCRM_CANCELLED = 8,           /**< a stop was requested */
  OCRM_DEADLINE_EXCEEDED = 9,   /**< the time given ran out */
  OCRM_UNAVAILABLE = 10,        /**< storage or a server does not answer now; try again */
  OCRM_DATA_LOSS = 11,          /**< stored data is damaged or is not ours */
  OCRM_UNSUPPORTED = 12,        /**< this build cannot do that */
  OCRM_INTERNAL = 13            /**< a bug: of the library, or an exception of a callback */
};

typedef struct ocrm ocrm;                           /**< one open CRM */
typedef struct ocrm_session ocrm_session;           /**< one user's view of it */
typedef struct ocrm_error ocrm_error;               /**< why a call failed */
typedef struct ocrm_buffer ocrm_buffer;             /**< text that the library made */
typedef struct ocrm_iterator ocrm_iterator;         /**< a list, item by item */
typedef struct ocrm_cancel ocrm_cancel;             /**< a way to stop a call from another thread */
typedef struct ocrm_subscription ocrm_subscription; /**< progress or log lines that somebody listens to */
typedef struct ocrm_job ocrm_job;                   /**< a running job, for its handler */
typedef struct ocrm_writer ocrm_writer;             /**< where a callback puts the text it was asked for */

/* --- the library ------------------------------------------------------------------------------------------------- */

/** "0.1.0": of the library that is loaded. @return static text. @since 0.1 */
OCRM_API const char *ocrm_version(void);
/** OCRM_ABI_VERSION of the library that is loaded. @return the number. @since 0.1 */
OCRM_API int32_t ocrm_abi_version(void);
/** The name of a status as it stands in JSON and logs ("invalid_argument"; "ok"; "unknown" for a number that is none).
 * @param status any number. @return static text. @since 0.1 */
OCRM_API const char *ocrm_status_name(int32_t status);
/** Every operation with its version, scope and JSON Schemas of request and response, as one JSON document.
 * @param out the document. @param err see above. @return status. Errors: OCRM_RESOURCE_EXHAUSTED. @since 0.1 */
OCRM_API int32_t ocrm_operations_schema(ocrm_buffer **out, ocrm_error **err);
/** How many handles (of every type) the process has not freed: 0 at the end of a program without leaks.
 * @return the number. @since 0.1 */
OCRM_API int64_t ocrm_live_handles(void);

/* --- errors and buffers ------------------------------------------------------------------------------------------ */

/** Makes an error for a callback to give back.
 * @param code one of OCRM_*; OCRM_OK and numbers that are none become OCRM_INTERNAL.
 * @param message one sentence. @param message_size its length.
 * @param details a JSON object, or NULL. @param details_size its length; text that is no JSON object is dropped,
 * as is text whose length is none.
 * @param retryable not 0: the same may succeed later. @param needs_user not 0: only the user can mend it.
 * @return the error; NULL without memory, which as an error means OCRM_INTERNAL. @since 0.1 */
OCRM_API ocrm_error *ocrm_error_new(int32_t code, const char *message, size_t message_size, const char *details,
                                    size_t details_size, int32_t retryable, int32_t needs_user);
/** The status. @param error may be NULL: OCRM_OK. @return one of OCRM_*. @since 0.1 */
OCRM_API int32_t ocrm_error_code(const ocrm_error *error);
/** One sentence for a person. @param error may be NULL: "". @return borrowed from the error. @since 0.1 */
OCRM_API const char *ocrm_error_message(const ocrm_error *error);
/** The same facts for a program: a JSON object, `{}` when there are none. @param error may be NULL.
 * @return borrowed from the error. @since 0.1 */
OCRM_API const char *ocrm_error_details(const ocrm_error *error);
/** Whether the same call may succeed later without a change. @param error may be NULL. @return 0 or 1. @since 0.1 */
OCRM_API int32_t ocrm_error_retryable(const ocrm_error *error);
/** Whether only the user can mend it (sign in again, free space). @param error may be NULL. @return 0 or 1.
 * @since 0.1 */
OCRM_API int32_t ocrm_error_needs_user(const ocrm_error *error);
/** Frees an error. @param error may be NULL. @since 0.1 */
OCRM_API void ocrm_error_free(ocrm_error *error);

/** The text. @param buffer may be NULL: "". @return borrowed from the buffer, ends with a NUL. @since 0.1 */
OCRM_API const char *ocrm_buffer_data(const ocrm_buffer *buffer);
/** Bytes of it, without the NUL. @param buffer may be NULL: 0. @return the number. @since 0.1 */
OCRM_API size_t ocrm_buffer_size(const ocrm_buffer *buffer);
/** Frees a buffer. @param buffer may be NULL. @since 0.1 */
OCRM_API void ocrm_buffer_free(ocrm_buffer *buffer);

/** Takes one value out of JSON, for programs without a JSON library.
 * @param json any JSON text. @param json_size its length. @param pointer which value, as RFC 6901 writes it
 * ("/summary/messages", "/items/0/id"; empty: the whole). @param pointer_size its length.
 * @param out a text value without quotes and escapes; any other value as JSON. @param err see above. @return status.
 * Errors: OCRM_INVALID_ARGUMENT (no JSON, no pointer), OCRM_NOT_FOUND (no such value). @since 0.1 */
OCRM_API int32_t ocrm_json_get(const char *json, size_t json_size, const char *pointer, size_t pointer_size,
                               ocrm_buffer **out, ocrm_error **err);

/** Appends to the text that a callback was asked for.
 * @param writer the callback's. @param text bytes, NULs included. @param size their number.
 * @return status. Errors: OCRM_INVALID_ARGUMENT (NULL), OCRM_RESOURCE_EXHAUSTED. @since 0.1 */
OCRM_API int32_t ocrm_writer_write(ocrm_writer *writer, const char *text, size_t size);

/* --- what a host can plug in -------------------------------------------------------------------------------------- */

/** Levels of log lines. @since 0.1 */
enum { OCRM_LOG_DEBUG = 0, OCRM_LOG_INFO = 1, OCRM_LOG_WARNING = 2, OCRM_LOG_ERROR = 3 };

/** Receives log lines: ids and counts, never message text, addresses or secrets (what looks like one is "[redacted]").
 * `message` ends in the ids of what the thread works on: `job done job=... kind=... user=... request=...`. Called on any thread, also many at
 * once; must not block for long; what it throws is ignored. @since 0.1 */
typedef void (*ocrm_log_fn)(void *user, int32_t level, const char *area, size_t area_size, const char *message,
                            size_t message_size);

/** The host's clock. @since 0.1 */
typedef struct ocrm_clock {
  size_t struct_size;
  void *user;
  void (*user_free)(void *user);
  /** Wall-clock time, microseconds since 1970 UTC. Any thread. If it throws, the system's time is taken. */
  int64_t (*now)(void *user);
  /** Nanoseconds that never go back; NULL: the system's steady clock. */
  int64_t (*steady_now)(void *user);
} ocrm_clock;
#define OCRM_CLOCK_INIT {sizeof(ocrm_clock), NULL, NULL, NULL, NULL}

/** What an item of a source is from the start. @since 0.1 */
enum {
  OCRM_ITEM_PENDING = 0, /**< to be normalized */
  OCRM_ITEM_SKIPPED = 1, /**< left out, `reason` says by which rule */
  OCRM_ITEM_POISON = 2   /**< cannot be read, `reason` says why */
};

/** One item that a source has. Texts are borrowed until the next call on its reader. @since 0.1 */
typedef struct ocrm_source_item {
  size_t struct_size;
  const char *service; /**< "mail", "calendar", "contacts", "table", or a word of the host's */
  size_t service_size;
  const char *source_id; /**< the source's own name for it, the same at every reading; required */
  size_t source_id_size;
  const char *content_type; /**< lower case media type; decides the normalizer */
  size_t content_type_size;
  const char *payload;
  size_t payload_size;
  const char *origin; /**< JSON object with facts beside the payload, or NULL */
  size_t origin_size;
  /** Where to read on after it: what `read` takes as position. UTF-8 text without a NUL (OCRM_INVALID_ARGUMENT fails
   * the preview or batch otherwise): kept with the job, so a crash goes on from there. */
  const char *next;
  size_t next_size;
  int32_t state;      /**< OCRM_ITEM_* */
  const char *reason; /**< a stable word, then ": " and detail for people ("damaged: no header"); NULL when pending */
  size_t reason_size;
} ocrm_source_item;
#define OCRM_SOURCE_ITEM_INIT \
  {sizeof(ocrm_source_item), NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, OCRM_ITEM_PENDING, NULL, 0}

/** A place that items come from. Plans name it as "provider". All functions are called on threads that preview or run
 * jobs, also many at once; one source and one reader by one thread at a time. @since 0.1 */
typedef struct ocrm_source {
  size_t struct_size;
  void *user;
  void (*user_free)(void *user);
  /** Opens what a plan's `source` record (JSON) asks for; `*source` is the host's, given to the others. */
  int32_t (*open)(void *user, const char *source_json, size_t size, void **source, ocrm_error **err);
  void (*close)(void *source);
  /** Writes the account's name: items of the same account are one connection, so that the same item from two plans is
   * one. NULL: one account for all plans. */
  int32_t (*account)(void *source, ocrm_writer *out, ocrm_error **err);
  /** Writes a JSON array of scopes: [{"path":"inbox","format":"chat","bytes":1,"note":""}, ...] in a fixed order.
   * `format` "ignored" with the reason as `note` is shown and not read. */
  int32_t (*inventory)(void *source, const ocrm_cancel *cancel, ocrm_writer *out, ocrm_error **err);
  /** Opens a scope (JSON, an element of the inventory) at a position (empty: its start). */
  int32_t (*read)(void *source, const char *scope_json, size_t scope_size, const char *position,
                  size_t position_size, void **reader, ocrm_error **err);
  /** Fills the item and sets `*found` to 1, or to 0 at the end. `item` comes as OCRM_SOURCE_ITEM_INIT
   * of the library, which may be older than the header that the host was compiled with: write no byte beyond
   * item->struct_size. */
  int32_t (*next)(void *reader, ocrm_source_item *item, int32_t *found, ocrm_error **err);
  void (*reader_close)(void *reader);
} ocrm_source;
#define OCRM_SOURCE_INIT {sizeof(ocrm_source), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL}

/** An item that a normalizer reads. Texts are borrowed for the call. @since 0.1 */
typedef struct ocrm_raw_item {
  size_t struct_size; /**< of the library: do not index an array by sizeof, step by this */
  const char *source_id;
  size_t source_id_size;
  const char *content_type;
  size_t content_type_size;
  const char *payload;
  size_t payload_size;
  const char *origin;
  size_t origin_size;
} ocrm_raw_item;

/** Turns items of one media type into records; deterministic: the same item gives the same records. Called on threads
 * that preview or run jobs, also many at once. @since 0.1 */
typedef struct ocrm_normalizer {
  size_t struct_size;
  void *user;
  void (*user_free)(void *user);
  const char *content_type; /**< the media type it reads, lower case; copied */
  size_t content_type_size;
  int64_t version; /**< grows when the same item would give other records */
  /** Writes a JSON object: {"interactions":[{"interaction":{...},"documents":[...]}],"contacts":[{"contact":{...},
   * "tags":[...]}],"facts":{"title","at","labels","participants",...},"state":"normalized","reason":""}; members as in
   * omnicrm/sync/normalizer.hpp, all optional. A status is "poison": the item cannot be read, the error says why.
   * `options_json` has owner_keys, default_zone, window_start, window_end. */
  int32_t (*normalize)(void *user, const ocrm_raw_item *item, const char *options_json, size_t options_size,
                       ocrm_writer *out, ocrm_error **err);
  /** Writes the `facts` alone, for previews: cheaper. NULL: `normalize` is asked for them. */
  int32_t (*facts)(void *user, const ocrm_raw_item *item, ocrm_writer *out, ocrm_error **err);
} ocrm_normalizer;
#define OCRM_NORMALIZER_INIT {sizeof(ocrm_normalizer), NULL, NULL, NULL, 0, 1, NULL, NULL}

/** Runs jobs of one kind. @since 0.1 */
typedef struct ocrm_job_handler {
  size_t struct_size;
  void *user;
  void (*user_free)(void *user);
  /** Runs a job; called on threads that run jobs, also many at once. OCRM_OK: done (see ocrm_job_set_result,
   * ocrm_job_snooze). A status fails the attempt: it is tried again if the error is retryable, else the job is dead. */
  int32_t (*run)(void *user, ocrm_job *job, ocrm_error **err);
  int64_t timeout_ms;      /**< a longer run is stopped and fails; 0: ten minutes */
  int64_t max_concurrent;  /**< at most so many at once in this process; 0: no limit */
  int64_t backoff_base_ms; /**< first wait before a retry; 0: one second */
  int64_t backoff_cap_ms;  /**< longest wait; 0: fifteen minutes */
  int64_t max_global;      /**< at most so many at once in all processes together; 0: no limit */
  int64_t max_per_user;    /**< at most so many at once of one user in this process; 0: no limit */
  int64_t rate_limit;      /**< at most so many starts in each period, of all processes; 0: no limit */
  int64_t rate_period_ms;  /**< 0: one second */
  int64_t keep_done_ms;    /**< how long done and cancelled jobs are kept; 0: a day */
  int64_t keep_dead_ms;    /**< and dead ones; 0: thirty days */
} ocrm_job_handler;
#define OCRM_JOB_HANDLER_INIT {sizeof(ocrm_job_handler), NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/* --- opening ------------------------------------------------------------------------------------------------------ */

/** How a CRM is opened; everything has a default. @since 0.1 */
typedef struct ocrm_options {
  size_t struct_size;
  const char *path; /**< a file, ":memory:" or "postgresql://..."; NULL: "omnicrm.db", or what `json` says */
  size_t path_size;
  const char *json; /**< further options as in ocrm_open_json, or NULL */
  size_t json_size;
  /** Log lines from `log_level` up; NULL: none. The library takes over log_user, and frees it also when opening
   * fails. */
  ocrm_log_fn log;
  void *log_user;
  void (*log_user_free)(void *user);
  int32_t log_level;
  const ocrm_clock *clock; /**< copied; NULL: the system's */
  /** Arrays of pointers; each vtable is copied, its `user` taken over (and freed also when opening fails). */
  const char *const *source_names; /**< NUL-terminated; what plans name as "provider" */
  const ocrm_source *const *sources;
  size_t source_count; /**< at most 1,000 */
  const ocrm_normalizer *const *normalizers; /**< asked before the library's own */
  size_t normalizer_count;                   /**< at most 1,000 */
} ocrm_options;
#define OCRM_OPTIONS_INIT \
  {sizeof(ocrm_options), NULL, 0, NULL, 0, NULL, NULL, NULL, OCRM_LOG_INFO, NULL, NULL, NULL, 0, NULL, 0}

/** Opens or makes the database and brings its schema up to date. Starts no thread. Blocks for the disk and for another
 * process that migrates.
 * @param options NULL: all defaults. @param out the CRM. @param err see above. @return status.
 * Errors: OCRM_INVALID_ARGUMENT (names the option), OCRM_DATA_LOSS (not a database, damaged), OCRM_FAILED_PRECONDITION
 * (another program's, or newer than this library), OCRM_PERMISSION_DENIED, OCRM_UNAVAILABLE, OCRM_UNSUPPORTED (a server's
 * path, and the library was built without libpq). @since 0.1 */
OCRM_API int32_t ocrm_open(const ocrm_options *options, ocrm **out, ocrm_error **err);
/** The same from JSON: {"path":"my.db","migrate":true,"log":"warning","log_format":"text",
 * "metrics":false,"sqlite":{"busy_timeout_ms":10000,"full_sync":true,"writer_cache_kib":16384,
 * "reader_cache_kib":4096,"idle_readers":4},"jobs":{"name":"omnicrm","threads":2,"lease_ms":15000,
 * "heartbeat_ms":3000,"poll_ms":500,"claim_limit":32},"postgres":{"admin_url":"",
 * "read_url":"","schema":"omnicrm","pool_size":8,"acquire_timeout_ms":10000,"connect_timeout_ms":5000,
 * "health_check_after_ms":1000,"max_lifetime_ms":1800000,"statement_cache":256,"lock_timeout_ms":10000,
 * "statement_timeout_ms":0,"retry_for_ms":10000,"partitions":0,"transaction_pooling":false}}; every member may be left
 * out. "sqlite" is for files, "postgres" for servers: a path "postgresql://user@host/database". "log" sends lines to
 * standard error, as "text" or "json"; "metrics" lets ocrm_metrics_text have something to say.
 * @param json an object. @param json_size its length. @param out the CRM. @param err see above. @return status.
 * Errors: as ocrm_open. Blocks as ocrm_open. @since 0.1 */
OCRM_API int32_t ocrm_open_json(const char *json, size_t json_size, ocrm **out, ocrm_error **err);
/** Ends everything: asks running jobs to stop (they go back to the queue), joins the library's threads, waits for calls
 * of other threads, frees what was plugged in, closes the database. The handle stays until ocrm_free; calls on it and on
 * its sessions are OCRM_FAILED_PRECONDITION from now on. Blocks for all that. Closing twice does nothing.
 * @param crm the CRM. @param err see above. @return status.
 * Errors: OCRM_FAILED_PRECONDITION (from a callback; after longjmp). @since 0.1 */
OCRM_API int32_t ocrm_close(ocrm *crm, ocrm_error **err);
/** Frees the handle; one that is open is closed first, and what closing has to say is lost. From within a callback of the
 * CRM only the handle goes, the rest when the callback has returned and nothing uses it. @param crm may be NULL.
 * @since 0.1 */
OCRM_API void ocrm_free(ocrm *crm);

/** Copies the database to a new file while it is in use. Blocks for the copy.
 * @param crm the CRM. @param path the new file. @param path_size its length. @param err see above. @return status.
 * Errors: OCRM_ALREADY_EXISTS, OCRM_PERMISSION_DENIED, OCRM_RESOURCE_EXHAUSTED. @since 0.1 */
OCRM_API int32_t ocrm_backup(ocrm *crm, const char *path, size_t path_size, ocrm_error **err);
/** Looks for damage in the file's structure. Blocks; reads everything.
 * @param crm the CRM. @param problems a JSON array of texts, `[]` when sound. @param err see above. @return status.
 * Errors: OCRM_UNAVAILABLE. @since 0.1 */
OCRM_API int32_t ocrm_check(ocrm *crm, ocrm_buffer **problems, ocrm_error **err);
/** What a scraper reads: the CRM's figures in Prometheus' text format, version 0.0.4 (docs/observability.md). Blocks for
 * one short query on PostgreSQL.
 * @param crm the CRM. @param out the text; empty unless it was opened with "metrics":true. @param err see above.
 * @return status. Errors: OCRM_FAILED_PRECONDITION (closed). @since 0.1 */
OCRM_API int32_t ocrm_metrics_text(ocrm *crm, ocrm_buffer **out, ocrm_error **err);

/* --- sessions and operations --------------------------------------------------------------------------------------- */

/** A session is a user: all that is reached through it is that user's and nobody else's. Cheap to make.
 * @param crm the CRM. @param user a UUID, or any name that the host has for the user: the same name is always the same
 * user. @param user_size its length. @param actor who acts, for the audit log ("agent:42"); NULL: "user".
 * @param actor_size its length. @param out the session. @param err see above. @return status.
 * Errors: OCRM_INVALID_ARGUMENT (empty, over 255 bytes). @since 0.1 */
OCRM_API int32_t ocrm_session_open(ocrm *crm, const char *user, size_t user_size, const char *actor,
                                   size_t actor_size, ocrm_session **out, ocrm_error **err);
/** The user's UUID. @param session the session. @return 36 characters, borrowed from the session; "" for NULL.
 * @since 0.1 */
OCRM_API const char *ocrm_session_user(const ocrm_session *session);
/** Frees a session; calls of other threads on it, and its iterators, go on. @param session may be NULL. @since 0.1 */
OCRM_API void ocrm_session_free(ocrm_session *session);
/** Calls an operation of the registry by its name ("contacts.create", "sync.preview@v1"): JSON object in, JSON out.
 * ocrm_operations_schema has them all. Blocks for the storage, for files where the operation reads them.
 * @param session the session. @param operation the name. @param operation_size its length.
 * @param json the request; empty: {}. @param json_size its length. @param out the answer. @param err see above.
 * @return status. Errors: OCRM_NOT_FOUND (no such operation; suggests one), OCRM_INVALID_ARGUMENT (names the field, or
 * the position in text that is no JSON, no UTF-8, nested over 64 levels or over 64 MiB), and the operation's own.
 * @since 0.1 */
OCRM_API int32_t ocrm_call(ocrm_session *session, const char *operation, size_t operation_size, const char *json,
                           size_t json_size, ocrm_buffer **out, ocrm_error **err);
/** The same for a request of the host's: log lines of the call carry both ids, and so do the jobs that it enqueues and
 * their log lines.
 * @param session the session. @param operation the name. @param operation_size its length.
 * @param json the request; empty: {}. @param json_size its length.
 * @param request_id the host's name for the request; cut at 128 bytes; empty: none. @param request_id_size its length.
 * @param traceparent the header of https://www.w3.org/TR/trace-context/; empty: none.
 * @param traceparent_size its length. @param out the answer. @param err see above.
 * @return status. Errors: as ocrm_call; OCRM_INVALID_ARGUMENT for a traceparent that is none. @since 0.1 */
OCRM_API int32_t ocrm_call_traced(ocrm_session *session, const char *operation, size_t operation_size,
                                  const char *json, size_t json_size, const char *request_id,
                                  size_t request_id_size, const char *traceparent, size_t traceparent_size,
                                  ocrm_buffer **out, ocrm_error **err);
/** Work in a transaction: calls on `inside` are kept if it returns OCRM_OK, else none of them. `inside` is borrowed for
 * the call, and its thread's: OCRM_FAILED_PRECONDITION on another one. The work may be called more than once (a busy
 * database), on the caller's thread or on that of another caller whose commit it shares; the caller waits meanwhile.
 * @since 0.1 */
typedef int32_t (*ocrm_transaction_fn)(void *user, ocrm_session *inside, ocrm_error **err);
/** Runs work in one transaction: all of its changes or none. Within it: operations on records, and `jobs.enqueue`; not
 * `sync.*`; and no other read or write of the same CRM (another session, ocrm_backup, ocrm_check): those are
 * OCRM_FAILED_PRECONDITION. Blocks for other writers.
 * @param session the session. @param work the work. @param user passed to it. @param err see above. @return status.
 * Errors: the work's own, OCRM_FAILED_PRECONDITION (inside another one), OCRM_UNAVAILABLE. @since 0.1 */
OCRM_API int32_t ocrm_session_transaction(ocrm_session *session, ocrm_transaction_fn work, void *user,
                                          ocrm_error **err);

/* --- lists, item by item ------------------------------------------------------------------------------------------- */

/** Iterates over a timeline, newest first. Pages are fetched as needed; page 20,000 costs what page 1 costs.
 * @param session the session; may be freed before the iterator. @param filter JSON: {"contact_id","kinds","direction",
 * "thread_id","after","before","include_bulk"}, all optional; NULL: everything. @param filter_size its length.
 * @param page_size items fetched at once, 1 to 1,000; 0: 100. @param out the iterator. @param err see above.
 * @return status. Errors: OCRM_INVALID_ARGUMENT names the field. @since 0.1 */
OCRM_API int32_t ocrm_timeline_open(ocrm_session *session, const char *filter, size_t filter_size, int64_t page_size,
                                    ocrm_iterator **out, ocrm_error **err);
/** Iterates over what a search finds, best first. @param session the session. @param query JSON:
 * {"text":"invoice from:ada after:2002-01-01","order":"relevance"}. @param query_size its length.
 * @param page_size as above. @param out the iterator. @param err see above. @return status.
 * Errors: OCRM_INVALID_ARGUMENT names what is not understood (from ocrm_iterator_next). @since 0.1 */
OCRM_API int32_t ocrm_search_open(ocrm_session *session, const char *query, size_t query_size, int64_t page_size,
                                  ocrm_iterator **out, ocrm_error **err);
/** Iterates over contacts. @param session the session. @param filter JSON: {"order":"name","tag_id","organization_id",
 * "segment_id","pinned","include_archived"}, all optional; NULL: all. @param filter_size its length.
 * @param page_size as above. @param out the iterator. @param err see above. @return status.
 * Errors: OCRM_INVALID_ARGUMENT names the field. @since 0.1 */
OCRM_API int32_t ocrm_contacts_open(ocrm_session *session, const char *filter, size_t filter_size, int64_t page_size,
                                    ocrm_iterator **out, ocrm_error **err);
/** The next item as JSON. Blocks for a read where a page begins.
 * @param iterator the iterator. @param item borrowed until the next call on it, ends with a NUL; NULL at the end.
 * @param size its length. @param err see above. @return status; after a failure the same item can be asked for again.
 * Errors: of the read. @since 0.1 */
OCRM_API int32_t ocrm_iterator_next(ocrm_iterator *iterator, const char **item, size_t *size, ocrm_error **err);
/** Frees an iterator. @param iterator may be NULL. @since 0.1 */
OCRM_API void ocrm_iterator_free(ocrm_iterator *iterator);

/* --- stopping a call ----------------------------------------------------------------------------------------------- */

/** Makes a way to stop calls. @param out not requested yet. @param err see above. @return status.
 * Errors: OCRM_RESOURCE_EXHAUSTED. @since 0.1 */
OCRM_API int32_t ocrm_cancel_new(ocrm_cancel **out, ocrm_error **err);
/** Asks every call that was given it to stop, now and later. Any thread, any time, also from a callback.
 * @param cancel may be NULL. @since 0.1 */
OCRM_API void ocrm_cancel_request(ocrm_cancel *cancel);
/** Whether it was requested. @param cancel may be NULL. @return 0 or 1. @since 0.1 */
OCRM_API int32_t ocrm_cancel_requested(const ocrm_cancel *cancel);
/** Frees it; calls that were given it go on. @param cancel may be NULL. @since 0.1 */
OCRM_API void ocrm_cancel_free(ocrm_cancel *cancel);

/* --- sync ---------------------------------------------------------------------------------------------------------- */

/** How far a preview or a batch is. Borrowed for the call. @since 0.1 */
typedef struct ocrm_progress {
  size_t struct_size;
  int64_t done;  /**< bytes of a preview; items of an import; rows of an undo; the handler's own unit of a job */
  int64_t total; /**< 0: not known */
  int64_t items; /**< items read so far (preview), else as done */
  const char *note; /**< path (preview), state (batch), the handler's note (job) */
  size_t note_size;
  const char *job_id; /**< subscriptions only, else NULL; 36 characters */
  const char *kind;   /**< of the job; subscriptions only, else NULL */
} ocrm_progress;
/** Hears of progress. What it returns other than OCRM_OK stops a preview or the wait for a batch with that status
 * (nothing is lost); a subscription ignores it. @since 0.1 */
typedef int32_t (*ocrm_progress_fn)(void *user, const ocrm_progress *progress, ocrm_error **err);

/** Reads a source and stores nothing but the plan. Blocks while reading; progress is called on the caller's thread, a few
 * times a second.
 * @param session the session. @param source JSON: {"paths":["mail.mbox"],"contact_policy":"sent",...}.
 * @param source_size its length. @param progress NULL: none. @param user passed to it. @param cancel NULL: none.
 * @param plan the plan as JSON. @param err see above. @return status.
 * Errors: OCRM_INVALID_ARGUMENT, OCRM_NOT_FOUND (a path), OCRM_CANCELLED, what progress returned. @since 0.1 */
OCRM_API int32_t ocrm_sync_preview(ocrm_session *session, const char *source, size_t source_size,
                                   ocrm_progress_fn progress, void *user, const ocrm_cancel *cancel,
                                   ocrm_buffer **plan, ocrm_error **err);
/** Turns a plan into a batch of jobs, in one transaction; with `progress` or `cancel` also runs it to its end, as
 * ocrm_sync_run does. @param session the session. @param plan_id the plan's. @param plan_id_size its length.
 * @param progress NULL: none. @param user passed to it. @param cancel NULL: none. @param batch the batch as JSON.
 * @param err see above. @return status.
 * Errors: OCRM_NOT_FOUND, OCRM_FAILED_PRECONDITION (approved or rejected before), and those of ocrm_sync_run: then the
 * batch exists ("sync.list") and goes on when its jobs run. @since 0.1 */
OCRM_API int32_t ocrm_sync_approve(ocrm_session *session, const char *plan_id, size_t plan_id_size,
                                   ocrm_progress_fn progress, void *user, const ocrm_cancel *cancel,
                                   ocrm_buffer **batch, ocrm_error **err);
/** Enqueues the job that restores the state before a batch; with `progress` or `cancel` also runs it to its end.
 * @param session the session. @param batch_id the batch's. @param batch_id_size its length. @param progress NULL: none.
 * @param user passed to it. @param cancel NULL: none. @param batch the batch as JSON. @param err see above.
 * @return status. Errors: OCRM_NOT_FOUND, OCRM_FAILED_PRECONDITION (undone before), those of ocrm_sync_run.
 * @since 0.1 */
OCRM_API int32_t ocrm_sync_undo(ocrm_session *session, const char *batch_id, size_t batch_id_size,
                                ocrm_progress_fn progress, void *user, const ocrm_cancel *cancel,
                                ocrm_buffer **batch, ocrm_error **err);
/** Runs jobs until the batch has ended or nothing that is due is left; where ocrm_jobs_start was called, only waits.
 * Blocks; progress is called on the caller's thread, a few times a second and at the end.
 * @param session the session. @param batch_id the batch's. @param batch_id_size its length. @param progress NULL: none.
 * @param user passed to it. @param cancel NULL: none. @param batch the batch as it is then, as JSON.
 * @param err see above. @return status; OCRM_OK also for a batch that failed: look at its "state".
 * Errors: OCRM_NOT_FOUND, OCRM_CANCELLED (nothing is lost, call it again), what progress returned,
 * OCRM_FAILED_PRECONDITION (from any callback on a thread that runs a job, or within a transaction: it would wait for
 * that). @since 0.1 */
OCRM_API int32_t ocrm_sync_run(ocrm_session *session, const char *batch_id, size_t batch_id_size,
                               ocrm_progress_fn progress, void *user, const ocrm_cancel *cancel, ocrm_buffer **batch,
                               ocrm_error **err);

/* --- copying -------------------------------------------------------------------------------------------------------- */

/** Copies every row of every user, and the queue, from one database to an empty one of either storage (or one that an
 * earlier, unfinished copy of the same database has begun: it goes on there), makes the full-text indexes, then reads both
 * again and compares their checksums. Nobody may write to either meanwhile. Blocks; progress is called on the caller's
 * thread, after each transaction and now and then while verifying: its note is a stage ("rows", "text", "verify"), a space
 * and a table, done and total are rows of that stage.
 * @param from where the rows are, JSON as in ocrm_open_json: {"path":"my.db"}; nothing is written there. @param from_size
 * its length. @param to the same of the other one; a file is made: {"path":"postgresql://..."}. @param to_size its length.
 * @param rows_per_transaction what a crash makes the next run do again, 1 to 100,000; 0: 5,000.
 * @param progress NULL: none. @param user passed to it. @param cancel NULL: none. @param report JSON:
 * {"rows":6046,"tables":40,"resumed":false,"checksum":"..."}. @param err see above. @return status.
 * Errors: OCRM_INVALID_ARGUMENT (the options; a text that the other storage cannot hold, by table, column and row),
 * OCRM_NOT_FOUND (no file `from`), OCRM_FAILED_PRECONDITION (`to` holds data of its own; `from` has another schema),
 * OCRM_PERMISSION_DENIED (a role that does not see all users' rows), OCRM_CONFLICT (`from` changed meanwhile),
 * OCRM_DATA_LOSS (the checksums differ), OCRM_CANCELLED, what progress returned (call it again to go on).
 * @since 0.1 */
OCRM_API int32_t ocrm_copy_database(const char *from, size_t from_size, const char *to, size_t to_size,
                                    int64_t rows_per_transaction, ocrm_progress_fn progress, void *user,
                                    const ocrm_cancel *cancel, ocrm_buffer **report, ocrm_error **err);

/* --- jobs ---------------------------------------------------------------------------------------------------------- */

/** What to run, when and how often. @since 0.1 */
typedef struct ocrm_new_job {
  size_t struct_size;
  const char *kind; /**< required; 1 to 100 bytes, no NUL */
  size_t kind_size;
  const char *payload; /**< a JSON object for the handler; NULL: {} */
  size_t payload_size;
  int64_t priority;     /**< smaller runs first */
  int64_t run_at;       /**< not before this time; 0: now */
  int64_t max_attempts; /**< starts in all */
  const char *unique_key; /**< while a job of this kind and key waits or runs, no other is made; NULL: none */
  size_t unique_key_size;
  int64_t cost; /**< share of the user's fair turn that it takes */
} ocrm_new_job;
#define OCRM_NEW_JOB_INIT {sizeof(ocrm_new_job), NULL, 0, NULL, 0, 100, 0, 5, NULL, 0, 1}

/** What a run of the queue came to. @since 0.1 */
typedef struct ocrm_run_summary {
  size_t struct_size;
  int64_t started;
  int64_t done;
  int64_t failed; /**< attempts that failed, retried or not */
  int64_t dead;
  int64_t snoozed;
  int64_t given_back;
} ocrm_run_summary;
#define OCRM_RUN_SUMMARY_INIT {sizeof(ocrm_run_summary), 0, 0, 0, 0, 0, 0}

/** Says who runs jobs of a kind; before the first job runs. @param crm the CRM. @param kind the kind, without a NUL.
 * @param kind_size its length. @param handler copied; its `user` is taken over, and freed also on failure.
 * @param err see above. @return status. Errors: OCRM_ALREADY_EXISTS (a handler for the kind),
 * OCRM_FAILED_PRECONDITION (jobs run). @since 0.1 */
OCRM_API int32_t ocrm_jobs_register(ocrm *crm, const char *kind, size_t kind_size, const ocrm_job_handler *handler,
                                    ocrm_error **err);
/** Stores a job for the session's user; it runs when somebody runs jobs. Blocks for a write.
 * @param session the session. @param job what to run. @param job_id its id; of an existing one if unique_key says so.
 * @param err see above. @return status. Errors: OCRM_INVALID_ARGUMENT names the field. @since 0.1 */
OCRM_API int32_t ocrm_jobs_enqueue(ocrm_session *session, const ocrm_new_job *job, ocrm_buffer **job_id,
                                   ocrm_error **err);
/** Runs jobs of all users on the library's threads until none is ready, running, or due within the horizon. Blocks.
 * @param crm the CRM. @param horizon_ms -1: five seconds. @param cancel NULL: none. @param summary NULL: not wanted;
 * its struct_size must be set. @param err see above. @return status. Errors: OCRM_UNAVAILABLE (storage),
 * OCRM_FAILED_PRECONDITION (from any callback on a thread that runs a job, or within a transaction: it would wait for
 * that). @since 0.1 */
OCRM_API int32_t ocrm_jobs_run_until_idle(ocrm *crm, int64_t horizon_ms, const ocrm_cancel *cancel,
                                          ocrm_run_summary *summary, ocrm_error **err);
/** Claims and runs up to `limit` jobs on the caller's thread, for hosts with a loop of their own. Blocks for them.
 * @param crm the CRM. @param limit at least 1. @param cancel NULL: none. @param summary as above. @param err see above.
 * @return status. Errors: OCRM_INVALID_ARGUMENT, OCRM_UNAVAILABLE, OCRM_FAILED_PRECONDITION as above. @since 0.1 */
OCRM_API int32_t ocrm_jobs_step(ocrm *crm, int64_t limit, const ocrm_cancel *cancel, ocrm_run_summary *summary,
                                ocrm_error **err);
/** Starts the threads of a service that runs jobs until ocrm_jobs_stop or ocrm_close. @param crm the CRM.
 * @param err see above. @return status. Errors: OCRM_FAILED_PRECONDITION (started). @since 0.1 */
OCRM_API int32_t ocrm_jobs_start(ocrm *crm, ocrm_error **err);
/** Stops claiming, gives running jobs a grace to end, then asks them to stop; joins the threads. Blocks for that. Does
 * nothing when not started. @param crm the CRM. @param grace_ms -1: 30 seconds. @param summary as above.
 * @param err see above. @return status. Errors: OCRM_FAILED_PRECONDITION (from a callback). @since 0.1 */
OCRM_API int32_t ocrm_jobs_stop(ocrm *crm, int64_t grace_ms, ocrm_run_summary *summary, ocrm_error **err);

/** The job's id, 36 characters. @param job the handler's. @return borrowed for the handler's call; "" for NULL.
 * @since 0.1 */
OCRM_API const char *ocrm_job_id(const ocrm_job *job);
/** The job's kind. @param job the handler's. @return borrowed for the handler's call; "" for NULL. @since 0.1 */
OCRM_API const char *ocrm_job_kind(const ocrm_job *job);
/** What it was enqueued with, a JSON object. @param job the handler's. @return borrowed for the handler's call; "" for
 * NULL. @since 0.1 */
OCRM_API const char *ocrm_job_payload(const ocrm_job *job);
/** Which start this is, from 1. @param job the handler's. @return the number; 0 for NULL. @since 0.1 */
OCRM_API int64_t ocrm_job_attempt(const ocrm_job *job);
/** Whether the handler is to stop: cancelled, timed out, or the service is ending. @param job the handler's.
 * @return 0 or 1. @since 0.1 */
OCRM_API int32_t ocrm_job_should_stop(const ocrm_job *job);
/** Says how far it is. @param job the handler's. @param done in a unit of its own. @param total 0: not known.
 * @param note for people, or NULL. @param note_size its length. @since 0.1 */
OCRM_API void ocrm_job_progress(ocrm_job *job, int64_t done, int64_t total, const char *note, size_t note_size);
/** A session of the job's user; free it before the handler returns. @param job the handler's. @param out the session.
 * @param err see above. @return status. Errors: OCRM_INVALID_ARGUMENT. @since 0.1 */
OCRM_API int32_t ocrm_job_session(ocrm_job *job, ocrm_session **out, ocrm_error **err);
/** Keeps a result with the job when it is done. @param job the handler's. @param json any JSON value.
 * @param json_size its length. @param err see above. @return status. Errors: OCRM_INVALID_ARGUMENT (no JSON).
 * @since 0.1 */
OCRM_API int32_t ocrm_job_set_result(ocrm_job *job, const char *json, size_t json_size, ocrm_error **err);
/** Instead of done: run again after a while, at no cost of an attempt. @param job the handler's. @param delay_ms 0 to
 * a year (31,536,000,000). @param err see above. @return status. Errors: OCRM_INVALID_ARGUMENT. @since 0.1 */
OCRM_API int32_t ocrm_job_snooze(ocrm_job *job, int64_t delay_ms, ocrm_error **err);
/** Marks the job done in a transaction: what the transaction changes and the end of the job are then one, so they happen
 * exactly once, whatever happens to the handler after it. Then return OCRM_OK; if the transaction failed after all, its
 * status. Call it in the work of ocrm_session_transaction, of a session that ocrm_job_session gave.
 * @param job the handler's. @param inside the session that the work was given. @param result any JSON value, kept with
 * the job; NULL: null. @param result_size its length. @param err see above. @return status.
 * Errors: OCRM_INVALID_ARGUMENT (no JSON; another user's or another CRM's session), OCRM_FAILED_PRECONDITION (no
 * transaction), OCRM_CONFLICT (another worker has the job by now: return it from the work). @since 0.1 */
OCRM_API int32_t ocrm_job_complete_in(ocrm_job *job, ocrm_session *inside, const char *result, size_t result_size,
                                      ocrm_error **err);

/* --- subscriptions --------------------------------------------------------------------------------------------------- */

/** Hears the progress of every job that this process runs, on the threads that run them, many at once.
 * @param crm the CRM. @param progress the listener. @param user passed to it. @param user_free NULL: none.
 * @param out frees itself with ocrm_subscription_free. @param err see above. @return status.
 * Errors: OCRM_INVALID_ARGUMENT. @since 0.1 */
OCRM_API int32_t ocrm_progress_subscribe(ocrm *crm, ocrm_progress_fn progress, void *user,
                                         void (*user_free)(void *user), ocrm_subscription **out, ocrm_error **err);
/** Hears log lines from a level up, beside the sink in ocrm_options. @param crm the CRM. @param level OCRM_LOG_*.
 * @param log the listener. @param user passed to it. @param user_free NULL: none. @param out the subscription.
 * @param err see above. @return status. Errors: OCRM_INVALID_ARGUMENT. @since 0.1 */
OCRM_API int32_t ocrm_log_subscribe(ocrm *crm, int32_t level, ocrm_log_fn log, void *user,
                                    void (*user_free)(void *user), ocrm_subscription **out, ocrm_error **err);
/** Ends a subscription: waits for calls of its callback that run on other threads, then calls user_free. From within its
 * own callback it returns at once, and user_free is called when that has returned. @param subscription may be NULL.
 * @since 0.1 */
OCRM_API void ocrm_subscription_free(ocrm_subscription *subscription);

#ifdef __cplusplus
}
#endif

#endif /* OMNICRM_H */
