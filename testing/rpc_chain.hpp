#pragma once

#include "baton/base/big_int.hpp"
#include "baton/codec/json.hpp"
#include "baton/model/head.hpp"
#include "baton/model/log.hpp"

#include <string>
#include <vector>

namespace baton::test {

/// The chain of an RpcNode: blocks and logs as values and as JSON.
class RpcChain {
  public:
    RpcChain() { add_block(); }

    const model::Head& add_block() {
        model::Head head;
        head.number = blocks_.size();
        // Unlike any hash before, also when a block of this height was dropped.
        ++made_;
        for (std::size_t i = 0; i < 8; ++i) {
            head.hash.bytes[31 - i] = static_cast<std::uint8_t>(made_ >> (8 * i));
        }
        head.hash.bytes[0] = 0xb1;
        if (!blocks_.empty()) head.parent_hash = blocks_.back().hash;
        head.timestamp = WallTime(std::chrono::seconds(1'600'000'000 + made_));
        blocks_.push_back(head);
        return blocks_.back();
    }
    void drop(std::size_t depth) {
        blocks_.resize(blocks_.size() - depth);
        std::erase_if(logs_, [this](const model::Log& log) { return log.block_number >= blocks_.size(); });
    }
    const model::Head& tip() const { return blocks_.back(); }
    void add_log(model::Log log) {
        log.block_number = tip().number;
        log.block_hash = tip().hash;
        logs_.push_back(std::move(log));
    }

    std::string block_json(const std::string& which) const {
        for (const auto& block : blocks_) {
            if (which == "\"latest\"" && &block != &blocks_.back()) continue;
            const bool fits = which == "\"latest\"" || which == quantity(block.number) ||
                              which == "\"" + to_0x(block.hash.view()) + "\"";
            if (fits) return json(block);
        }
        return "null";
    }
    static std::string json(const model::Head& block) {
        const auto seconds =
            std::chrono::duration_cast<std::chrono::seconds>(block.timestamp.time_since_epoch());
        return "{\"number\":" + quantity(block.number) + ",\"hash\":" + text(block.hash.view()) +
               ",\"parentHash\":" + text(block.parent_hash.view()) +
               ",\"timestamp\":" + quantity(static_cast<std::uint64_t>(seconds.count())) +
               ",\"baseFeePerGas\":\"0x7\"}";
    }
    std::string logs_json(std::uint64_t from, std::uint64_t to) const {
        std::string all;
        for (const auto& log : logs_) {
            if (log.block_number < from || log.block_number > to) continue;
            if (!all.empty()) all += ",";
            all += json(log);
        }
        return "[" + all + "]";
    }
    static std::string json(const model::Log& log) {
        std::string topics;
        for (const auto& topic : log.topics) {
            topics += (topics.empty() ? "" : ",") + text(topic.view());
        }
        return "{\"address\":" + text(log.address.view()) + ",\"topics\":[" + topics +
               "],\"data\":" + text(log.data) + ",\"blockNumber\":" + quantity(log.block_number) +
               ",\"blockHash\":" + text(log.block_hash.view()) +
               ",\"transactionHash\":" + text(log.tx_hash.view()) +
               ",\"transactionIndex\":" + quantity(log.tx_index) +
               ",\"logIndex\":" + quantity(log.log_index) + ",\"removed\":false}";
    }
    static std::string quantity(std::uint64_t number) { return "\"" + to_quantity(BigInt(number)) + "\""; }

  private:
    static std::string text(BytesView bytes) { return "\"" + to_0x(bytes) + "\""; }

    std::vector<model::Head> blocks_;
    std::vector<model::Log> logs_;
    std::uint64_t made_ = 0;
};

}  // namespace baton::test
