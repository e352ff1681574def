#pragma once

#include "baton/app/chain_connection.hpp"
#include "baton/pipeline/chain_reader.hpp"

namespace baton::app {

/// What tasks ask of the chain, over its connection. Errors are told in v1.11.0's words, without the
/// endpoint's URL, which may hold a secret. Loop thread only.
class ChainReads final : public pipeline::ChainReader {
  public:
    /// The connection outlives this.
    explicit ChainReads(ChainConnection& chain) : chain_(chain) {}

    async::Task<pipeline::ChainAnswer<Bytes>> call(model::ContractCall call,
                                                   async::Deadline deadline) override;
    async::Task<pipeline::ChainAnswer<std::uint64_t>> estimate_gas(model::ContractCall call,
                                                                   async::Deadline deadline) override;
    async::Task<pipeline::ChainAnswer<model::Head>> latest_head(async::Deadline deadline) override;

  private:
    ChainConnection& chain_;
};

}  // namespace baton::app
