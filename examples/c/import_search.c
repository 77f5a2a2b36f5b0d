/* The README's example in C: a mailbox in, a search, the subjects out.   cc import_search.c -lomnicrm_c */
#include <omnicrm.h>
#include <stdio.h>
#include <stdlib.h>

static ocrm_error *error;

static void must(int32_t status) {
  if (status != OCRM_OK) exit(fprintf(stderr, "%s\n", ocrm_error_message(error)) > 0);
}

static int32_t show(void *user, const ocrm_progress *at, ocrm_error **err) {
  (void)user, (void)err;
  return fprintf(stderr, "%s: %lld of %lld\n", at->note, (long long)at->done, (long long)at->total), OCRM_OK;
}

int main(void) {
  ocrm *crm; ocrm_session *ada; ocrm_iterator *hits; ocrm_buffer *plan, *id, *batch, *subject;
  const char *source = "{\"paths\":[\"mail.mbox\"]}", *hit; size_t size;
  must(ocrm_open_json("{\"path\":\"my.db\"}", OCRM_NUL, &crm, &error));
  must(ocrm_session_open(crm, "ada@example.org", OCRM_NUL, NULL, 0, &ada, &error));
  must(ocrm_sync_preview(ada, source, OCRM_NUL, show, NULL, NULL, &plan, &error)); /* stores nothing else */
  must(ocrm_json_get(ocrm_buffer_data(plan), OCRM_NUL, "/id", OCRM_NUL, &id, &error));
  must(ocrm_sync_approve(ada, ocrm_buffer_data(id), OCRM_NUL, show, NULL, NULL, &batch, &error));
  must(ocrm_search_open(ada, "{\"text\":\"invoice after:2002-01-01\"}", OCRM_NUL, 0, &hits, &error));
  while (must(ocrm_iterator_next(hits, &hit, &size, &error)), hit != NULL) {
    must(ocrm_json_get(hit, size, "/subject", OCRM_NUL, &subject, &error));
    puts(ocrm_buffer_data(subject));
    ocrm_buffer_free(subject);
  }
  ocrm_iterator_free(hits); ocrm_buffer_free(plan); ocrm_buffer_free(id); ocrm_buffer_free(batch);
  ocrm_session_free(ada); ocrm_free(crm);
  return ocrm_live_handles() == 0 ? 0 : 1;
}
