#include "baton/txm/rebroadcast.hpp"

#include "baton/crypto/eip55.hpp"
#include "baton/eth/send_error.hpp"
#include "baton/pg/error.hpp"
#include "baton/txm/context.hpp"
#include "baton/txm/signing.hpp"

#include <algorithm>
#include <utility>

namespace baton::txm {

namespace {

/// Why a nonce is left as it is.
class LeftAlone : public Error {
  public:
    using Error::Error;
};

class Range {
  public:
    Range(RebroadcastDependencies use, RebroadcastRequest request)
        : use_(std::move(use)), request_(std::move(request)) {}

    /// Throws LeftAlone.
    async::Task<std::string> again(std::int64_t nonce) {
        const auto attempt = co_await committed_attempt(nonce);
        co_return co_await send(attempt);
    }

  private:
    /// The bytes to send, which are committed when this returns.
    async::Task<model::Attempt> committed_attempt(std::int64_t nonce) {
        const auto transaction = co_await store::find_by_nonce(*use_.writer.pool, use_.chain_id,
                                                               request_.from, nonce, use_.writer.deadline());
        if (!transaction) co_return co_await spend(nonce);
        if (transaction->state == model::TxState::in_progress)
            throw LeftAlone("its transaction is only being started: start a node, which finishes that");
        if (transaction->state != model::TxState::unconfirmed)
            throw LeftAlone("its transaction is mined already (" + model::to_string(transaction->state) +
                            "): nothing to send");
        LegacyTransaction fields;
        fields.to = transaction->to;
        fields.value = transaction->value;
        fields.payload = transaction->payload;
        fields.gas_limit = request_.gas_limit.value_or(transaction->gas_limit);
        auto made = assignment(std::move(fields), nonce);
        made.tx_id = transaction->id;
        for (const auto& attempt : transaction->attempts) {
            if (attempt.hash == made.attempt.hash) co_return attempt;
            if (attempt.gas_price == made.attempt.gas_price)
                throw LeftAlone("it was signed for this gas price before, with gas limit " +
                                std::to_string(attempt.gas_limit) + ": choose another price");
        }
        auto attempt = made.attempt;
        co_await store::add_second_attempt(use_.writer, std::move(made));
        co_return attempt;
    }

    /// A nonce without a transaction, which holds up all that come after it.
    async::Task<model::Attempt> spend(std::int64_t nonce) {
        constexpr std::uint64_t transfer_gas = 21'000;
        LegacyTransaction fields;
        fields.to = request_.from;
        fields.gas_limit = request_.gas_limit.value_or(transfer_gas);
        auto made = assignment(std::move(fields), nonce);
        auto attempt = made.attempt;
        std::string refused;
        try {
            co_await store::spend_nonce(use_.writer, use_.chain_id, request_.from, std::move(made));
        } catch (const pg::FenceRefused&) {
            throw;
        } catch (const pg::StatementFailed& error) {
            refused = error.what();
        }
        if (!refused.empty())
            throw LeftAlone("the database has no transaction with it, and it cannot be spent on one: " +
                            refused);
        co_return attempt;
    }

    store::Assignment assignment(LegacyTransaction fields, std::int64_t nonce) const {
        fields.chain_id = use_.chain_id;
        fields.nonce = nonce;
        fields.gas_price = request_.gas_price;
        const auto with_signature = sign(*use_.keys, request_.from, fields);
        store::Assignment made;
        made.nonce = nonce;
        made.attempt.gas_price = fields.gas_price;
        made.attempt.gas_limit = fields.gas_limit;
        made.attempt.signed_raw_tx = with_signature.raw;
        made.attempt.hash = with_signature.hash;
        return made;
    }

    async::Task<std::string> send(model::Attempt attempt) {
        const auto hash = to_0x(attempt.hash.view());
        std::vector<Bytes> raw{canonical_bytes(attempt.signed_raw_tx)};
        const auto deadline = async::Deadline::after(rpc_timeout).sooner(use_.send_deadline());
        std::optional<eth::RpcError> refused;
        std::string failed;
        try {
            auto answers = co_await use_.rpc->send_raw(std::move(raw), deadline);
            refused = std::move(answers.front());
        } catch (const eth::TransportError& error) {
            failed = error.what();
        } catch (const TimedOut& error) {
            failed = error.what();
        }
        const auto stored = "; transaction " + hash + " is stored, and the next leader sends it";
        if (!failed.empty()) throw LeftAlone("it could not be sent: " + failed + stored);
        const auto outcome =
            refused ? eth::classify_send_error(refused->message) : eth::SendOutcome::accepted;
        if (outcome != eth::SendOutcome::accepted && outcome != eth::SendOutcome::nonce_too_low)
            throw LeftAlone("the endpoint refused it: " + refused->message + stored);
        std::vector<Hash> sent{attempt.hash};
        co_await store::mark_broadcast(use_.writer, std::move(sent));
        if (outcome == eth::SendOutcome::nonce_too_low)
            co_return "the chain has used this nonce already: " + refused->message;
        co_return "sent as " + hash;
    }

    RebroadcastDependencies use_;
    RebroadcastRequest request_;
};

}  // namespace

async::Task<void> rebroadcast(RebroadcastDependencies use, RebroadcastRequest request,
                              std::function<void(const Rebroadcast&)> tell) {
    if (!use.keys->has_eth_key(request.from))
        throw NotFound("the key ring has no key for " + crypto::to_checksum(request.from));
    const auto first = request.first_nonce;
    const auto last = request.last_nonce;
    Range range(std::move(use), std::move(request));
    for (auto nonce = first; nonce <= last; ++nonce) {
        Rebroadcast outcome;
        outcome.nonce = nonce;
        try {
            outcome.text = co_await range.again(nonce);
            outcome.done = true;
        } catch (const LeftAlone& why) {
            outcome.text = why.what();
        }
        tell(outcome);
    }
}

}  // namespace baton::txm
