/* longjmp out of a callback: noticed by the next call; the CRM is given up, everything else lives on. */
#include <setjmp.h>

#include "chat_source.h"

static jmp_buf back;
static volatile int freed;
static ocrm* the_crm;

static void count_free(void* user) {
  ++*(volatile int*)user;
}

static int32_t jump(void* user, const ocrm_progress* progress, ocrm_error** err) {
  (void)user, (void)progress, (void)err;
  longjmp(back, 1);
}

static int32_t jump_in_transaction(void* user, ocrm_session* inside, ocrm_error** err) {
  (void)user, (void)inside, (void)err;
  longjmp(back, 1);
}

/* A call from far down the stack: its frame is not above the one that was left, but overwrites it.
 * AddressSanitizer would keep the room elsewhere. */
__attribute__((no_sanitize_address)) static int32_t deep_call(ocrm_session* session, int depth,
                                                              ocrm_buffer** out) {
  volatile char room[4000];
  int32_t status;
  for (size_t at = 0; at < sizeof(room); ++at) room[at] = (char)at;
  status = depth > 0 ? deep_call(session, depth - 1, out)
                     : ocrm_call(session, "contacts.list", OCRM_NUL, "{}", OCRM_NUL, out, ERR);
  return room[99] == 99 ? status : -1;
}

/* What is true of a CRM that was left; frees it. */
static void is_given_up(ocrm* crm, ocrm_session* session) {
  ocrm_session* none = NULL;
  ocrm_buffer* out = NULL;
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_call(session, "contacts.list", OCRM_NUL, "{}", OCRM_NUL, &out, ERR));
  CHECK(has(ocrm_error_message(check_error), "longjmp"));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_session_open(crm, "eve", OCRM_NUL, NULL, 0, &none, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_jobs_run_until_idle(crm, 0, NULL, NULL, ERR));
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_close(crm, ERR));
  CHECK(out == NULL && none == NULL);
  ocrm_free(crm);
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_call(session, "contacts.list", OCRM_NUL, "{}", OCRM_NUL, &out, ERR));
  ocrm_session_free(session);
}

/* `volatile`: locals must survive the jump. */
static void out_of_a_preview(void) {
  static chat chat = {.lines = chat_lines};
  ocrm* volatile crm = open_chat(&chat);
  ocrm_session* volatile ada = session_of(crm, "ada");
  ocrm_buffer* plan = NULL;
  if (setjmp(back) == 0) {
    ocrm_sync_preview(ada, "{\"provider\":\"chat\"}", OCRM_NUL, jump, NULL, NULL, &plan, NULL);
    CHECK(!"reached");
  }
  is_given_up(crm, ada);
  CHECK(chat.freed == 0); /* the host's things are not touched either */
}

static void out_of_a_transaction(void) {
  ocrm* volatile crm = open_memory();
  ocrm_session* volatile ada = session_of(crm, "ada");
  ocrm_subscription* volatile subscription;
  ocrm_subscription* made = NULL;
  freed = 0;
  OK(ocrm_progress_subscribe(crm, jump, (void*)&freed, count_free, &made, ERR));
  subscription = made;
  if (setjmp(back) == 0) {
    ocrm_session_transaction(ada, jump_in_transaction, NULL, NULL);
    CHECK(!"reached");
  }
  is_given_up(crm, ada);
  ocrm_subscription_free(subscription);
  CHECK(freed == 0);
}

/* Without the look at the overwritten frame this call would wait for the transaction for ever. */
static void noticed_from_below(void) {
  ocrm* volatile crm = open_memory();
  ocrm_session* volatile ada = session_of(crm, "ada");
  ocrm_buffer* out = NULL;
  if (setjmp(back) == 0) {
    ocrm_session_transaction(ada, jump_in_transaction, NULL, NULL);
    CHECK(!"reached");
  }
  STATUS(OCRM_FAILED_PRECONDITION, deep_call(ada, 20, &out));
  CHECK(has(ocrm_error_message(check_error), "longjmp"));
  is_given_up(crm, ada);
}

static void closing_notices(void) {
  ocrm* volatile crm = open_memory();
  ocrm_session* volatile ada = session_of(crm, "ada");
  if (setjmp(back) == 0) {
    ocrm_session_transaction(ada, jump_in_transaction, NULL, NULL);
    CHECK(!"reached");
  }
  ocrm_free(crm);
  ocrm_session_free(ada);
}

static int32_t jump_inside(void* user, const ocrm_progress* progress, ocrm_error** err) {
  jmp_buf here;
  (void)user, (void)progress, (void)err;
  if (setjmp(here) == 0) longjmp(here, 1);
  ++freed;
  return OCRM_OK;
}

/* A jump that stays within its callback is nobody's business. */
static void within_a_callback(void) {
  chat chat = {.lines = chat_lines};
  ocrm* crm = open_chat(&chat);
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_buffer* plan = NULL;
  freed = 0;
  OK(ocrm_sync_preview(ada, "{\"provider\":\"chat\"}", OCRM_NUL, jump_inside, NULL, NULL, &plan, ERR));
  CHECK(freed > 0);
  ocrm_buffer_free(plan);
  ocrm_session_free(ada);
  OK(ocrm_close(crm, ERR));
  ocrm_free(crm);
}

/* Of two CRMs within each other only the inner one was left. */
static int32_t leaves_another(void* user, ocrm_session* inside, ocrm_error** err) {
  ocrm* volatile other = open_memory();
  ocrm_session* volatile eve = session_of(other, "eve");
  (void)user, (void)err;
  if (setjmp(back) == 0) {
    ocrm_session_transaction(eve, jump_in_transaction, NULL, NULL);
    CHECK(!"reached");
  }
  make_contact(inside, "bob");
  is_given_up(other, eve);
  return OCRM_OK;
}

static void only_the_one_that_was_left(void) {
  ocrm_session* ada;
  the_crm = open_memory();
  ada = session_of(the_crm, "ada");
  OK(ocrm_session_transaction(ada, leaves_another, NULL, ERR));
  CHECK(has(call(ada, "contacts.list", "{}"), "bob"));
  ocrm_session_free(ada);
  OK(ocrm_close(the_crm, ERR));
  ocrm_free(the_crm);
}

int main(int count, char** words) {
  const check_case cases[] = {{"out_of_a_preview", out_of_a_preview},
                              {"out_of_a_transaction", out_of_a_transaction},
                              {"noticed_from_below", noticed_from_below},
                              {"closing_notices", closing_notices},
                              {"within_a_callback", within_a_callback},
                              {"only_the_one_that_was_left", only_the_one_that_was_left},
                              {NULL, NULL}};
  return check_main(count, words, cases);
}
