// The list of all described records, for code that does the same for each of them.
#pragma once

/// Calls OMNICRM_RECORD(Type) for every record and nested struct of the model.
#define OMNICRM_FOR_EACH_RECORD(OMNICRM_RECORD) \
  OMNICRM_RECORD(PageRequest)                   \
  OMNICRM_RECORD(ContactPoint)                  \
  OMNICRM_RECORD(Contact)                       \
  OMNICRM_RECORD(Organization)                  \
  OMNICRM_RECORD(Participant)                   \
  OMNICRM_RECORD(Document)                      \
  OMNICRM_RECORD(Interaction)                   \
  OMNICRM_RECORD(RawEvent)                      \
  OMNICRM_RECORD(Tag)                           \
  OMNICRM_RECORD(Segment)                       \
  OMNICRM_RECORD(Task)                          \
  OMNICRM_RECORD(SyncSource)                    \
  OMNICRM_RECORD(CountEntry)                    \
  OMNICRM_RECORD(PlanSample)                    \
  OMNICRM_RECORD(PlanContact)                   \
  OMNICRM_RECORD(PlanFile)                      \
  OMNICRM_RECORD(PlanSummary)                   \
  OMNICRM_RECORD(SyncPlan)                      \
  OMNICRM_RECORD(BatchCounts)                   \
  OMNICRM_RECORD(SyncBatch)                     \
  OMNICRM_RECORD(SyncCursor)                    \
  OMNICRM_RECORD(Suppression)                   \
  OMNICRM_RECORD(AuditEntry)                    \
  OMNICRM_RECORD(AuditVerification)             \
  OMNICRM_RECORD(Job)                           \
  OMNICRM_RECORD(Schedule)
