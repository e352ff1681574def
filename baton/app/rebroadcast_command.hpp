#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace baton::app {

struct RebroadcastOptions {
    std::int64_t beginning_nonce = 0;
    /// Inclusive.
    std::int64_t ending_nonce = 0;
    /// Wei.
    std::int64_t gas_price = 0;
    /// 0: as it is.
    std::int64_t gas_limit = 0;
    std::filesystem::path password_file;
    std::string address;
    /// Empty: the chain that is configured.
    std::string chain_id;
};

/// `node rebroadcast-transactions` (reference/cli.md section 4): under the locks of the leadership and in an
/// epoch of its own; refused with the leader's name, and nothing changed, while somebody leads. What it tells
/// goes to stderr. Gives the exit code: 1 when anything was not sent.
int run_rebroadcast_command(const RebroadcastOptions& options);

}  // namespace baton::app
