#include "baton/api/presenters.hpp"

#include "baton/api/amounts.hpp"
#include "baton/crypto/eip55.hpp"

namespace baton::api {

namespace {

void begin_resource(JsonWriter& out, std::string_view type, std::string_view id) {
    out.begin_object().key("type").text(type).key("id").text(id).key("attributes").begin_object();
}

void end_resource(JsonWriter& out) {
    out.end_object().end_object();
}

void write_big_or_null(JsonWriter& out, const std::optional<BigInt>& value) {
    value ? out.text(to_decimal(*value)) : out.null();
}

}  // namespace

void write_session(JsonWriter& out, bool authenticated) {
    begin_resource(out, "session", "sessionID");
    out.key("authenticated").boolean(authenticated);
    end_resource(out);
}

void write_user(JsonWriter& out, const model::User& user) {
    begin_resource(out, "users", user.email);
    out.key("email").text(user.email);
    out.key("role").text(model::to_string(user.role));
    out.key("hasActiveApiToken").text(user.has_token ? "true" : "false");
    out.key("createdAt").time(user.created_at).key("updatedAt").time(user.updated_at);
    end_resource(out);
}

void write_bridge(JsonWriter& out, const model::Bridge& bridge, const std::string& incoming_token) {
    begin_resource(out, "bridges", bridge.name);
    out.key("name").text(bridge.name);
    out.key("url").text(bridge.url);
    out.key("confirmations").integer(bridge.confirmations);
    if (!incoming_token.empty()) out.key("incomingToken").text(incoming_token);
    out.key("outgoingToken").text(bridge.outgoing_token);
    out.key("minimumContractPayment");
    bridge.minimum_contract_payment ? out.text(link_amount(*bridge.minimum_contract_payment)) : out.null();
    out.key("createdAt").time(bridge.created_at);
    end_resource(out);
}

void write_eth_key(JsonWriter& out, const EthKey& key) {
    const auto address = crypto::to_checksum(key.address);
    begin_resource(out, "eTHKeys", address);
    out.key("evmChainID").text(to_decimal(key.chain_id));
    out.key("address").text(address);
    out.key("nextNonce").integer(key.next_nonce);
    out.key("ethBalance");
    write_big_or_null(out, key.eth_balance);
    out.key("linkBalance");
    key.link_balance ? out.text(link_amount(*key.link_balance)) : out.null();
    out.key("disabled").boolean(key.disabled);
    out.key("createdAt").time(key.created_at).key("updatedAt").time(key.updated_at);
    out.key("maxGasPriceWei");
    write_big_or_null(out, key.max_gas_price);
    end_resource(out);
}

void write_check(JsonWriter& out, const HealthCheck& check) {
    begin_resource(out, "checks", check.name);
    out.key("name").text(check.name);
    out.key("status").text(check.passing ? "passing" : "failing");
    out.key("output").text(check.output);
    end_resource(out);
}

namespace {

/// What the survey says of an instance; it may have come after the survey.
model::InstanceSight sight_of(const model::LockSurvey& survey, const Uuid& client_id) {
    for (const auto& sight : survey.instances) {
        if (sight.client_id == client_id) return sight;
    }
    return {};
}

void write_locks(JsonWriter& out, const LeadershipDocument& document) {
    out.key("mode").text(model::to_string(document.mode)).key("locks").begin_array();
    for (const auto& lock : document.survey.locks) {
        out.begin_object().key("name").text(lock.lock).key("holder").text(lock.holder);
        out.key("waiting").begin_array();
        for (const auto& name : lock.waiting)
            out.text(name);
        out.end_array().end_object();
    }
    out.end_array().key("risks").begin_array();
    for (const auto& risk : document.survey.risks)
        out.text(risk);
    out.end_array();
}

void write_gap(JsonWriter& out, const std::optional<model::LeadershipGap>& gap) {
    out.key("gapMicroseconds");
    if (gap) {
        out.integer(gap->length.count());
    } else {
        out.null();
    }
    out.key("gapKnownBy");
    if (gap) {
        out.text(gap->known_by);
    } else {
        out.null();
    }
}

}  // namespace

void write_leadership(JsonWriter& out, const LeadershipDocument& document) {
    const auto epoch = document.leader ? document.leader->epoch : 0;
    begin_resource(out, "leadership", std::to_string(epoch));
    out.key("state").text(model::to_string(document.state));
    out.key("name").text(document.name);
    out.key("forwardsWrites").boolean(document.forwards_writes);
    out.key("leader");
    if (const auto& leader = document.leader) {
        // The row has no version; the leader's own row among the instances does, while it lives.
        std::string version;
        for (const auto& instance : document.instances) {
            if (instance.client_id == leader->client_id) version = instance.version;
        }
        out.begin_object().key("name").text(leader->instance).key("address").text(leader->address);
        out.key("version").text(version).key("since").time(leader->since);
        out.key("aliveAt").time(leader->alive_at).end_object();
    } else {
        out.null();
    }
    out.key("instances").begin_array();
    for (const auto& instance : document.instances) {
        out.begin_object().key("name").text(instance.name).key("address").text(instance.address);
        out.key("version").text(instance.version).key("state").text(model::to_string(instance.state));
        out.key("startedAt").time(instance.started_at).key("lastSeen").time(instance.last_seen);
        const auto& sight = sight_of(document.survey, instance.client_id);
        out.key("silentMilliseconds")
            .integer(sight.silent_for.count())
            .key("priority")
            .integer(sight.priority);
        out.key("waitsFor").text(sight.waits_for);
        out.key("self").boolean(instance.client_id == document.client_id).end_object();
    }
    out.end_array().key("history").begin_array();
    for (const auto& change : document.history) {
        out.begin_object().key("epoch").integer(change.epoch).key("instance").text(change.instance);
        out.key("from")
            .text(change.from_instance)
            .key("reason")
            .text(change.reason)
            .key("at")
            .time(change.at);
        out.key("tookMicroseconds").integer(change.took.count());
        write_gap(out, change.gap);
        out.end_object();
    }
    out.end_array().key("warnings").begin_array();
    for (const auto& warning : document.warnings)
        out.text(warning);
    out.end_array();
    write_locks(out, document);
    end_resource(out);
}

}  // namespace baton::api
