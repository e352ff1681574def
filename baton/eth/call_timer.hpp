#pragma once

#include "baton/base/clock.hpp"
#include "baton/base/metrics.hpp"
#include "baton/eth/rpc_client.hpp"

#include <string>
#include <vector>

namespace baton::eth {

/// The call's name in metrics, which is v1.11.0's: what asks for one thing is named after it, several calls
/// in one exchange are "BatchCallContext", anything else is "CallContext".
std::string call_name(const std::vector<RpcCall>& calls);

/// One exchange with an endpoint, from here to the end of its scope, in the histogram
/// evm_pool_rpc_node_rpc_call_time. It failed unless it was said to have ended otherwise.
class CallTimer {
  public:
    /// `url`: the one of the endpoint's two that is asked. `metrics` outlives it.
    CallTimer(Metrics& metrics, const BigInt& chain_id, const Endpoint& endpoint, const std::string& url,
              std::string name);
    ~CallTimer();
    CallTimer(const CallTimer&) = delete;
    CallTimer& operator=(const CallTimer&) = delete;

    void succeeded() { labels_["success"] = "true"; }
    /// As with v1.11.0 an error object makes a call a failure; in a batch it does not.
    void answered(const std::vector<RpcAnswer>& answers) {
        if (answers.size() != 1 || std::holds_alternative<codec::Value>(answers.front())) succeeded();
    }

  private:
    Metrics& metrics_;
    MetricLabels labels_;
    BootClock::time_point began_ = BootClock::now();
};

}  // namespace baton::eth
