#include "baton/codec/abi.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>

namespace baton::codec {

namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Types within types beyond this are no real contract, and each level costs call stack.
constexpr std::size_t max_type_depth = 64;
/// No array of this length can be encoded; the bound keeps sums of sizes far from overflow.
constexpr std::size_t max_array_length = 1U << 31;

template <typename Predicate>
std::string_view take_while(std::string_view& text, Predicate&& matches) {
    const auto end = std::ranges::find_if_not(text, matches);
    const std::string_view taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(taken.size());
    return taken;
}

std::size_t parse_size(std::string_view digits) {
    std::size_t size = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    if (result.ec != std::errc{} || result.ptr != digits.data() + digits.size()) {
        const bool too_large = result.ec == std::errc::result_out_of_range;
        throw AbiError("abi: error parsing variable size: strconv.Atoi: parsing \"" + std::string(digits) +
                       (too_large ? "\": value out of range" : "\": invalid syntax"));
    }
    return size;
}

/// The first word of a type text: letters, digits behind them, and the "x18" of fixed-point types.
struct Word {
    std::string_view letters;
    std::string_view size;
};

Word first_word(std::string_view text) {
    while (!text.empty() && !is_letter(text.front()))
        text.remove_prefix(1);
    Word word;
    word.letters = take_while(text, is_letter);
    const std::string_view rest = text;
    const std::string_view digits = take_while(text, is_digit);
    word.size = digits;
    if (!digits.empty() && text.size() > 1 && text[0] == 'x' && is_digit(text[1])) {
        text.remove_prefix(1);
        word.size = rest.substr(0, digits.size() + 1 + take_while(text, is_digit).size());
    }
    return word;
}

void check_head_size(const AbiType& type) {
    if (type.head_size() > max_array_length)
        throw AbiError("unsupported arg type: " + type.canonical + " is too large");
}

AbiType tuple_type(const std::vector<AbiComponent>& components) {
    AbiType type;
    type.kind = AbiType::Kind::tuple;
    type.components = components;
    type.canonical = "(";
    for (std::size_t i = 0; i < components.size(); ++i)
        type.canonical += (i == 0 ? "" : ",") + components[i].type.canonical;
    type.canonical += ")";
    check_head_size(type);
    return type;
}

AbiType elementary_type(std::string_view text, const std::vector<AbiComponent>& components) {
    using Kind = AbiType::Kind;
    const Word word = first_word(text);
    if (word.letters.empty()) throw AbiError("invalid type '" + std::string(text) + "'");
    const std::size_t size = word.size.empty() ? 0 : parse_size(word.size);
    const bool integer = word.letters == "int" || word.letters == "uint";
    if (integer && word.size.empty()) throw AbiError("unsupported arg type: " + std::string(text));
    if (word.letters == "tuple") return tuple_type(components);

    AbiType type;
    type.canonical = text;
    if (integer) {
        type.kind = word.letters == "int" ? Kind::signed_integer : Kind::unsigned_integer;
        type.size = size;
    } else if (word.letters == "bool") {
        type.kind = Kind::boolean;
    } else if (word.letters == "address") {
        type.kind = Kind::address;
        type.size = 20;
    } else if (word.letters == "string") {
        type.kind = Kind::text;
    } else if (word.letters == "bytes") {
        type.kind = size == 0 ? Kind::bytes : Kind::fixed_bytes;
        type.size = size;
        if (size > max_array_length) throw AbiError("unsupported arg type: " + std::string(text));
    } else if (word.letters == "function") {
        type.kind = Kind::function;
        type.size = 24;
    } else {
        throw AbiError("unsupported arg type: " + std::string(text));
    }
    return type;
}

/// The one number inside the last pair of brackets; nothing for a slice.
std::optional<std::size_t> array_length(std::string_view brackets) {
    std::optional<std::size_t> length;
    for (std::string_view rest = brackets; !rest.empty();) {
        take_while(rest, [](char c) { return !is_digit(c); });
        const std::string_view digits = take_while(rest, is_digit);
        if (digits.empty()) break;
        if (length) throw AbiError("invalid formatting of array type");
        length = parse_size(digits);
    }
    return length;
}

AbiType parse_type(std::string_view text, const std::vector<AbiComponent>& components, std::size_t depth) {
    const auto open = text.rfind('[');
    if (open == std::string_view::npos) return elementary_type(text, components);
    if (depth == max_type_depth) throw AbiError("unsupported arg type: more than 64 nested arrays");
    const std::string_view brackets = text.substr(open);
    AbiType type;
    type.element = std::make_shared<AbiType>(parse_type(text.substr(0, open), components, depth + 1));
    type.canonical = type.element->canonical + std::string(brackets);
    const std::optional<std::size_t> length = array_length(brackets);
    type.kind = length ? AbiType::Kind::array : AbiType::Kind::slice;
    type.size = length.value_or(0);
    if (type.size > max_array_length)
        throw AbiError("unsupported arg type: " + type.canonical + " is too large");
    check_head_size(type);
    return type;
}

}  // namespace

bool AbiType::is_dynamic() const {
    switch (kind) {
        case Kind::text:
        case Kind::bytes:
        case Kind::slice:
            return true;
        case Kind::array:
            return element->is_dynamic();
        case Kind::tuple:
            return std::ranges::any_of(components, [](const AbiComponent& c) { return c.type.is_dynamic(); });
        default:
            return false;
    }
}

std::size_t AbiType::head_size() const {
    if (is_dynamic()) return 32;
    if (kind == Kind::array) return size * element->head_size();
    if (kind == Kind::tuple) {
        return std::accumulate(
            components.begin(), components.end(), std::size_t{0},
            [](std::size_t sum, const AbiComponent& c) { return sum + c.type.head_size(); });
    }
    return 32;
}

std::string AbiType::element_name() const {
    switch (kind) {
        case Kind::signed_integer:
        case Kind::unsigned_integer:
            if (size != 8 && size != 16 && size != 32 && size != 64) return "bigint";
            return (kind == Kind::signed_integer ? "int" : "uint") + std::to_string(size);
        case Kind::boolean:
            return "bool";
        case Kind::address:
            return "address";
        case Kind::text:
            return "string";
        case Kind::bytes:
            return "bytes";
        case Kind::fixed_bytes:
        case Kind::function:
            return "bytes" + std::to_string(size);
        case Kind::slice:
        case Kind::array: {
            const std::string length = kind == Kind::array ? std::to_string(size) : "";
            const std::string inner = element->element_name();
            return inner == "uint8" ? "bytes" + length : inner + "[" + length + "]";
        }
        case Kind::tuple:
            break;
    }
    return "tuple";
}

AbiType parse_abi_type(std::string_view text, const std::vector<AbiComponent>& components) {
    if (std::ranges::count(text, '[') != std::ranges::count(text, ']'))
        throw AbiError("invalid arg type in abi");
    return parse_type(text, components, 0);
}

}  // namespace baton::codec
