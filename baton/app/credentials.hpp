#pragma once

#include "baton/base/secret.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace baton::app {

/// -p FILE: one trailing newline is stripped. Throws InvalidInput with v1.11.0's texts
/// ("error reading password from file: detected empty password in password file" ...).
Secret read_password_file(const std::filesystem::path& file);

/// -vp FILE: checked in the same way ("error reading VRF password from vrfpassword file ..."); nothing is
/// encrypted with it here.
void check_vrf_password_file(const std::filesystem::path& file);

/// First API user: line 1 e-mail, line 2 password.
struct ApiCredentials {
    std::string email;
    Secret password;
};
/// -a FILE. Throws InvalidInput ("error creating api initializer: ...").
ApiCredentials read_api_file(const std::filesystem::path& file);
/// What is wrong with e-mail or password of a new API user, in v1.11.0's words.
std::optional<std::string> api_credential_faults(const ApiCredentials& credentials);

bool is_terminal();
/// On the terminal, hidden, in v1.11.0's words; asked again until it satisfies the rules of a new key store
/// when `is_new`. Throws Error at end of input.
Secret ask_key_store_password(bool is_new);
ApiCredentials ask_api_credentials();

/// Mode of a file that holds secrets is reduced to its owner's rights; gives the warning for the log when it
/// was wider.
std::optional<std::string> tighten_permissions(const std::filesystem::path& file);

/// 32 bytes that sign session cookies: ROOT/secret (standard base64), made with mode 0600 if it is not there.
std::optional<Secret> read_cookie_secret(const std::filesystem::path& root);
void write_cookie_secret(const std::filesystem::path& root, const Secret& key);

}  // namespace baton::app
