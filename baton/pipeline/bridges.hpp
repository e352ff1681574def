#pragma once

#include "baton/async/task.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace baton::pipeline {

/// External adapters by name, and the last good answer of each task that asked one (reference/pipeline.md
/// section 19.5). Implemented in app over the database, by stubs in tests.
class Bridges {
  public:
    virtual ~Bridges() = default;

    struct Settings {
        /// BRIDGE_CACHE_TTL; zero: answers are not kept.
        std::chrono::nanoseconds cache_ttl{0};
        /// BRIDGE_RESPONSE_URL: where adapters reach this node.
        std::optional<std::string> response_url;
    };
    virtual Settings settings() const = 0;

    /// URL of the bridge of exactly that name; nothing when there is none. Throws baton::Error when that
    /// cannot be found out.
    virtual async::Task<std::optional<std::string>> find_url(std::string name) = 0;

    /// Nothing when there is none that is younger than `max_age`. Throws baton::Error.
    virtual async::Task<std::optional<std::string>> last_answer(std::int32_t pipeline_spec_id,
                                                                std::string dot_id,
                                                                std::chrono::seconds max_age) = 0;
    /// Throws baton::Error.
    virtual async::Task<void> keep_answer(std::int32_t pipeline_spec_id, std::string dot_id,
                                          std::string answer) = 0;
};

}  // namespace baton::pipeline
