// jobs work
#pragma once

#include <CLI/CLI.hpp>

#include "context.hpp"

namespace cli {

void add_work_command(CLI::App& jobs, Context& context);

}  // namespace cli
