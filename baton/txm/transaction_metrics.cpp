#include "baton/txm/transaction_metrics.hpp"

#include <algorithm>

namespace baton::txm {

namespace {

MetricLabels labels_of(const Context& context) {
    return {{"evmChainID", to_decimal(context.chain_id())}};
}

}  // namespace

void report_unconfirmed(const Context& context, const std::vector<model::Transaction>& unconfirmed,
                        std::uint64_t head) {
    double age = 0;
    double blocks = 0;
    const auto now = context.use.clock->wall();
    for (const auto& row : unconfirmed) {
        if (row.broadcast_at)
            age = std::max(age, std::chrono::duration<double>(now - *row.broadcast_at).count());
        for (const auto& attempt : row.attempts) {
            const auto since = attempt.broadcast_before_block_num;
            if (since) blocks = std::max(blocks, static_cast<double>(head) - static_cast<double>(*since));
        }
    }
    context.use.metrics->set("max_unconfirmed_tx_age", age, labels_of(context));
    context.use.metrics->set("max_unconfirmed_blocks", blocks, labels_of(context));
}

void report_receipt(const Context& context, const std::vector<model::Transaction>& unconfirmed,
                    const model::Receipt& receipt) {
    context.count("tx_manager_num_confirmed_transactions");
    context.count(receipt.status == 0 ? "tx_manager_num_tx_reverted"
                                      : "tx_manager_num_successful_transactions");
    for (const auto& row : unconfirmed) {
        for (const auto& attempt : row.attempts) {
            if (attempt.hash != receipt.tx_hash) continue;
            // From its creation on, as in v1.11.0.
            const auto took = context.use.clock->wall() - row.created_at;
            context.use.metrics->observe("tx_manager_time_until_tx_confirmed",
                                         static_cast<double>(std::chrono::nanoseconds(took).count()),
                                         labels_of(context));
            // It has a block only once a head came that did not have its receipt.
            const auto since = attempt.broadcast_before_block_num;
            const auto blocks =
                since ? static_cast<double>(receipt.block_number) - static_cast<double>(*since) : 0;
            context.use.metrics->observe("tx_manager_blocks_until_tx_confirmed", blocks, labels_of(context));
            return;
        }
    }
}

}  // namespace baton::txm
