#include "baton/api/bridge_input.hpp"

#include "baton/api/go_numbers.hpp"
#include "baton/api/json_input.hpp"
#include "baton/base/decimal.hpp"
#include "baton/base/error.hpp"
#include "baton/pipeline/go_url.hpp"

#include <algorithm>

namespace baton::api {

namespace {

constexpr std::int32_t link_decimals = 18;
/// Far beyond what the column takes; the digits of a larger number would not fit into memory.
constexpr std::int32_t most_exponent = 1000;

std::string without_unit(std::string_view text, std::string_view unit) {
    text.remove_suffix(unit.size());
    if (text.ends_with(' ')) text.remove_suffix(1);
    return std::string(text);
}

std::string cannot_read(std::string_view text) {
    return "assets: cannot unmarshal " + go_quote(text) + " into a *assets.Link";
}

std::string read_url(const JsonInput& input) {
    const auto text = input.text("url");
    if (text.empty()) return {};
    const auto url = pipeline::parse_request_url(text);
    if (!url) throw InvalidInput(url.error().text);
    return url->to_string();
}

}  // namespace

std::optional<std::string> parse_bridge_name(std::string_view text) {
    std::string name;
    for (const char c : text) {
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        const bool allowed =
            (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '-' || lower == '_';
        if (!allowed) return std::nullopt;
        name += lower;
    }
    return name;
}

std::string bad_bridge_name_text(std::string_view text) {
    return "task type validation: name " + std::string(text) + " contains invalid characters";
}

BigInt parse_link_amount(std::string_view text) {
    if (text.ends_with("link")) {
        const auto parsed = Decimal::parse(without_unit(text, "link"));
        const auto* link = std::get_if<Decimal>(&parsed);
        if (!link) throw InvalidInput(cannot_read(text) + ": " + std::get<Decimal::ParseError>(parsed).text);
        if (link->exponent() > most_exponent || link->exponent() < -most_exponent)
            throw InvalidInput(cannot_read(text));
        const Decimal juels(link->coefficient(), link->exponent() + link_decimals);
        if (!juels.is_integer()) throw InvalidInput(cannot_read(text) + ": maximum precision is juels");
        return juels.truncate();
    }
    const auto digits = text.ends_with("juels") ? without_unit(text, "juels") : std::string(text);
    const auto juels = parse_decimal_integer(digits);
    if (!juels) throw InvalidInput(cannot_read(text));
    return *juels;
}

BridgeInput read_bridge_input(std::string_view body) {
    const JsonInput json(body, "bridges.BridgeTypeRequest");
    BridgeInput input;
    const auto name = json.text("name");
    const auto parsed = parse_bridge_name(name);
    if (!parsed) throw InvalidInput(bad_bridge_name_text(name));
    input.name = *parsed;
    input.url = read_url(json);
    input.confirmations = json.uint32("confirmations");
    const auto payment = json.quoted("minimumContractPayment", "cannot unmarshal json.Number into currency");
    if (payment) input.minimum_contract_payment = parse_link_amount(*payment);
    return input;
}

std::vector<std::string> faults_of(const BridgeInput& input) {
    std::vector<std::string> faults;
    if (input.name.empty()) faults.emplace_back("No name specified");
    if (input.url.empty()) faults.emplace_back("URL must be present");
    if (input.minimum_contract_payment && *input.minimum_contract_payment < 0)
        faults.emplace_back("MinimumContractPayment must be positive");
    return faults;
}

}  // namespace baton::api
