#include "baton/eth/rpc_json.hpp"

#include "baton/codec/json.hpp"

namespace baton::eth {

namespace {

using codec::Value;

const Value& required(const Value& object, std::string_view name) {
    const auto* found = codec::member(object, name);
    if (!found || found->is_null()) throw Error("the answer has no member \"" + std::string(name) + "\"");
    return *found;
}

std::string_view text_of(const Value& value, std::string_view what) {
    const auto* text = value.get_if<std::string>();
    if (!text) throw Error(std::string(what) + " is no text");
    return *text;
}

Hash hash_member(const Value& object, std::string_view name) {
    const auto hash = parse_hash(text_of(required(object, name), name));
    if (!hash) throw Error("\"" + std::string(name) + "\" is no hash");
    return *hash;
}

Hash hash_or_zero(const Value& object, std::string_view name) {
    const auto* found = codec::member(object, name);
    const auto* text = found ? found->get_if<std::string>() : nullptr;
    return text ? parse_hash(*text).value_or(Hash{}) : Hash{};
}

std::uint64_t number_member(const Value& object, std::string_view name) {
    return read_number(required(object, name));
}

/// A member as text, or a fallback: for the parts of receipts that are stored as they came.
std::string lower_or(const Value& object, std::string_view name, std::string_view fallback) {
    auto text = codec::string_or(object, name, fallback);
    for (auto& c : text)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

Value stored_log(const Value& log) {
    codec::Map members;
    for (const std::string_view name :
         {"address", "data", "blockNumber", "transactionHash", "transactionIndex", "blockHash", "logIndex"})
        members[std::string(name)] = Value(lower_or(log, name, "0x"));
    const auto* topics = codec::member(log, "topics");
    members["topics"] = topics ? *topics : Value::list({});
    members["removed"] = Value(codec::bool_or(log, "removed", false));
    return Value::map(std::move(members));
}

/// The object of reference/schema.md section 2.4.
std::string stored_receipt(const Value& receipt) {
    codec::Map members;
    for (const std::string_view name :
         {"status", "cumulativeGasUsed", "gasUsed", "transactionIndex", "blockNumber"})
        members[std::string(name)] = Value(lower_or(receipt, name, "0x0"));
    for (const std::string_view name : {"root", "logsBloom", "transactionHash", "blockHash"})
        members[std::string(name)] = Value(lower_or(receipt, name, "0x"));
    members["contractAddress"] =
        Value(lower_or(receipt, "contractAddress", "0x0000000000000000000000000000000000000000"));
    codec::List logs;
    const auto* given = codec::member(receipt, "logs");
    if (const auto* list = given ? given->list_or_null() : nullptr) {
        for (const auto& log : *list)
            logs.push_back(stored_log(log));
    }
    members["logs"] = Value::list(std::move(logs));
    return codec::write_json(Value::map(std::move(members)));
}

}  // namespace

RpcCall make_call(std::string method, std::string params) {
    RpcCall call;
    call.method = std::move(method);
    call.params = std::move(params);
    return call;
}

std::string request_text(const RpcCall& call, std::uint64_t id) {
    return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":)" +
           codec::quote_json(call.method) + R"(,"params":)" + call.params + "}";
}

std::string batch_text(const std::vector<RpcCall>& calls, std::uint64_t first_id) {
    std::string text = "[";
    for (std::size_t i = 0; i < calls.size(); ++i) {
        if (i > 0) text += ",";
        text += request_text(calls[i], first_id + i);
    }
    return text + "]";
}

RpcAnswer read_answer(const Value& answer) {
    const auto* members = answer.map_or_null();
    if (!members) throw Error("the answer is no JSON-RPC object");
    const auto* error = codec::member(answer, "error");
    if (error && !error->is_null()) {
        RpcError read;
        read.code = codec::int64_member(*error, "code").value_or(0);
        read.message = codec::string_or(*error, "message");
        if (const auto* data = codec::member(*error, "data"); data && !data->is_null()) {
            const auto* text = data->get_if<std::string>();
            read.data = text ? *text : codec::write_json(*data);
        }
        return read;
    }
    const auto result = members->find("result");
    if (result == members->end()) throw Error("the answer has neither result nor error");
    return result->second;
}

std::vector<RpcAnswer> read_batch(const Value& answer, std::uint64_t first_id, std::size_t count) {
    const auto* list = answer.list_or_null();
    if (!list) {
        auto refusal = read_answer(answer);
        // One result for many calls would, for transactions, mean "all accepted".
        if (!std::holds_alternative<RpcError>(refusal)) throw Error("a batch was answered with one result");
        return std::vector<RpcAnswer>(count, refusal);
    }
    std::vector<std::optional<RpcAnswer>> found(count);
    for (const auto& one : *list) {
        const auto id = codec::int64_member(one, "id");
        if (!id || *id < static_cast<std::int64_t>(first_id)) continue;
        const auto index = static_cast<std::uint64_t>(*id) - first_id;
        if (index < count) found[index] = read_answer(one);
    }
    std::vector<RpcAnswer> answers;
    for (auto& one : found) {
        if (!one) throw Error("an answer of a batch is missing");
        answers.push_back(*std::move(one));
    }
    return answers;
}

bool is_removed(const Value& log) {
    return codec::bool_or(log, "removed", false);
}

Bytes read_bytes(const Value& data) {
    auto bytes = from_0x(text_of(data, "the data"));
    if (!bytes) throw Error("the data are no hex text");
    return *std::move(bytes);
}

BigInt read_quantity(const Value& quantity) {
    const auto number = parse_quantity(text_of(quantity, "a quantity"));
    if (!number) throw Error("a quantity is no hex number");
    return *number;
}

std::uint64_t read_number(const Value& quantity) {
    const auto number = read_quantity(quantity);
    if (number > UINT64_MAX) throw Error("a quantity does not fit 64 bits");
    return static_cast<std::uint64_t>(number);
}

std::optional<model::Head> read_head(const Value& block) {
    if (block.is_null()) return std::nullopt;
    model::Head head;
    head.number = number_member(block, "number");
    head.hash = hash_member(block, "hash");
    head.parent_hash = hash_member(block, "parentHash");
    const auto seconds = number_member(block, "timestamp");
    // Years beyond what a time stamp holds come from a broken endpoint.
    if (seconds > 253'402'300'799ULL) throw Error("\"timestamp\" is not a time");
    head.timestamp = WallTime(std::chrono::seconds(seconds));
    if (const auto* fee = codec::member(block, "baseFeePerGas"); fee && !fee->is_null())
        head.base_fee_per_gas = read_quantity(*fee);
    if (const auto* l1 = codec::member(block, "l1BlockNumber"); l1 && !l1->is_null())
        head.l1_block_number = read_number(*l1);
    head.receipts_root = hash_or_zero(block, "receiptsRoot");
    head.transactions_root = hash_or_zero(block, "transactionsRoot");
    head.state_root = hash_or_zero(block, "stateRoot");
    return head;
}

model::Log read_log(const Value& log) {
    model::Log read;
    const auto address = parse_address(text_of(required(log, "address"), "address"));
    if (!address) throw Error("\"address\" of a log is no address");
    read.address = *address;
    const auto* topics = required(log, "topics").list_or_null();
    if (!topics) throw Error("\"topics\" of a log is no list");
    for (const auto& topic : *topics) {
        const auto hash = parse_hash(text_of(topic, "a topic"));
        if (!hash) throw Error("a topic is no hash");
        read.topics.push_back(*hash);
    }
    auto data = from_0x(text_of(required(log, "data"), "data"));
    if (!data) throw Error("\"data\" of a log is no hex text");
    read.data = *std::move(data);
    read.block_number = number_member(log, "blockNumber");
    read.block_hash = hash_member(log, "blockHash");
    read.tx_hash = hash_member(log, "transactionHash");
    read.tx_index = number_member(log, "transactionIndex");
    read.log_index = number_member(log, "logIndex");
    return read;
}

std::optional<model::Receipt> read_receipt(const Value& receipt) {
    if (receipt.is_null()) return std::nullopt;
    const auto* block = codec::member(receipt, "blockNumber");
    // Some clients answer with a receipt of a pending transaction: it has no block yet.
    if (!block || block->is_null()) return std::nullopt;
    model::Receipt read;
    read.tx_hash = hash_member(receipt, "transactionHash");
    read.block_hash = hash_member(receipt, "blockHash");
    read.block_number = read_number(*block);
    read.transaction_index = number_member(receipt, "transactionIndex");
    const auto* status = codec::member(receipt, "status");
    read.status = status && !status->is_null() ? read_number(*status) : 1;
    read.json = stored_receipt(receipt);
    return read;
}

std::string quantity_text(std::uint64_t number) {
    return "\"" + to_quantity(BigInt(number)) + "\"";
}

std::string redacted_url(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return "(unreadable URL)";
    auto rest = url.substr(scheme + 3);
    const auto end = rest.find_first_of("/?#");
    // A password may hold a slash: what of it is password and what is path cannot be told apart.
    if (end != std::string_view::npos && rest.find('@', end) != std::string_view::npos)
        return std::string(url.substr(0, scheme + 3)) + "...";
    const bool more = end != std::string_view::npos && rest.substr(end) != "/";
    rest = rest.substr(0, end);
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) rest = rest.substr(at + 1);
    return std::string(url.substr(0, scheme + 3)) + std::string(rest) + (more ? "/..." : "");
}

std::string host_of(std::string_view url) {
    auto host = redacted_url(url);
    if (const auto scheme = host.find("://"); scheme != std::string::npos) host.erase(0, scheme + 3);
    return host.substr(0, host.find('/'));
}

}  // namespace baton::eth
