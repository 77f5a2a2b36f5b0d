// Everything.
#pragma once

#include <omnicrm/crm.hpp>
#include <omnicrm/json.hpp>
#include <omnicrm/model/model.hpp>
#include <omnicrm/options.hpp>
#include <omnicrm/session.hpp>
