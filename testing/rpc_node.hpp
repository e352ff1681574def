#pragma once

#include "baton/codec/value.hpp"
#include "baton/model/head.hpp"
#include "baton/model/log.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton::test {

/// A small Ethereum endpoint on a free loopback port, HTTP and WebSocket beside each other, with a chain that
/// grows when the test says so, and with every way to misbehave. Runs on a thread of its own; all functions
/// may be called from any thread.
class RpcNode {
  public:
    explicit RpcNode(std::uint64_t chain_id = 1337);
    /// Closes every connection.
    ~RpcNode();
    RpcNode(const RpcNode&) = delete;
    RpcNode& operator=(const RpcNode&) = delete;

    std::uint16_t port() const;
    std::string http_url() const;
    std::string ws_url() const;

    // The chain: block 0 exists from the start.

    /// Adds a block to the tip; tells subscribers unless they are kept in the dark. Gives its head.
    model::Head mine();
    /// Takes the newest `depth` blocks away, silently; the next ones mined have other hashes.
    void drop_blocks(std::size_t depth);
    model::Head tip() const;
    /// Kept for eth_getLogs; block number and hash are those of the tip.
    void add_log(model::Log log);
    void set_chain_id(std::uint64_t chain_id);
    /// False: newHeads subscriptions hear nothing from now on.
    void tell_subscribers(bool tell);

    // Answers.

    /// The raw JSON of the answer's "result" or "error" member, or nothing for the built-in answer. The
    /// built-in ones: eth_chainId, eth_blockNumber, eth_getBlockByNumber, eth_getBlockByHash, eth_getLogs,
    /// eth_subscribe, eth_sendRawTransaction (null result); anything else is error -32601.
    struct Reply {
        std::string json;
        bool is_error = false;
    };
    using Answer = std::function<std::optional<Reply>(const std::string& method, const codec::Value& params)>;
    void answer(Answer answer);

    enum class Manner {
        normal,
        /// Takes connections and never answers.
        silent,
        /// Closes the connection instead of answering.
        closing,
        /// Answers with text that is no JSON.
        garbage,
        /// Answers with JSON that is no JSON-RPC.
        nonsense,
        /// Answers with 40 MB.
        huge,
        /// Answers with a page that says 502 (HTTP), with a binary message of zeros (WebSocket).
        bad_gateway,
        /// Refuses WebSockets; HTTP is normal.
        no_web_socket,
        /// Closes HTTP connections; WebSockets are normal.
        no_http,
    };
    void behave(Manner manner);
    /// Closes every connection now; new ones are welcome.
    void drop_connections();

    /// Methods in the order in which they were asked, those of batches one by one.
    std::vector<std::string> asked() const;
    std::size_t asked(const std::string& method) const;
    std::size_t subscriptions() const;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace baton::test
