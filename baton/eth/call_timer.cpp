#include "baton/eth/call_timer.hpp"

#include "baton/eth/rpc_json.hpp"

#include <map>

namespace baton::eth {

std::string call_name(const std::vector<RpcCall>& calls) {
    static const std::map<std::string, std::string, std::less<>> names{
        {"eth_call", "CallContract"},
        {"eth_estimateGas", "EstimateGas"},
        {"eth_gasPrice", "SuggestGasPrice"},
        {"eth_getBalance", "BalanceAt"},
        {"eth_getLogs", "FilterLogs"},
        {"eth_getTransactionReceipt", "TransactionReceipt"},
        {"eth_maxPriorityFeePerGas", "SuggestGasTipCap"},
        {"eth_sendRawTransaction", "SendTransaction"},
        {"eth_subscribe", "EthSubscribe"},
    };
    if (calls.size() != 1) return "BatchCallContext";
    const auto& [method, params] = calls.front();
    if (method == "eth_getTransactionCount") {
        return params.find("\"pending\"") == std::string::npos ? "NonceAt" : "PendingNonceAt";
    }
    const auto found = names.find(method);
    return found == names.end() ? "CallContext" : found->second;
}

CallTimer::CallTimer(Metrics& metrics, const BigInt& chain_id, const Endpoint& endpoint,
                     const std::string& url, std::string name)
    : metrics_(metrics),
      labels_{{"evmChainID", to_decimal(chain_id)},
              {"nodeName", endpoint.name},
              {"rpcHost", host_of(url)},
              {"isSendOnly", endpoint.send_only ? "true" : "false"},
              {"success", "false"},
              {"rpcCallName", std::move(name)}} {}

CallTimer::~CallTimer() {
    const std::chrono::duration<double, std::nano> took = BootClock::now() - began_;
    metrics_.observe("evm_pool_rpc_node_rpc_call_time", took.count(), labels_);
}

}  // namespace baton::eth
