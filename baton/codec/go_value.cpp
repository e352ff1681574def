#include "baton/codec/go_value.hpp"

#include "baton/codec/json.hpp"
#include "baton/codec/utf8.hpp"

#include <bit>
#include <concepts>
#include <stdexcept>

namespace baton::codec {

namespace {

using DecimalResult = std::variant<Decimal, Decimal::ParseError>;

struct ToDecimal {
    const Value& value;

    DecimalResult operator()(const std::string& text) const { return Decimal::parse(text); }
    DecimalResult operator()(bool) const { return refused(); }
    DecimalResult operator()(std::uint64_t number) const {
        // v1.11.0 passes it through int64.
        return Decimal(BigInt(std::bit_cast<std::int64_t>(number)));
    }
    template <std::integral T>
    DecimalResult operator()(T number) const {
        return Decimal(BigInt(number));
    }
    DecimalResult operator()(float number) const { return Decimal::from_float32(number); }
    DecimalResult operator()(double number) const { return Decimal::from_float(number); }
    DecimalResult operator()(const BigInt& number) const { return Decimal(number); }
    DecimalResult operator()(const CborBignum& number) const { return Decimal(number.value); }
    DecimalResult operator()(const Decimal& number) const { return number; }
    template <typename T>
    requires(!std::integral<T>) DecimalResult operator()(const T&) const { return refused(); }

    DecimalResult refused() const {
        return Decimal::ParseError{"type " + value.go_kind() + " cannot be converted to decimal.Decimal (" +
                                   go_text(value) + ")"};
    }
};

/// Texts in messages need no more than this; it also bounds the recursion.
constexpr int printed_depth = 50;

class Printer {
  public:
    std::string run(const Value& value) {
        print(value);
        return std::move(out_);
    }

  private:
    void print(const Value& value) {
        if (depth_ == printed_depth) {
            out_ += "...";
            return;
        }
        ++depth_;
        value.visit([this](const auto& held) { put(held); });
        --depth_;
    }

    void put(const Null&) { out_ += "<nil>"; }
    void put(bool value) { out_ += value ? "true" : "false"; }
    void put(const std::string& text) { out_ += text; }
    template <std::integral T>
    void put(T value) {
        out_ += std::to_string(value);
    }
    void put(float value) { out_ += go_float_text(value); }
    void put(double value) { out_ += go_float_text(value); }
    void put(const BigInt& value) { out_ += to_decimal(value); }
    void put(const CborBignum& value) { out_ += "{" + to_decimal(value.value) + "}"; }
    void put(const Decimal& value) {
        try {
            out_ += value.to_string();
        } catch (const std::overflow_error& error) {
            out_ += error.what();
        }
    }
    void put(const Address& address) { out_ += to_0x(address.view()); }
    void put(const Hash& hash) { out_ += to_0x(hash.view()); }
    void put(const WallTime& time) { out_ += to_go_time(time); }
    void put(const ErrorValue& error) { out_ += error.text; }
    void put(const FixedBytesValue& value) { put(value.bytes); }
    void put(const Bytes& bytes) {
        out_ += '[';
        for (std::size_t i = 0; i < bytes.size(); ++i)
            out_ += (i == 0 ? "" : " ") + std::to_string(bytes[i]);
        out_ += ']';
    }
    void put(const List& list) {
        out_ += '[';
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (i > 0) out_ += ' ';
            print(list[i]);
        }
        out_ += ']';
    }
    void put(const std::shared_ptr<List>& list) { put(*list); }
    void put(const std::shared_ptr<TypedList>& list) { put(list->items); }
    template <typename Members>
    void put_members(const Members& members) {
        out_ += "map[";
        bool first = true;
        for (const auto& [key, member] : members) {
            if (!std::exchange(first, false)) out_ += ' ';
            print(key);
            out_ += ':';
            print(member);
        }
        out_ += ']';
    }
    void put(const std::shared_ptr<Map>& map) { put_members(*map); }
    void put(const std::shared_ptr<GenericMap>& map) { put_members(map->members); }
    void put(const std::shared_ptr<Tuple>& tuple) {
        out_ += '{';
        bool first = true;
        for (const auto& [name, member] : tuple->members) {
            if (!std::exchange(first, false)) out_ += ' ';
            print(member);
        }
        out_ += '}';
    }
    void put(const std::shared_ptr<MemoObject>& memo) {
        try {
            out_ += write_json(memo->inner);
        } catch (const JsonUnsupported& unsupported) {
            out_ += unsupported.what();
        }
    }

    std::string out_;
    int depth_ = 0;
};

void append_hex(std::string& out, std::string_view prefix, std::uint32_t value, int digits) {
    constexpr std::string_view hex = "0123456789abcdef";
    out += prefix;
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
        out += hex[(value >> shift) & 15];
}

/// True if the ASCII character was written as an escape.
bool append_go_escape(std::string& out, char c) {
    constexpr std::string_view named = "\a\b\t\n\v\f\r\\\"";
    constexpr std::string_view letters = "abtnvfr\\\"";
    const auto name = named.find(c);
    if (name != std::string_view::npos) {
        out += {'\\', letters[name]};
        return true;
    }
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) return false;
    append_hex(out, "\\x", static_cast<unsigned char>(c), 2);
    return true;
}

}  // namespace

DecimalResult value_to_decimal(const Value& value) {
    return value.visit(ToDecimal{value});
}

std::optional<bool> parse_go_bool(std::string_view text) {
    for (const std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"}) {
        if (text == yes) return true;
    }
    for (const std::string_view no : {"0", "f", "F", "FALSE", "false", "False"}) {
        if (text == no) return false;
    }
    return std::nullopt;
}

std::string go_text(const Value& value) {
    return Printer().run(value);
}

std::string go_quote(std::string_view text) {
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Step step = next_utf8(text, at);
        if (!step.valid) {
            append_hex(out, "\\x", static_cast<unsigned char>(text[at]), 2);
        } else if (step.length > 1 || !append_go_escape(out, text[at])) {
            out += text.substr(at, step.length);
        }
        at += step.length;
    }
    return out + "\"";
}

}  // namespace baton::codec
