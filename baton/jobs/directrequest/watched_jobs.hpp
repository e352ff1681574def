#pragma once

#include "baton/jobs/directrequest/oracle_request.hpp"
#include "baton/jobs/job_catalog.hpp"

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

namespace baton::jobs {

/// The jobs whose requests are looked for, found by what a log says: a pure structure.
class WatchedJobs {
  public:
    struct Watched {
        JobCatalog::Ptr job;
        Address contract;
        JobTopics topics;
        std::uint32_t confirmations = 1;
    };

    /// Replaces the one with the same id.
    void put(Watched one);
    void remove(std::int32_t id);
    const Watched* find(std::int32_t id) const;
    /// Those whose request the log is. Valid until the next change.
    std::vector<const Watched*> of(const model::Log& log) const;

    /// Each contract once.
    const std::vector<Address>& contracts() const { return contracts_; }
    std::vector<std::int32_t> ids() const;
    std::uint32_t most_confirmations() const { return most_confirmations_; }

  private:
    void reindex();

    std::map<std::int32_t, Watched> by_id_;
    /// By topic 1; the contract is compared, because hardly ever two jobs share a topic.
    std::unordered_multimap<Hash, std::int32_t> by_topic_;
    std::vector<Address> contracts_;
    std::uint32_t most_confirmations_ = 0;
};

}  // namespace baton::jobs
