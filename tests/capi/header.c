/* The header alone, first, twice, as strict C11. */
#include <omnicrm.h>

int main(void) {
  const ocrm_options options = OCRM_OPTIONS_INIT;
  const ocrm_clock clock = OCRM_CLOCK_INIT;
  const ocrm_source source = OCRM_SOURCE_INIT;
  const ocrm_source_item item = OCRM_SOURCE_ITEM_INIT;
  const ocrm_normalizer normalizer = OCRM_NORMALIZER_INIT;
  const ocrm_job_handler handler = OCRM_JOB_HANDLER_INIT;
  const ocrm_new_job job = OCRM_NEW_JOB_INIT;
  const ocrm_run_summary summary = OCRM_RUN_SUMMARY_INIT;
  return options.struct_size == sizeof(options) && clock.struct_size == sizeof(clock) &&
                 source.struct_size == sizeof(source) && item.struct_size == sizeof(item) &&
                 normalizer.struct_size == sizeof(normalizer) && normalizer.version == 1 &&
                 handler.struct_size == sizeof(handler) && job.struct_size == sizeof(job) &&
                 job.max_attempts == 5 && summary.struct_size == sizeof(summary) &&
                 ocrm_abi_version() == OCRM_ABI_VERSION
             ? 0
             : 1;
}
