#pragma once

#include "baton/eth/send_error.hpp"
#include "baton/txm/context.hpp"
#include "baton/txm/signing.hpp"

#include <set>

namespace baton::txm {

/// Sends bytes that are committed, and commits what came of it (COMMIT 4). Sending is always a re-send:
/// calling it again for the same attempt does no harm.
class Sender {
  public:
    explicit Sender(Context& context) : context_(context) {}

    /// A started transaction and the attempt to send, its best one.
    struct Item {
        std::int64_t tx_id = 0;
        std::int64_t nonce = 0;
        Address from;
        Address to;
        BigInt value;
        Bytes payload;
        model::Attempt attempt;
        /// An endpoint took one of its attempts before: whoever refuses it now, it may be mined.
        bool acknowledged = false;
    };
    /// The transaction has a nonce and an attempt.
    static Item item_of(const model::Transaction& transaction);

    /// Attempts become broadcast or insufficient_eth. A transaction that no endpoint will ever take is given
    /// up, when it cannot be mined any more: its nonce goes to a cancellation. One that is underpriced gets a
    /// second attempt when the configured price is higher than the first one's. What could not be sent stays
    /// as it is and is sent again later; one item that fails holds up no other. Throws pg errors only.
    async::Task<void> send(std::vector<Item> items);

  private:
    /// What the endpoint's answers ask for.
    struct Answered;

    std::vector<Bytes> readable(std::vector<Item>& items);
    async::Task<std::vector<std::optional<eth::RpcError>>> ask(std::vector<Bytes> raw);
    Answered sort(std::vector<Item> items, const std::vector<std::optional<eth::RpcError>>& answers) const;
    async::Task<void> refused(Item item, std::string reason);
    async::Task<bool> is_nonce_used(Item item);
    async::Task<void> give_up(Item item, std::string reason);
    async::Task<void> raise_price(Item item);

    Context& context_;
    /// Rows whose bytes cannot be read; said once.
    std::set<std::int64_t> unreadable_;
};

}  // namespace baton::txm
