#include "baton/store/chains.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace baton::store {

namespace {

constexpr std::string_view our_version = "1.11.0";

/// Major, minor, patch of a lenient semver text ("v1.11" reads as 1.11.0); nothing for anything else. A
/// pre-release sorts below its release, which is told by `pre`.
struct Version {
    std::array<long, 3> numbers{};
    bool pre = false;
};
std::optional<Version> parse_version(std::string_view text) {
    if (text.starts_with('v')) text.remove_prefix(1);
    text = text.substr(0, text.find('+'));
    Version version;
    if (const auto dash = text.find('-'); dash != std::string_view::npos) {
        version.pre = true;
        text = text.substr(0, dash);
    }
    std::size_t at = 0;
    for (std::size_t part = 0; part < 3 && at < text.size(); ++part) {
        const auto [end, error] =
            std::from_chars(text.data() + at, text.data() + text.size(), version.numbers[part]);
        if (error != std::errc()) return std::nullopt;
        at = static_cast<std::size_t>(end - text.data());
        if (at == text.size()) return version;
        if (text[at] != '.' || part == 2) return std::nullopt;
        ++at;
    }
    return std::nullopt;
}

bool is_newer(const Version& a, const Version& b) {
    if (a.numbers != b.numbers) return a.numbers > b.numbers;
    return b.pre && !a.pre;
}

NodeRow read_node(const pg::Row& row) {
    NodeRow node;
    node.name = row.str(0);
    node.chain_id = row.big(1);
    node.ws_url = row.opt_str(2).value_or("");
    node.http_url = row.opt_str(3).value_or("");
    node.send_only = row.boolean(4);
    return node;
}

bool same_node(const NodeRow& a, const NodeRow& b) {
    return a.name == b.name && a.ws_url == b.ws_url && a.http_url == b.http_url && a.send_only == b.send_only;
}

bool same_nodes(const std::vector<NodeRow>& stored, const std::vector<NodeRow>& wanted) {
    return stored.size() == wanted.size() &&
           std::all_of(wanted.begin(), wanted.end(), [&](const NodeRow& node) {
               return std::any_of(stored.begin(), stored.end(),
                                  [&](const NodeRow& other) { return same_node(node, other); });
           });
}

std::optional<std::string> or_null(const std::string& text) {
    if (text.empty()) return std::nullopt;
    return text;
}

}  // namespace

async::Task<std::vector<ChainRow>> load_chains(pg::Pool& pool, async::Deadline deadline) {
    const auto rows = co_await pool.query(
        "select id, enabled, cfg::text from evm_chains order by created_at, id", deadline);
    std::vector<ChainRow> chains;
    for (const auto row : rows)
        chains.push_back({row.big(0), row.boolean(1), row.str(2)});
    co_return chains;
}

async::Task<std::vector<NodeRow>> load_nodes(pg::Pool& pool, async::Deadline deadline) {
    const auto rows = co_await pool.query(
        "select name, evm_chain_id, ws_url, http_url, send_only from evm_nodes order by created_at, id",
        deadline);
    std::vector<NodeRow> nodes;
    for (const auto row : rows)
        nodes.push_back(read_node(row));
    co_return nodes;
}

async::Task<void> ensure_chain(Writer writer, BigInt chain_id, std::vector<NodeRow> nodes) {
    const auto deadline = writer.deadline();
    pg::Params known;
    known.add(chain_id);
    const auto chain = co_await writer.pool->query("select 1 from evm_chains where id = $1::numeric",
                                                   std::move(known), deadline);
    auto stored = co_await load_nodes(*writer.pool, deadline);
    std::erase_if(stored, [&](const NodeRow& node) { return node.chain_id != chain_id; });
    // Both instances have the same environment: writing only what differs keeps a takeover from waiting for
    // it.
    if (!chain.empty() && same_nodes(stored, nodes)) co_return;

    std::vector<pg::Statement> statements;
    pg::Params id;
    id.add(chain_id);
    statements.push_back(
        {"insert into evm_chains (id, created_at, updated_at) values ($1::numeric, now(), now()) "
         "on conflict (id) do nothing",
         id});
    statements.push_back({"delete from evm_nodes where evm_chain_id = $1::numeric", std::move(id)});
    for (const auto& node : nodes) {
        pg::Params params;
        params.add(node.name)
            .add(node.chain_id)
            .add(or_null(node.ws_url))
            .add(or_null(node.http_url))
            .add(node.send_only);
        statements.push_back(
            {"insert into evm_nodes (name, evm_chain_id, ws_url, http_url, send_only, created_at, "
             "updated_at) "
             "values ($1, $2::numeric, $3, $4, $5::boolean, now(), now())",
             std::move(params)});
    }
    co_await writer.run_batch(std::move(statements));
}

async::Task<std::optional<std::string>> check_version(pg::Pool& pool, async::Deadline deadline) {
    std::optional<std::string> stored;
    try {
        const auto rows = co_await pool.query(
            "select version from node_versions order by created_at desc limit 1", deadline);
        if (!rows.empty()) stored = rows[0].str(0);
    } catch (const pg::StatementFailed& error) {
        if (error.sqlstate() != "42P01") throw;
    }
    if (!stored) co_return std::nullopt;
    const auto theirs = parse_version(*stored);
    const auto ours = parse_version(our_version);
    if (theirs && is_newer(*theirs, *ours)) {
        throw InvalidInput("CheckVersion: Application version (" + std::string(our_version) +
                           ") is older than database version (" + *stored + "). Only Chainlink " + *stored +
                           " or later can be run on this database");
    }
    if (theirs && is_newer(*ours, *theirs)) co_return stored;
    co_return std::nullopt;
}

async::Task<void> record_version(Writer writer) {
    const auto rows = co_await writer.pool->query("select version from node_versions", writer.deadline());
    if (rows.size() == 1 && rows[0].text(0) == our_version) co_return;
    pg::Params params;
    params.add(our_version);
    std::vector<pg::Statement> statements;
    statements.push_back(
        {"insert into node_versions (version, created_at) values ($1, now()) "
         "on conflict ((version is not null)) do update set version = excluded.version, "
         "created_at = excluded.created_at",
         std::move(params)});
    co_await writer.run_batch(std::move(statements));
}

}  // namespace baton::store
