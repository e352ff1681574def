#include "baton/base/big_int.hpp"
#include "baton/codec/abi.hpp"
#include "baton/codec/go_value.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace baton::codec {

namespace {

using Kind = AbiType::Kind;

constexpr std::size_t word = 32;
/// What may be read of data of that many bytes. Data that were encoded as usual have a place for each word;
/// where many offsets point to the same place, a few hundred bytes would else keep the thread busy for a
/// second.
std::size_t most_words(std::size_t bytes) {
    constexpr std::size_t always = 10'000;
    constexpr std::size_t times_its_own = 64;
    constexpr std::size_t most = 1'000'000;
    return std::min(most, always + times_its_own * (bytes / word));
}

std::uint64_t low_64_bits(BytesView bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes.last(8))
        value = (value << 8) | byte;
    return value;
}

Value read_integer(BytesView bytes, const AbiType& type) {
    const bool is_signed = type.kind == Kind::signed_integer;
    const std::uint64_t low = low_64_bits(bytes);
    switch (type.size) {
        case 8:
            return is_signed ? Value(static_cast<std::int8_t>(low)) : Value(static_cast<std::uint8_t>(low));
        case 16:
            return is_signed ? Value(static_cast<std::int16_t>(low)) : Value(static_cast<std::uint16_t>(low));
        case 32:
            return is_signed ? Value(static_cast<std::int32_t>(low)) : Value(static_cast<std::uint32_t>(low));
        case 64:
            return is_signed ? Value(std::bit_cast<std::int64_t>(low)) : Value(low);
        default:
            break;
    }
    BigInt number = from_big_endian(bytes);
    if (is_signed && bytes.front() >= 0x80) number -= BigInt(1) << 256;
    return number;
}

Value read_boolean(BytesView bytes) {
    const bool zeros =
        std::ranges::all_of(bytes.first(word - 1), [](std::uint8_t byte) { return byte == 0; });
    if (!zeros || bytes.back() > 1) throw AbiError("abi: improperly encoded boolean value");
    return bytes.back() == 1;
}

std::string byte_list(BytesView bytes) {
    return go_text(Bytes(bytes.begin(), bytes.end()));
}

