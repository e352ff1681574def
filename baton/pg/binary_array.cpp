#include "baton/pg/binary_array.hpp"

#include "baton/pg/text_format.hpp"

namespace baton::pg::element {

namespace {

/// In network order.
template <typename Integer>
void append_integer(std::string& out, Integer value) {
    for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8)
        out += static_cast<char>(value >> shift);
}

}  // namespace

void Int4::append(std::string& out, Value value) {
    append_integer(out, value);
}
void Int8::append(std::string& out, Value value) {
    append_integer(out, value);
}
void Text::append(std::string& out, const Value& value) {
    require_no_zero_byte(value);
    out += value;
}
void Json::append(std::string& out, const Value& value) {
    out += '\x01';  // the version of this form
    Text::append(out, value);
}
void Bytea::append(std::string& out, const Value& value) {
    out.append(value.begin(), value.end());
}
void UuidValue::append(std::string& out, const Value& value) {
    out.append(value.bytes.begin(), value.bytes.end());
}
void Time::append(std::string& out, const Value& value) {
    require_storable(value);
    constexpr WallTime epoch = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);
    Int8::append(out, (value - epoch).count());
}

}  // namespace baton::pg::element
