#include "baton/crypto/gob_text_map.hpp"

#include "baton/base/error.hpp"

#include <algorithm>
#include <limits>

namespace baton::crypto {

namespace {

// Builtin type ids of gob; user types start at 65.
constexpr std::int64_t string_type = 6;
constexpr std::int64_t interface_type = 8;
constexpr std::int64_t first_user_type = 65;
/// Field number of the map type in gob's description of a type.
constexpr std::uint64_t map_field = 4;

class Malformed : public InvalidInput {
  public:
    Malformed() : InvalidInput("malformed gob") {}
};

/// Unsigned numbers below 128 are one byte; larger ones their negated length, then big-endian bytes.
void put_unsigned(Bytes& out, std::uint64_t value) {
    if (value < 128) {
        out.push_back(static_cast<std::uint8_t>(value));
        return;
    }
    Bytes digits;
    for (; value != 0; value >>= 8)
        digits.insert(digits.begin(), static_cast<std::uint8_t>(value));
    out.push_back(static_cast<std::uint8_t>(256 - digits.size()));
    out.insert(out.end(), digits.begin(), digits.end());
}

/// Signed numbers carry the sign in the lowest bit.
void put_signed(Bytes& out, std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    put_unsigned(out, value < 0 ? (~bits << 1 | 1) : bits << 1);
}

void put_text(Bytes& out, std::string_view text) {
    put_unsigned(out, text.size());
    out.insert(out.end(), text.begin(), text.end());
}

/// An interface value: name of its concrete type, id of that type, length of the rest, the value.
void put_interface(Bytes& out, std::string_view text) {
    Bytes value{0};
    put_text(value, text);
    put_text(out, "string");
    put_signed(out, string_type);
    put_unsigned(out, value.size());
    out.insert(out.end(), value.begin(), value.end());
}

void put_message(Bytes& out, const Bytes& message) {
    put_unsigned(out, message.size());
    out.insert(out.end(), message.begin(), message.end());
}

Bytes map_definition() {
    Bytes message;
    put_signed(message, -first_user_type);
    put_unsigned(message, map_field);
    message.push_back(1);  // its common part
    message.push_back(2);  // skips the name, then the id
    put_signed(message, first_user_type);
    message.push_back(0);
    message.push_back(1);  // key
    put_signed(message, interface_type);
    message.push_back(1);  // element
    put_signed(message, interface_type);
    message.push_back(0);
    message.push_back(0);
    return message;
}

class GobReader {
  public:
    explicit GobReader(BytesView bytes) : rest_(bytes) {}

    bool at_end() const { return rest_.empty(); }

    std::uint8_t byte() {
        if (rest_.empty()) throw Malformed();
        const std::uint8_t value = rest_.front();
        rest_ = rest_.subspan(1);
        return value;
    }

    std::uint64_t read_unsigned() {
        const std::uint8_t first = byte();
        if (first < 128) return first;
        const unsigned length = 256U - first;
        if (length > 8) throw Malformed();
        std::uint64_t value = 0;
        for (unsigned i = 0; i < length; ++i)
            value = value << 8 | byte();
        return value;
    }

    std::int64_t read_signed() {
        const std::uint64_t bits = read_unsigned();
        return static_cast<std::int64_t>((bits & 1) != 0 ? ~(bits >> 1) : bits >> 1);
    }

    BytesView take(std::uint64_t count) {
        if (count > rest_.size()) throw Malformed();
        const auto part = rest_.first(count);
        rest_ = rest_.subspan(count);
        return part;
    }

    std::string text() { return std::string(as_text(take(read_unsigned()))); }

    void expect(std::uint8_t value) {
        if (byte() != value) throw Malformed();
    }

  private:
    BytesView rest_;
};

/// The text within an interface value, or nothing when it is of another type (which is skipped).
std::optional<std::string> read_interface(GobReader& reader) {
    const std::string name = reader.text();
    if (name.empty()) return std::nullopt;  // nil
    const std::int64_t type = reader.read_signed();
    GobReader value(reader.take(reader.read_unsigned()));
    if (name != "string" || type != string_type) return std::nullopt;
    value.expect(0);
    return value.text();
}

std::map<std::string, std::string> read_map(GobReader& message) {
    message.expect(0);
    std::map<std::string, std::string> pairs;
    const std::uint64_t count = message.read_unsigned();
    for (std::uint64_t i = 0; i < count; ++i) {
        auto key = read_interface(message);
        auto value = read_interface(message);
        if (key && value) pairs.insert_or_assign(std::move(*key), std::move(*value));
    }
    return pairs;
}

/// Gives the id when the definition describes a map[interface{}]interface{}.
std::optional<std::int64_t> defined_map(GobReader& message, std::int64_t id) {
    if (message.read_unsigned() != map_field) return std::nullopt;
    message.expect(1);
    std::uint8_t field = message.byte();
    if (field == 1) {  // a name, which the map in question has not but might have
        message.text();
        field = message.byte() == 1 ? 2 : 0;
    }
    if (field != 2 || message.read_signed() != id) throw Malformed();
    message.expect(0);
    message.expect(1);
    if (message.read_signed() != interface_type) return std::nullopt;
    message.expect(1);
    if (message.read_signed() != interface_type) return std::nullopt;
    return id;
}

}  // namespace

Bytes encode_gob_text_map(const std::map<std::string, std::string>& pairs) {
    Bytes value;
    put_signed(value, first_user_type);
    value.push_back(0);
    put_unsigned(value, pairs.size());
    for (const auto& [key, text] : pairs) {
        put_interface(value, key);
        put_interface(value, text);
    }
    Bytes out;
    put_message(out, map_definition());
    put_message(out, value);
    return out;
}

std::optional<std::map<std::string, std::string>> decode_gob_text_map(BytesView bytes) {
    try {
        GobReader stream(bytes);
        std::optional<std::int64_t> map_id;
        while (!stream.at_end()) {
            GobReader message(stream.take(stream.read_unsigned()));
            const std::int64_t id = message.read_signed();
            if (id >= 0) return map_id == id ? std::optional(read_map(message)) : std::nullopt;
            if (id == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
            if (const auto defined = defined_map(message, -id)) map_id = defined;
        }
    } catch (const Malformed&) {
    }
    return std::nullopt;
}

}  // namespace baton::crypto
