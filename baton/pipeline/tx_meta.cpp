#include "baton/pipeline/tx_meta.hpp"

#include "baton/codec/go_value.hpp"
#include "baton/codec/json.hpp"
#include "baton/net/http_message.hpp"
#include "baton/pipeline/go_text.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace baton::pipeline {

using codec::Value;

namespace {

/// One key that a map may have: its name, and what takes the value or says why it does not fit.
struct Field {
    std::string_view name;
    std::function<std::optional<std::string>(const Value&)> take;
};

/// Decodes strictly; "1 error(s) decoding:", blank line, "* '' has invalid keys: foo".
std::optional<Failure> decode_fields(const codec::Map& map, const std::vector<Field>& fields) {
    std::vector<std::string> errors;
    std::string unknown;
    for (const auto& [key, value] : map) {
        const auto field = std::ranges::find_if(
            fields, [&](const Field& candidate) { return net::equal_ignoring_case(candidate.name, key); });
        if (field == fields.end()) {
            unknown += (unknown.empty() ? "" : ", ") + key;
            continue;
        }
        // Null leaves a field as it is.
        if (value.is_null()) continue;
        if (const auto fault = field->take(value)) errors.push_back(*fault);
    }
    if (!unknown.empty()) errors.push_back("'' has invalid keys: " + unknown);
    if (errors.empty()) return std::nullopt;
    std::ranges::sort(errors);
    std::string text = std::to_string(errors.size()) + " error(s) decoding:\n";
    for (const std::string& error : errors)
        text += "\n* " + error;
    return bad_input(text);
}

std::string unconvertible(std::string_view name, std::string_view type, const Value& value) {
    return "'" + std::string(name) + "' expected type '" + std::string(type) + "', got unconvertible type '" +
           value.go_kind() + "', value: '" + codec::go_text(value) + "'";
}

/// Any integer or float, as 64 bits that wrap like the original's.
std::optional<std::uint64_t> number_bits(const Value& value) {
    if (const double* number = value.get_if<double>()) {
        if (!(std::abs(*number) < 9.2e18)) return std::nullopt;
        return static_cast<std::uint64_t>(static_cast<std::int64_t>(*number));
    }
    if (const std::uint64_t* number = value.get_if<std::uint64_t>()) return *number;
    if (const auto number = codec::to_int64(value)) return static_cast<std::uint64_t>(*number);
    return std::nullopt;
}

/// The last 32 (20) bytes of hex text, zeros in front of a shorter one.
template <typename Fixed>
std::optional<Fixed> fixed_of(const Value& value) {
    if (const Fixed* fixed = value.get_if<Fixed>()) return *fixed;
    const std::string* text = value.text_or_null();
    if (text == nullptr) return std::nullopt;
    const auto bytes = try_parse_hex(*text);
    if (!bytes) return std::nullopt;
    Fixed fixed;
    const std::size_t count = std::min(bytes->size(), Fixed::size());
    std::copy(bytes->end() - static_cast<std::ptrdiff_t>(count), bytes->end(),
              fixed.bytes.end() - static_cast<std::ptrdiff_t>(count));
    return fixed;
}

template <typename Fixed>
Field fixed_field(std::string_view name, std::string_view type, std::optional<Fixed>& target) {
    return {name, [=, &target](const Value& value) -> std::optional<std::string> {
                target = fixed_of<Fixed>(value);
                if (!target) return unconvertible(name, type, value);
                return std::nullopt;
            }};
}

Field hashes_field(std::string_view name, std::vector<Hash>& target) {
    return {name, [=, &target](const Value& value) -> std::optional<std::string> {
                const codec::List* list = value.list_or_null();
                if (const codec::TypedList* typed = value.typed_list_or_null()) list = &typed->items;
                if (list == nullptr) return unconvertible(name, "[]common.Hash", value);
                for (const Value& item : *list) {
                    const auto hash = fixed_of<Hash>(item);
                    if (!hash) {
                        return unconvertible(std::string(name) + "[" + std::to_string(target.size()) + "]",
                                             "common.Hash", item);
                    }
                    target.push_back(*hash);
                }
                return std::nullopt;
            }};
}

Field text_field(std::string_view name, std::optional<std::string>& target) {
    return {name, [=, &target](const Value& value) -> std::optional<std::string> {
                const std::string* text = value.text_or_null();
                if (text == nullptr) return unconvertible(name, "string", value);
                target = *text;
                return std::nullopt;
            }};
}

Field job_id_field(std::optional<std::int32_t>& target) {
    return {"JobID", [&target](const Value& value) -> std::optional<std::string> {
                if (const std::string* text = value.text_or_null()) {
                    const auto number = parse_int(*text, 32);
                    if (!number) return "error decoding 'JobID': " + number.error().text;
                    target = static_cast<std::int32_t>(*number);
                    return std::nullopt;
                }
                const auto bits = number_bits(value);
                if (!bits) return unconvertible("JobID", "int32", value);
                target = static_cast<std::int32_t>(*bits);
                return std::nullopt;
            }};
}

Field sub_id_field(std::optional<std::uint64_t>& target) {
    return {"SubID", [&target](const Value& value) -> std::optional<std::string> {
                target = number_bits(value);
                if (!target) return unconvertible("SubID", "uint64", value);
                return std::nullopt;
            }};
}

/// Builds a JSON object in a fixed order.
class ObjectWriter {
  public:
    void add(std::string_view key, std::string_view json) {
        text_ += text_.size() > 1 ? "," : "";
        text_.append("\"").append(key).append("\":").append(json);
    }
    template <typename Fixed>
    void add_fixed(std::string_view key, const std::optional<Fixed>& value) {
        if (value) add(key, "\"" + to_0x(value->view()) + "\"");
    }
    void add_text(std::string_view key, const std::optional<std::string>& value) {
        if (value) add(key, codec::quote_json(*value));
    }
    void add_hashes(std::string_view key, const std::vector<Hash>& hashes) {
        if (hashes.empty()) return;
        std::string list;
        for (const Hash& hash : hashes)
            list += (list.empty() ? "\"" : ",\"") + to_0x(hash.view()) + "\"";
        add(key, "[" + list + "]");
    }
    std::string finish() { return text_ + "}"; }

