#pragma once

#include "baton/app/environment.hpp"

#include <string>
#include <vector>

namespace baton::app {

/// Variables that v1.11.0 honours and this version does not: each that is set is read, so that a value which
/// cannot be read stops the start (BadSetting), and gives one line for the operator.
std::vector<std::string> unused_setting_warnings(const Environment& environment);

}  // namespace baton::app
