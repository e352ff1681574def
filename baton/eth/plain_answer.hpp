#pragma once

#include "baton/eth/rpc_client.hpp"

#include <string>

namespace baton::eth {

/// What `read` makes of the result of a call that has no other outcome for its caller: an RpcError and a
/// result that cannot be read become TransportError.
template <typename Read>
auto plain(const RpcAnswer& answer, const std::string& method, Read read) {
    if (const auto* error = std::get_if<RpcError>(&answer)) {
        throw TransportError(method + ": the endpoint answered: " + error->message);
    }
    try {
        return read(std::get<codec::Value>(answer));
    } catch (const TransportError&) {
        throw;
    } catch (const Error& error) {
        throw TransportError(method + ": the endpoint's answer makes no sense: " + error.what());
    }
}

}  // namespace baton::eth
