#pragma once

#include "baton/pipeline/bridges.hpp"
#include "baton/store/writer.hpp"

#include <map>

namespace baton::app {

/// The bridges of the database, for one epoch. A URL is read once and kept until changed() is told. Loop
/// thread only.
class StoredBridges final : public pipeline::Bridges {
  public:
    StoredBridges(store::Writer writer, Settings settings)
        : writer_(std::move(writer)), settings_(std::move(settings)) {}

    /// The row of that name was created, changed or deleted.
    void changed(const std::string& name);

    Settings settings() const override { return settings_; }
    async::Task<std::optional<std::string>> find_url(std::string name) override;
    async::Task<std::optional<std::string>> last_answer(std::int32_t pipeline_spec_id, std::string dot_id,
                                                        std::chrono::seconds max_age) override;
    async::Task<void> keep_answer(std::int32_t pipeline_spec_id, std::string dot_id,
                                  std::string answer) override;

  private:
    store::Writer writer_;
    Settings settings_;
    std::map<std::string, std::string> urls_;
    /// Told during a look at the database, a change makes what was read too old to be kept.
    std::uint64_t changes_ = 0;
};

}  // namespace baton::app
