#pragma once

#include "baton/base/big_int.hpp"
#include "baton/codec/json.hpp"
#include "baton/codec/rlp.hpp"
#include "baton/crypto/keccak.hpp"
#include "baton/crypto/secp256k1.hpp"
#include "baton/model/head.hpp"
#include "baton/model/log.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace baton::test {

/// An EVM chain as far as a node sees it, made by hand: blocks, logs, a pool of legacy transactions,
/// reorganisations; answers JSON-RPC requests. Blocks exist only when mine() is called. One thread.
class FakeChain {
  public:
    struct Tx {
        Address from;
        std::uint64_t nonce = 0;
        std::optional<Address> to;
        Bytes payload;
        BigInt gas_price;
        Hash hash;
    };
    struct Block {
        model::Head head;
        std::vector<model::Log> logs;
        std::vector<Tx> transactions;
    };

    explicit FakeChain(BigInt chain_id) : chain_id_(std::move(chain_id)) {
        blocks_.emplace_back();
        blocks_.back().head = next_head();
    }

    // What a test does.

    /// A log of the next block; address, topics and data count.
    void emit(model::Log log) { next_logs_.push_back(std::move(log)); }
    /// One block with all pooled transactions whose turn it is and the logs that were emitted.
    const Block& mine() {
        Block block;
        block.head = next_head();
        for (auto& log : next_logs_) {
            log.block_number = block.head.number;
            log.block_hash = block.head.hash;
            log.log_index = block.logs.size();
            if (log.tx_hash == Hash{}) log.tx_hash = numbered_hash(0xcc, ++hashes_);
            block.logs.push_back(log);
        }
        next_logs_.clear();
        if (!stalled) take_pooled(block);
        blocks_.push_back(std::move(block));
        return blocks_.back();
    }
    void mine(int count) {
        for (int i = 0; i < count; ++i)
            mine();
    }
    /// The newest `depth` blocks leave the chain; their transactions return to the pool, their logs are gone.
    /// Mine one more block than that to make it the longest chain.
    std::vector<Block> drop(std::size_t depth) {
        std::vector<Block> dropped(blocks_.end() - static_cast<std::ptrdiff_t>(depth), blocks_.end());
        blocks_.resize(blocks_.size() - depth);
        for (const auto& block : dropped) {
            for (const auto& tx : block.transactions)
                pool_[{tx.from, tx.nonce}] = tx;
        }
        return dropped;
    }
    /// Transactions are pooled but not mined while set.
    bool stalled = false;
    /// The text that a transaction is refused with; nothing: the chain's own rules.
    std::function<std::optional<std::string>(const Tx&)> refuse;
    /// While set every request fails as if the endpoint were gone.
    bool unreachable = false;
    /// The JSON of a receipt in place of the chain's own.
    std::function<std::optional<std::string>(const Hash&)> receipt_json;
    /// Logs that eth_getLogs leaves out, as a server does whose index of logs lags behind.
    std::function<bool(const model::Log&)> hides;
    /// What a mined transaction's receipt says of it.
    std::function<bool(const Tx&)> reverts;

    // What a test looks at.

    std::uint64_t height() const { return blocks_.back().head.number; }
    const Block& block(std::uint64_t number) const {
        return blocks_.at(number - blocks_.front().head.number);
    }
    /// Every eth_sendRawTransaction, refused ones too, in order.
    const std::vector<Tx>& sent() const { return sent_; }
    std::vector<Tx> mined() const {
        std::vector<Tx> all;
        for (const auto& one : blocks_)
            all.insert(all.end(), one.transactions.begin(), one.transactions.end());
        return all;
    }
    std::size_t pooled() const { return pool_.size(); }
    std::vector<std::pair<std::uint64_t, std::uint64_t>> log_queries;
    /// Heights that were asked for by number.
    std::vector<std::uint64_t> block_queries;

    /// Somebody else uses the key: its next nonces are taken.
    void use_nonces(const Address& from, std::uint64_t count) { others_[from] += count; }

    /// Body of an HTTP request, single or batch -> body of the answer.
    std::string answer(const std::string& body) {
        const auto request = codec::read_json(body);
        const auto* batch = request.list_or_null();
        if (!batch) return answer_one(request);
        std::string text = "[";
        for (const auto& one : *batch)
            text += (text.size() > 1 ? "," : "") + answer_one(one);
        return text + "]";
    }

  private:
    using Key = std::pair<Address, std::uint64_t>;

