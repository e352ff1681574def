#include "baton/app/pipeline_environment.hpp"

#include "baton/async/loop.hpp"

#include <gtest/gtest.h>

namespace baton::app {
namespace {

Address address(std::uint8_t number) {
    Address made;
    made.bytes[0] = number;
    return made;
}
store::KeyState key(std::uint8_t number, int chain = 1337, bool disabled = false) {
    store::KeyState made;
    made.address = address(number);
    made.chain_id = chain;
    made.disabled = disabled;
    return made;
}

TEST(PipelineEnvironment, OnlyKeysThatCanSignGetRequests) {
    async::Loop loop;
    net::HttpClient http(loop.executor());
    async::WorkerPool workers(1);
    keys::KeyStore ring(workers, Random::system(), crypto::ScryptCost::insecure_fast);
    PipelineEnvironment environment({}, http, ring);
    model::ChainSettings chain;
    chain.chain_id = 1337;
    environment.set_chain(chain);
    const auto unusable =
        environment.set_keys({key(1), key(2), key(3, 5), key(4, 1337, true), key(5)},
                             [](const Address& one) { return one == address(2) || one == address(5); });
    EXPECT_EQ(unusable, std::vector<Address>{address(1)}) << "of this chain, and not disabled";
    EXPECT_EQ(environment.next_key(1337, {}), address(2));
    EXPECT_EQ(environment.next_key(1337, {}), address(5));
    EXPECT_EQ(environment.next_key(1337, {}), address(2)) << "in turn";
    EXPECT_THROW(environment.next_key(1337, {address(1)}), Error);
}

}  // namespace
}  // namespace baton::app
