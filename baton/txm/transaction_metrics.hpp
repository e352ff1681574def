#pragma once

#include "baton/model/transaction.hpp"
#include "baton/txm/context.hpp"

#include <vector>

namespace baton::txm {

/// Age of the oldest transaction that is under way, in seconds and in blocks; 0 when there is none.
void report_unconfirmed(const Context& context, const std::vector<model::Transaction>& unconfirmed,
                        std::uint64_t head);
/// A receipt came for an attempt of one of these.
void report_receipt(const Context& context, const std::vector<model::Transaction>& unconfirmed,
                    const model::Receipt& receipt);

}  // namespace baton::txm
