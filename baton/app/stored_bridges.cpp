#include "baton/app/stored_bridges.hpp"

#include "baton/store/bridges.hpp"

namespace baton::app {

void StoredBridges::changed(const std::string& name) {
    urls_.erase(name);
    ++changes_;
}

async::Task<std::optional<std::string>> StoredBridges::find_url(std::string name) {
    const auto known = urls_.find(name);
    if (known != urls_.end()) co_return known->second;
    const auto changes = changes_;
    const auto found = co_await store::find_bridge(*writer_.pool, name, writer_.deadline());
    if (!found) co_return std::nullopt;
    if (changes == changes_) urls_[name] = found->url;
    co_return found->url;
}

async::Task<std::optional<std::string>> StoredBridges::last_answer(std::int32_t pipeline_spec_id,
                                                                   std::string dot_id,
                                                                   std::chrono::seconds max_age) {
    return store::last_bridge_answer(*writer_.pool, pipeline_spec_id, std::move(dot_id), max_age,
                                     writer_.deadline());
}

async::Task<void> StoredBridges::keep_answer(std::int32_t pipeline_spec_id, std::string dot_id,
                                             std::string answer) {
    return store::keep_bridge_answer(writer_, pipeline_spec_id, std::move(dot_id), std::move(answer));
}

}  // namespace baton::app
