#pragma once

#include "baton/lease/lease.hpp"
#include "baton/model/lock_survey.hpp"

namespace baton::lease {

/// Reads who holds and who waits for the locks of `settings.mode`; any session of this database will do.
/// REQUIRES: own schema.
async::Task<model::LockSurvey> survey_locks(pg::Connection& connection, LeaseSettings settings,
                                            pg::OwnSchema names, async::Deadline deadline);

}  // namespace baton::lease
