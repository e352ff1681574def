#pragma once

#include "baton/eth/rpc_client.hpp"

namespace baton::eth {

// Between JSON-RPC texts and values (https://ethereum.org/en/developers/docs/apis/json-rpc/). All pure.

/// `params`: JSON text of the parameter array.
RpcCall make_call(std::string method, std::string params = "[]");
/// One call as a request object with this id.
std::string request_text(const RpcCall& call, std::uint64_t id);
std::string batch_text(const std::vector<RpcCall>& calls, std::uint64_t first_id);

/// The answer object to one call: result or error. Throws baton::Error when it is neither.
RpcAnswer read_answer(const codec::Value& answer);
/// Answers of a batch by id, in the order of the calls; an endpoint that refuses the whole batch answers with
/// one error object, which then stands for every call. Throws baton::Error when one is missing,
/// and for one result in place of the list.
std::vector<RpcAnswer> read_batch(const codec::Value& answer, std::uint64_t first_id, std::size_t count);

/// Nothing for null. Throws baton::Error naming the member that is missing or malformed.
std::optional<model::Head> read_head(const codec::Value& block);
model::Log read_log(const codec::Value& log);
/// A log of a block that left the chain.
bool is_removed(const codec::Value& log);
/// "0x" hex text.
Bytes read_bytes(const codec::Value& data);
std::optional<model::Receipt> read_receipt(const codec::Value& receipt);
std::uint64_t read_number(const codec::Value& quantity);
BigInt read_quantity(const codec::Value& quantity);

/// "0x1a" with quotes.
std::string quantity_text(std::uint64_t number);

/// A URL that may be shown: user, password, path and query are left out.
std::string redacted_url(std::string_view url);
/// What may be shown of its host and port: "host:8546".
std::string host_of(std::string_view url);

}  // namespace baton::eth
