#include "baton/app/chain_reads.hpp"

namespace baton::app {

namespace {

using pipeline::ChainAnswer;
using pipeline::ChainFault;

ChainFault fault_of(const eth::RpcError& error) {
    ChainFault fault;
    fault.code = error.code;
    fault.message = error.message;
    fault.data = error.data;
    fault.text = error.message.empty() ? "json-rpc error " + std::to_string(error.code) : error.message;
    return fault;
}

ChainFault fault_of(std::string text) {
    ChainFault fault;
    fault.text = std::move(text);
    return fault;
}

/// What `asked` gives; an endpoint that could not be asked is a fault.
template <typename T>
async::Task<ChainAnswer<T>> answer_of(async::Task<T> asked) {
    try {
        T answer = co_await std::move(asked);
        co_return answer;
    } catch (const eth::TransportError& error) {
        co_return fault_of(error.what());
    } catch (const TimedOut&) {
        co_return fault_of("remote eth node timed out: context deadline exceeded");
    }
}

}  // namespace

async::Task<ChainAnswer<Bytes>> ChainReads::call(model::ContractCall call, async::Deadline deadline) {
    using Answer = std::variant<Bytes, eth::RpcError>;
    auto asked = chain_.rpc().call_contract(std::move(call), deadline);
    ChainAnswer<Answer> answer = co_await answer_of<Answer>(std::move(asked));
    if (auto* fault = std::get_if<ChainFault>(&answer)) co_return std::move(*fault);
    Answer& plain = std::get<Answer>(answer);
    if (const auto* error = std::get_if<eth::RpcError>(&plain)) co_return fault_of(*error);
    co_return std::get<Bytes>(std::move(plain));
}

async::Task<ChainAnswer<std::uint64_t>> ChainReads::estimate_gas(model::ContractCall call,
                                                                 async::Deadline deadline) {
    return answer_of<std::uint64_t>(chain_.rpc().estimate_gas(std::move(call), deadline));
}

async::Task<ChainAnswer<model::Head>> ChainReads::latest_head(async::Deadline deadline) {
    if (auto head = chain_.latest()) co_return *std::move(head);
    using Found = std::optional<model::Head>;
    auto asked = chain_.rpc().latest_head(deadline);
    ChainAnswer<Found> answer = co_await answer_of<Found>(std::move(asked));
    if (auto* fault = std::get_if<ChainFault>(&answer)) co_return std::move(*fault);
    Found& head = std::get<Found>(answer);
    if (!head) co_return fault_of("not found");
    co_return *std::move(head);
}

}  // namespace baton::app
