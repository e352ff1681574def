#pragma once

#include "baton/eth/send_error.hpp"
#include "baton/txm/context.hpp"
#include "baton/txm/signing.hpp"

namespace baton::txm {

/// Sends bytes that are committed, and commits what came of it (COMMIT 4). Sending is always a re-send:
/// calling it again for the same attempt does no harm.
class Sender {
  public:
    explicit Sender(Context& context) : context_(context) {}

    struct Item {
        std::int64_t tx_id = 0;
        std::int64_t nonce = 0;
        Address from;
        Bytes stored_raw;
        Hash hash;
    };
    /// Attempts become broadcast or insufficient_eth; a transaction that no endpoint will ever take is given
    /// up: its nonce goes to a cancellation. What could not be sent stays as it is and is sent again later.
    /// Throws pg errors only.
    async::Task<void> send(std::vector<Item> items);

  private:
    async::Task<void> give_up(Item item, std::string reason);

    Context& context_;
};

}  // namespace baton::txm
