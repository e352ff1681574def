#pragma once

#include <string_view>

namespace baton::eth {

/// What an answer to eth_sendRawTransaction means, whatever client gave it (reference/evm.md section 3.5),
/// for a transaction whose bytes and nonce are committed. Where a text fits several categories, the order of
/// tests is the broadcaster's (section 6.5).
enum class SendOutcome {
    /// Also: the pool has it already.
    accepted,
    /// Also: already mined; the confirmer sorts it out.
    nonce_too_low,
    /// The nonce is taken in the pool by other bytes.
    replacement_underpriced,
    terminally_underpriced,
    insufficient_eth,
    /// Never acceptable.
    fatal,
    /// May be accepted later: limits, congestion, fee caps. "nonce too high" too, which v1.11.0 takes as
    /// fatal: several nonces are
    /// under way here at a time, so the one before was refused or has not arrived yet, and that passes.
    temporary,
    unknown,
};
/// `message` is the text of the error object, of any length and content.
SendOutcome classify_send_error(std::string_view message);

}  // namespace baton::eth