    static Hash numbered_hash(std::uint8_t kind, std::uint32_t number) {
        Hash made;
        made.bytes[0] = kind;
        for (int i = 0; i < 4; ++i)
            made.bytes[31 - i] = static_cast<std::uint8_t>(number >> (8 * i));
        return made;
    }
    model::Head next_head() {
        model::Head head;
        head.number = blocks_.empty() ? 1 : height() + 1;
        head.hash = numbered_hash(0xbb, ++hashes_);
        head.parent_hash = blocks_.empty() ? Hash{} : blocks_.back().head.hash;
        head.timestamp = WallTime(std::chrono::sys_days{std::chrono::year(2022) / 1 / 1}) +
                         std::chrono::seconds(head.number);
        return head;
    }
    std::uint64_t mined_nonce(const Address& from) const {
        std::uint64_t nonce = others_.contains(from) ? others_.at(from) : 0;
        for (const auto& block : blocks_) {
            for (const auto& tx : block.transactions)
                nonce = tx.from == from ? std::max(nonce, tx.nonce + 1) : nonce;
        }
        return nonce;
    }
    void take_pooled(Block& block) {
        std::map<Address, std::uint64_t> next;
        for (auto at = pool_.begin(); at != pool_.end();) {
            const auto& tx = at->second;
            if (!next.contains(tx.from)) next[tx.from] = mined_nonce(tx.from);
            if (tx.nonce < next[tx.from]) {
                at = pool_.erase(at);
            } else if (tx.nonce == next[tx.from]) {
                ++next[tx.from];
                block.transactions.push_back(tx);
                at = pool_.erase(at);
            } else {
                ++at;
            }
        }
    }
    /// Fields and sender of a signed legacy transaction (EIP-155).
    Tx read(const Bytes& raw) const {
        const auto fields = codec::RlpItem::read(raw).items();
        Tx tx;
        tx.hash = crypto::keccak256(raw);
        tx.nonce = fields.at(0).uint64();
        tx.gas_price = fields.at(1).integer();
        if (!fields.at(3).bytes().empty()) tx.to = address_from(fields.at(3).bytes());
        const auto payload = fields.at(5).bytes();
        tx.payload.assign(payload.begin(), payload.end());
        codec::RlpWriter unsigned_rlp;
        unsigned_rlp.begin_list();
        for (std::size_t i = 0; i < 6; ++i)
            unsigned_rlp.raw(fields.at(i).raw());
        unsigned_rlp.integer(chain_id_).integer(std::uint64_t{0}).integer(std::uint64_t{0}).end_list();
        crypto::Signature signature;
        const auto r = to_big_endian(fields.at(7).integer(), 32),
                   s = to_big_endian(fields.at(8).integer(), 32);
        std::copy(r.begin(), r.end(), signature.r.bytes.begin());
        std::copy(s.begin(), s.end(), signature.s.bytes.begin());
        signature.recovery_id = static_cast<std::uint8_t>(fields.at(6).integer() - chain_id_ * 2 - 35);
        tx.from =
            crypto::address_of(crypto::recover(crypto::keccak256(unsigned_rlp.finish()), signature).value());
        return tx;
    }

    static std::string quoted(BytesView bytes) { return "\"" + to_0x(bytes) + "\""; }
    static std::string number(std::uint64_t value) { return "\"" + to_quantity(BigInt(value)) + "\""; }
    static std::string text(const model::Log& log) {
        std::string topics;
        for (const auto& topic : log.topics)
            topics += (topics.empty() ? "" : ",") + quoted(topic.view());
        return "{\"address\":" + quoted(log.address.view()) + ",\"topics\":[" + topics +
               "],\"data\":" + quoted(log.data) + ",\"blockNumber\":" + number(log.block_number) +
               ",\"blockHash\":" + quoted(log.block_hash.view()) +
               ",\"transactionHash\":" + quoted(log.tx_hash.view()) +
               ",\"transactionIndex\":\"0x0\",\"logIndex\":" + number(log.log_index) + ",\"removed\":false}";
    }
    static std::string text(const model::Head& head) {
        const auto seconds =
            std::chrono::duration_cast<std::chrono::seconds>(head.timestamp.time_since_epoch()).count();
        return "{\"number\":" + number(head.number) + ",\"hash\":" + quoted(head.hash.view()) +
               ",\"parentHash\":" + quoted(head.parent_hash.view()) +
               ",\"timestamp\":" + number(static_cast<std::uint64_t>(seconds)) + "}";
    }
    std::string receipt(const Hash& hash) const {
        if (receipt_json) {
            if (auto other = receipt_json(hash)) return *std::move(other);
        }
        for (const auto& block : blocks_) {
            for (const auto& tx : block.transactions) {
                if (tx.hash != hash) continue;
                const bool failed = reverts && reverts(tx);
                return "{\"transactionHash\":" + quoted(hash.view()) +
                       ",\"blockHash\":" + quoted(block.head.hash.view()) +
                       ",\"blockNumber\":" + number(block.head.number) +
                       ",\"transactionIndex\":\"0x0\",\"status\":\"" + (failed ? "0x0" : "0x1") +
                       "\",\"gasUsed\":\"0x5208\",\"cumulativeGasUsed\":\"0x5208\",\"logs\":[]}";
            }
        }
        return "null";
    }
    std::optional<std::string> take(const Tx& tx) {
        sent_.push_back(tx);
        if (refuse) {
            if (auto reason = refuse(tx)) return reason;
        }
        if (tx.nonce < mined_nonce(tx.from)) return "nonce too low";
        const auto there = pool_.find({tx.from, tx.nonce});
        if (there != pool_.end() && there->second.hash == tx.hash) return "already known";
        // Geth wants a tenth more for a replacement.
        if (there != pool_.end() && tx.gas_price * 10 < there->second.gas_price * 11)
            return "replacement transaction underpriced";
        pool_[{tx.from, tx.nonce}] = tx;
        return std::nullopt;
    }