  private:
    std::string text_ = "{";
};

}  // namespace

std::string TxMeta::to_json() const {
    ObjectWriter out;
    if (job_id) out.add("JobID", std::to_string(*job_id));
    out.add("FailOnRevert", fail_on_revert ? "true" : "false");
    out.add_fixed("RequestID", request_id);
    out.add_fixed("RequestTxHash", request_tx_hash);
    out.add_hashes("RequestIDs", request_ids);
    out.add_hashes("RequestTxHashes", request_tx_hashes);
    out.add_text("MaxLink", max_link);
    if (sub_id) out.add("SubId", std::to_string(*sub_id));
    out.add_text("UpkeepID", upkeep_id);
    out.add_fixed("ForwarderDestAddress", forwarder_dest_address);
    return out.finish();
}

Result<TxMeta> decode_tx_meta(const codec::Map* map) {
    TxMeta meta;
    if (map == nullptr) return meta;
    const std::vector<Field> fields{
        job_id_field(meta.job_id),
        // Always set from the task's own parameter afterwards.
        {"FailOnRevert", [](const Value&) { return std::optional<std::string>(); }},
        fixed_field("RequestID", "common.Hash", meta.request_id),
        fixed_field("RequestTxHash", "common.Hash", meta.request_tx_hash),
        hashes_field("RequestIDs", meta.request_ids),
        hashes_field("RequestTxHashes", meta.request_tx_hashes),
        text_field("MaxLink", meta.max_link),
        sub_id_field(meta.sub_id),
        text_field("UpkeepID", meta.upkeep_id),
        fixed_field("FwdrDestAddress", "common.Address", meta.forwarder_dest_address),
    };
    if (auto fault = decode_fields(*map, fields)) return failure("txMeta", fault->text);
    return meta;
}

Result<std::string> decode_transmit_checker(const codec::Map* map) {
    std::optional<std::string> type;
    std::optional<Address> coordinator;
    std::optional<BigInt> block;
    if (map != nullptr) {
        const std::vector<Field> fields{
            text_field("CheckerType", type),
            fixed_field("VRFCoordinatorAddress", "common.Address", coordinator),
            {"VRFRequestBlockNumber",
             [&block](const Value& value) -> std::optional<std::string> {
                 if (const std::string* text = value.text_or_null()) block = parse_decimal_integer(*text);
                 if (const auto number = codec::to_big_int(value)) block = *number;
                 if (const double* number = value.get_if<double>();
                     number != nullptr && std::isfinite(*number)) {
                     block = BigInt(std::trunc(*number));
                 }
                 if (!block) return unconvertible("VRFRequestBlockNumber", "big.Int", value);
                 return std::nullopt;
             }},
        };
        if (auto fault = decode_fields(*map, fields)) return failure("transmitChecker", fault->text);
    }
    ObjectWriter out;
    if (type && !type->empty()) out.add_text("CheckerType", type);
    out.add_fixed("VRFCoordinatorAddress", coordinator);
    if (block) out.add("VRFRequestBlockNumber", to_decimal(*block));
    return out.finish();
}

}  // namespace baton::pipeline
