// All records.
#pragma once

#include <omnicrm/model/audit.hpp>
#include <omnicrm/model/common.hpp>
#include <omnicrm/model/contact.hpp>
#include <omnicrm/model/interaction.hpp>
#include <omnicrm/model/job.hpp>
#include <omnicrm/model/organization.hpp>
#include <omnicrm/model/raw_event.hpp>
#include <omnicrm/model/schedule.hpp>
#include <omnicrm/model/sync.hpp>
#include <omnicrm/model/tag.hpp>
#include <omnicrm/model/task.hpp>
