#include "baton/base/big_int.hpp"
#include "baton/codec/json.hpp"
#include "cmd/baton/client.hpp"
#include "cmd/baton/commands.hpp"
#include "cmd/baton/failure.hpp"
#include "cmd/baton/rendering.hpp"
#include "cmd/baton/tables.hpp"

#include <ostream>

namespace baton::cli {

namespace {

constexpr std::size_t wei_digits = 18;

/// Wei as ETH with all 18 digits; "unknown" when the node could not ask the chain.
std::string in_eth(const std::string& wei) {
    const auto amount = parse_decimal_integer(wei);
    if (!amount) return wei.empty() ? "unknown" : wei;
    auto digits = to_decimal(abs(*amount));
    if (digits.size() <= wei_digits) digits.insert(0, wei_digits + 1 - digits.size(), '0');
    digits.insert(digits.size() - wei_digits, ".");
    return (*amount < 0 ? "-" : "") + digits;
}

std::vector<std::string> key_cells(const codec::Value& key) {
    const auto text = [&](std::string_view member, std::string_view absent) {
        return codec::string_or(key, member, absent);
    };
    return {text("address", ""),
            text("evmChainID", ""),
            std::to_string(codec::int64_member(key, "nextNonce").value_or(0)),
            in_eth(text("ethBalance", "")),
            text("linkBalance", "unknown"),
            codec::bool_or(key, "disabled", false) ? "true" : "false",
            list_time(text("createdAt", "")),
            list_time(text("updatedAt", "")),
            text("maxGasPriceWei", "<nil>")};
}

/// Why a key in the list cannot be used, on stderr; nothing from a v1.11.0, which has no such page.
void print_warnings(const Invocation& invocation, Client& client) {
    Client::Answer answer;
    try {
        answer = client.send("GET", "/v2/leadership");
    } catch (const Failure&) {
        return;  // the list is there; the next command says why nobody answers
    }
    if (answer.status != 200) return;
    try {
        const auto document = codec::read_json(answer.body);
        const auto* lines = codec::at(document, {"data", "attributes", "warnings"});
        if (!lines || !lines->list_or_null()) return;
        for (const auto& line : *lines->list_or_null()) {
            if (const auto* text = line.get_if<std::string>())
                invocation.err() << "Warning: " << *text << '\n';
        }
    } catch (const InvalidInput&) {
        return;  // not Baton's page
    }
}

int list_eth_keys(Invocation& invocation) {
    Client client(invocation);
    const auto keys = read_resources(client.fetch("GET", "/v2/keys/evm", "parseResponse error: "));
    if (invocation.globals().json) {
        invocation.out() << resources_json(keys, false) << '\n';
        return 0;
    }
    std::vector<std::vector<std::string>> items;
    for (const auto& key : keys)
        items.push_back(key_cells(key.attributes));
    invocation.out() << "🔑 ETH keys\n"
                     << render_list({"Address", "EVM Chain ID", "Next Nonce", "ETH", "LINK", "Disabled",
                                     "Created", "Updated", "Max Gas Price Wei"},
                                    items);
    invocation.out().flush();
    print_warnings(invocation, client);
    return 0;
}

}  // namespace

Command key_commands() {
    Command eth;
    eth.name = "eth";
    eth.usage = "The sending addresses";
    eth.subcommands = {
        {"list", {}, "List the sending addresses with nonces and balances", {}, {}, list_eth_keys}};
    Command group;
    group.name = "keys";
    group.usage = "Keys of the node";
    group.subcommands = {std::move(eth)};
    return group;
}

}  // namespace baton::cli