    std::string logs(const codec::Value& filter) {
        const auto from = number_of(filter, "fromBlock"), to = number_of(filter, "toBlock");
        log_queries.emplace_back(from, to);
        std::string all;
        for (const auto& block : blocks_) {
            if (block.head.number < from || block.head.number > to) continue;
            for (const auto& log : block.logs) {
                if (!hides || !hides(log)) all += (all.empty() ? "" : ",") + text(log);
            }
        }
        return "[" + all + "]";
    }
    static std::uint64_t number_of(const codec::Value& object, std::string_view name) {
        return static_cast<std::uint64_t>(parse_quantity(codec::string_or(object, name)).value());
    }

    /// {"result":...} or {"error":...} without braces.
    std::string result(const std::string& method, const codec::List& params) {
        const auto param = [&](std::size_t i) { return *params.at(i).get_if<std::string>(); };
        const auto value = [](std::string json) { return "\"result\":" + json; };
        if (method == "eth_chainId") return value("\"" + to_quantity(chain_id_) + "\"");
        if (method == "eth_blockNumber") return value(number(height()));
        if (method == "eth_getBlockByNumber") {
            if (param(0) == "latest") return value(text(blocks_.back().head));
            const auto wanted = static_cast<std::uint64_t>(parse_quantity(param(0)).value());
            block_queries.push_back(wanted);
            return value(wanted >= 1 && wanted <= height() ? text(block(wanted).head) : "null");
        }
        if (method == "eth_getBlockByHash") {
            for (const auto& one : blocks_) {
                if (to_0x(one.head.hash.view()) == param(0)) return value(text(one.head));
            }
            return value("null");
        }
        if (method == "eth_getLogs") return value(logs(params.at(0)));
        if (method == "eth_getTransactionReceipt") return value(receipt(parse_hash(param(0)).value()));
        if (method == "eth_getBalance") return value("\"0xde0b6b3a7640000\"");
        if (method == "eth_getTransactionCount") {
            const auto from = parse_address(param(0)).value();
            auto nonce = mined_nonce(from);
            while (param(1) == "pending" && pool_.contains({from, nonce}))
                ++nonce;
            return value(number(nonce));
        }
        if (method == "eth_sendRawTransaction") {
            const auto tx = read(from_0x(param(0)).value());
            const auto refused = take(tx);
            return refused ? "\"error\":{\"code\":-32000,\"message\":" + codec::quote_json(*refused) + "}"
                           : value(quoted(tx.hash.view()));
        }
        return "\"error\":{\"code\":-32601,\"message\":\"the method does not exist\"}";
    }
    std::string answer_one(const codec::Value& request) {
        const auto id = codec::int64_member(request, "id").value();
        const auto* params = codec::member(request, "params")->list_or_null();
        return "{\"jsonrpc\":\"2.0\",\"id\":" + std::to_string(id) + "," +
               result(codec::string_or(request, "method"), *params) + "}";
    }

    BigInt chain_id_;
    std::vector<Block> blocks_;
    std::vector<model::Log> next_logs_;
    std::map<Key, Tx> pool_;
    std::map<Address, std::uint64_t> others_;
    std::vector<Tx> sent_;
    std::uint32_t hashes_ = 0;
};

}  // namespace baton::test
