#pragma once

#include "baton/pg/connection.hpp"
#include "baton/store/runs.hpp"

#include <string>
#include <vector>

namespace baton::store {

/// The statements of one COMMIT 2 for all `runs` together, to be wrapped by the fence. Arrays instead of a
/// statement per row: the number of round trips and of prepared texts does not depend on the batch. REQUIRES:
/// every run has its id.
std::vector<pg::Statement> run_statements(const std::vector<const RunCommit*>& runs,
                                          const std::string& own_schema);

/// Key of the row of <own schema>.requests (job 0) that witnesses a batch whose runs all existed before.
std::string batch_witness(const RunCommit& first);

}  // namespace baton::store
