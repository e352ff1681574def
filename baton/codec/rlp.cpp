#include "baton/codec/rlp.hpp"

#include <stdexcept>

namespace baton::codec {

namespace {

constexpr std::uint8_t string_base = 0x80;
constexpr std::uint8_t list_base = 0xC0;
/// Longer payloads have their length behind the first byte.
constexpr std::size_t short_payload = 55;

/// The bytes that stand before a payload of this length.
Bytes prefix(std::uint8_t base, std::size_t length) {
    if (length <= short_payload) return {static_cast<std::uint8_t>(base + length)};
    const Bytes digits = to_big_endian(BigInt(length));
    Bytes out{static_cast<std::uint8_t>(base + short_payload + digits.size())};
    out.insert(out.end(), digits.begin(), digits.end());
    return out;
}

/// Where the payload of the first item lies.
struct Layout {
    bool is_list = false;
    std::size_t prefix = 0;
    std::size_t payload = 0;
};

/// A length of `count` bytes behind the first byte of the item.
std::size_t long_length(BytesView input, std::size_t count) {
    if (input.size() <= count) throw RlpError("RLP: the input ends inside the length of an item");
    if (input[1] == 0) throw RlpError("RLP: a length with leading zeros");
    std::size_t length = 0;
    for (const std::uint8_t byte : input.subspan(1, count))
        length = (length << 8) | byte;
    if (length <= short_payload) throw RlpError("RLP: a length in long form that fits the short one");
    return length;
}

Layout layout_of(BytesView input) {
    if (input.empty()) throw RlpError("RLP: the input ends where an item should begin");
    const std::uint8_t first = input.front();
    if (first < string_base) return {false, 0, 1};
    Layout layout;
    layout.is_list = first >= list_base;
    const std::size_t length = first - (layout.is_list ? list_base : string_base);
    if (length <= short_payload) {
        layout.prefix = 1;
        layout.payload = length;
    } else {
        layout.prefix = 1 + length - short_payload;
        layout.payload = long_length(input, length - short_payload);
    }
    if (layout.payload > input.size() - layout.prefix)
        throw RlpError("RLP: an item reaches beyond the end of the input");
    const bool single = !layout.is_list && layout.payload == 1 && layout.prefix == 1;
    if (single && input[1] < string_base) throw RlpError("RLP: a byte below 0x80 must stand for itself");
    return layout;
}

}  // namespace

RlpWriter& RlpWriter::bytes(BytesView value) {
    if (value.size() != 1 || value.front() >= string_base) {
        raw(prefix(string_base, value.size()));
    }
    return raw(value);
}

RlpWriter& RlpWriter::integer(const BigInt& value) {
    return bytes(to_big_endian(value));
}

RlpWriter& RlpWriter::integer(std::uint64_t value) {
    return integer(BigInt(value));
}

RlpWriter& RlpWriter::raw(BytesView item) {
    out_.insert(out_.end(), item.begin(), item.end());
    return *this;
}

RlpWriter& RlpWriter::begin_list() {
    open_.push_back(out_.size());
    return *this;
}

RlpWriter& RlpWriter::end_list() {
    if (open_.empty()) throw std::logic_error("RLP: end of a list that was not begun");
    const std::size_t begin = open_.back();
    open_.pop_back();
    const Bytes head = prefix(list_base, out_.size() - begin);
    out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(begin), head.begin(), head.end());
    return *this;
}

Bytes RlpWriter::finish() {
    if (!open_.empty()) throw std::logic_error("RLP: a list was not ended");
    return std::exchange(out_, {});
}

BytesView RlpItem::bytes() const {
    if (is_list_) throw RlpError("RLP: a list where a string should be");
    return payload_;
}

BigInt RlpItem::integer() const {
    const BytesView digits = bytes();
    if (!digits.empty() && digits.front() == 0) throw RlpError("RLP: an integer with leading zeros");
    return from_big_endian(digits);
}

std::uint64_t RlpItem::uint64() const {
    const BigInt value = integer();
    if (payload_.size() > sizeof(std::uint64_t)) throw RlpError("RLP: an integer of more than 64 bits");
    return static_cast<std::uint64_t>(value);
}

std::vector<RlpItem> RlpItem::items() const {
    if (!is_list_) throw RlpError("RLP: a string where a list should be");
    std::vector<RlpItem> items;
    for (BytesView rest = payload_; !rest.empty();)
        items.push_back(read_first(rest));
    return items;
}

RlpItem RlpItem::read(BytesView input) {
    RlpItem item = read_first(input);
    if (!input.empty()) throw RlpError("RLP: " + std::to_string(input.size()) + " bytes behind the item");
    return item;
}

RlpItem RlpItem::read_first(BytesView& input) {
    const Layout layout = layout_of(input);
    RlpItem item;
    item.is_list_ = layout.is_list;
    item.payload_ = input.subspan(layout.prefix, layout.payload);
    item.raw_ = input.first(layout.prefix + layout.payload);
    input = input.subspan(item.raw_.size());
    return item;
}

}  // namespace baton::codec