bool is_zero(BytesView bytes) {
    return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

Value read_function(BytesView bytes) {
    if (!is_zero(bytes.last(8))) {
        throw AbiError("abi: got improperly encoded function type, got " + byte_list(bytes));
    }
    return FixedBytesValue{Bytes(bytes.begin(), bytes.begin() + 24)};
}

/// Arrays within arrays: so many steps it takes to name and to measure one.
std::size_t levels(const AbiType& type) {
    std::size_t count = 0;
    for (const AbiType* at = &type; at->element != nullptr; at = at->element.get())
        ++count;
    return count;
}

/// Reads values out of one byte string; `data` arguments are views of it, from where offsets count.
class Decoder {
  public:
    /// Of so many bytes.
    explicit Decoder(std::size_t bytes) : most_(most_words(bytes)) {}

    Value read(BytesView data, std::size_t at, const AbiType& type) {
        if (at > data.size() || data.size() - at < word) {
            throw AbiError("abi: cannot marshal in to go type: length insufficient " +
                           std::to_string(data.size()) + " require " + std::to_string(at + word));
        }
        spend(1);
        const BytesView head = data.subspan(at, word);
        switch (type.kind) {
            case Kind::signed_integer:
            case Kind::unsigned_integer:
                return read_integer(head, type);
            case Kind::boolean:
                return read_boolean(head);
            case Kind::address:
                return address_from(head.last(Address::size()));
            case Kind::text:
                return std::string(as_text(content(data, head)));
            case Kind::bytes: {
                const BytesView bytes = content(data, head);
                return Bytes(bytes.begin(), bytes.end());
            }
            case Kind::fixed_bytes:
                return read_fixed(head, type);
            case Kind::function:
                return read_function(head);
            case Kind::slice:
                return read_slice(data, head, type);
            case Kind::array:
                return read_array(data, at, type);
            case Kind::tuple:
                return read_tuple(type.is_dynamic() ? data.subspan(offset(data, head)) : data.subspan(at),
                                  type);
        }
        return {};
    }

  private:
    /// Counts what was read, so that offsets that point to the same place again and again come to an end.
    void spend(std::size_t words) {
        if (words > left_)
            throw AbiError("abi: the data describes more than " + std::to_string(most_) + " words");
        left_ -= words;
    }

    static Value read_fixed(BytesView head, const AbiType& type) {
        if (type.size > word) {
            throw AbiAbort("runtime error: slice bounds out of range [:" + std::to_string(type.size) +
                           "] with capacity 32");
        }
        return FixedBytesValue{Bytes(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(type.size))};
    }

    /// The offset that a head word holds, inside the data.
    static std::size_t offset(BytesView data, BytesView head) {
        const BigInt value = from_big_endian(head);
        if (value > data.size()) refuse_offset(value, data);
        return static_cast<std::size_t>(value);
    }

    [[noreturn]] static void refuse_offset(const BigInt& end, BytesView data) {
        throw AbiError("abi: cannot marshal in to go slice: offset " + to_decimal(end) +
                       " would go over slice boundary (len=" + std::to_string(data.size()) + ")");
    }

    /// Place and value of the length word that a head word points to. The value fits in the data if it counts
    /// bytes.
    struct Length {
        std::size_t begin;
        std::size_t length;
    };
    static Length length_at(BytesView data, BytesView head) {
        const BigInt end = from_big_endian(head) + word;
        if (end > data.size()) refuse_offset(end, data);
        const auto begin = static_cast<std::size_t>(end);
        const BigInt length = from_big_endian(data.subspan(begin - word, word));
        const BigInt total = end + length;
        if (total > std::numeric_limits<std::int64_t>::max()) {
            throw AbiError("abi: length larger than int64: " + to_decimal(total));
        }
        if (total > data.size()) {
            throw AbiError("abi: cannot marshal in to go type: length insufficient " +
                           std::to_string(data.size()) + " require " + to_decimal(total));
        }
        return {begin, static_cast<std::size_t>(length)};
    }

    BytesView content(BytesView data, BytesView head) {
        const Length place = length_at(data, head);
        spend(place.length / word);
        return data.subspan(place.begin, place.length);
    }

    Value read_slice(BytesView data, BytesView head, const AbiType& type) {
        const Length place = length_at(data, head);
        return read_items(data.subspan(place.begin), place.length, type);
    }

    Value read_array(BytesView data, std::size_t at, const AbiType& type) {
        if (!type.element->is_dynamic()) return read_items(data.subspan(at), type.size, type);
        const std::uint64_t begin = low_64_bits(data.subspan(at, word));
        if (begin > data.size()) {
            throw AbiError("abi: toGoType offset greater than output length: offset: " +
                           std::to_string(begin) + ", len(output): " + std::to_string(data.size()));
        }
        return read_items(data.subspan(begin), type.size, type);
    }

    Value read_items(BytesView data, std::size_t count, const AbiType& type) {
        if (count > data.size() / word) {
            throw AbiError("abi: cannot marshal into go array: offset " + std::to_string(data.size()) +
                           " would go over slice boundary (len=" + std::to_string(count * word) + ")");
        }
        spend(levels(type));
        const std::size_t step = type.element->head_size();
        const std::string element = type.element->element_name();
        List items;
        for (std::size_t i = 0; i < count; ++i)
            items.push_back(read(data, i * step, *type.element));
        if (element != "uint8") {
            return Value::typed_list(element, std::move(items), type.kind == Kind::array ? type.size : 0);
        }
        Bytes bytes;
        for (const Value& item : items)
            bytes.push_back(*item.get_if<std::uint8_t>());
        if (type.kind == Kind::slice) return bytes;
        return FixedBytesValue{std::move(bytes)};
    }

    Value read_tuple(BytesView data, const AbiType& type) {
        std::vector<std::pair<std::string, Value>> members;
        std::size_t at = 0;
        for (const AbiComponent& component : type.components) {
            members.emplace_back(component.name, read(data, at, component.type));
            at += component.type.head_size();
        }
        return Value::tuple(std::move(members));
    }

    std::size_t most_;
    std::size_t left_ = most_;
};

Value read_topic(const Hash& topic, const AbiType& type) {
    switch (type.kind) {
        case Kind::tuple:
            throw AbiError("tuple type in topic reconstruction");
        case Kind::text:
        case Kind::bytes:
        case Kind::slice:
        case Kind::array:
            return topic;
        case Kind::function:
            if (!is_zero(topic.view().first(8))) {
                throw AbiError("bind: got improperly encoded function type, got " + byte_list(topic.view()));
            }
            return FixedBytesValue{Bytes(topic.bytes.begin() + 8, topic.bytes.end())};
        default:
            return Decoder(topic.view().size()).read(topic.view(), 0, type);
    }
}

/// Calls `use` with each non-indexed argument and its value.
template <typename F>
void decode(const AbiArguments& arguments, BytesView data, F&& use) {
    Decoder decoder(data.size());
    std::size_t at = 0;
    for (const AbiArgument& argument : arguments) {
        if (argument.indexed) continue;
        if (data.empty()) {
            throw AbiError("abi: attempting to unmarshall an empty string while arguments are expected");
        }
        use(argument, decoder.read(data, at, argument.type));
        at += argument.type.head_size();
    }
}

}  // namespace

std::vector<Value> abi_decode(const AbiArguments& arguments, BytesView data) {
    std::vector<Value> values;
    decode(arguments, data, [&](const AbiArgument&, Value value) { values.push_back(std::move(value)); });
    return values;
}

Map abi_decode_map(const AbiArguments& arguments, BytesView data) {
    Map values;
    decode(arguments, data, [&](const AbiArgument& argument, Value value) {
        values.insert_or_assign(argument.name, std::move(value));
    });
    return values;
}

Map abi_decode_log(const AbiArguments& arguments, BytesView data, std::span<const Hash> topics) {
    Map values = data.empty() ? Map() : abi_decode_map(arguments, data);
    const auto indexed = static_cast<std::size_t>(std::ranges::count(arguments, true, &AbiArgument::indexed));
    if (indexed == 0) return values;
    if (topics.size() != indexed + 1) throw AbiError("topic/field count mismatch");
    auto topic = topics.begin() + 1;
    for (const AbiArgument& argument : arguments) {
        if (argument.indexed) values.insert_or_assign(argument.name, read_topic(*topic++, argument.type));
    }
    return values;
}

}  // namespace baton::codec
