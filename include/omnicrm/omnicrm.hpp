// Everything.
#pragma once

#include <omnicrm/copy.hpp>
#include <omnicrm/crm.hpp>
#include <omnicrm/json.hpp>
#include <omnicrm/model/model.hpp>
#include <omnicrm/options.hpp>
#include <omnicrm/session.hpp>
