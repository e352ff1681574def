#pragma once

#include "baton/base/clock.hpp"

#include <string>

namespace baton::model {

/// admin > edit > run > view
enum class Role { view, run, edit, admin };
std::string to_string(Role role);
Role parse_role(std::string_view text);

struct User {
    std::string email;
    /// bcrypt
    std::string hashed_password;
    Role role = Role::view;
    bool has_token = false;
    WallTime created_at{};
    WallTime updated_at{};
};

}  // namespace baton::model
