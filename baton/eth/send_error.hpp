#pragma once

#include <string_view>

namespace baton::eth {

/// What an answer to eth_sendRawTransaction means, whatever client gave it (reference/evm.md section 3.5). The order of tests is
/// the broadcaster's (section 6.5).
enum class SendOutcome {
    accepted,                 // also: already in the mempool
    nonce_too_low,            // also: already mined; the confirmer sorts it out
    replacement_underpriced,  // the nonce is taken in the pool
    terminally_underpriced,
    insufficient_eth,
    fatal,                    // never acceptable
    temporary,                // limits, congestion, fee caps
    unknown,
};
SendOutcome classify_send_error(std::string_view message);

}  // namespace baton::eth
