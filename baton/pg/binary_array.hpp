#pragma once

#include "baton/base/clock.hpp"
#include "baton/base/uuid.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace baton::pg {

/// What the elements of a BinaryArray are: the type's fixed number in the catalogue (pg_type.dat), and how a
/// value is written in its binary form.
namespace element {

struct Int4 {
    using Value = std::int32_t;
    static constexpr std::uint32_t oid = 23;
    static void append(std::string& out, Value value);
};
struct Int8 {
    using Value = std::int64_t;
    static constexpr std::uint32_t oid = 20;
    static void append(std::string& out, Value value);
};
/// Throws InvalidInput for a text with a zero byte.
struct Text {
    using Value = std::string;
    static constexpr std::uint32_t oid = 25;
    static void append(std::string& out, const Value& value);
};
/// A JSON text, for jsonb.
struct Json {
    using Value = std::string;
    static constexpr std::uint32_t oid = 3802;
    static void append(std::string& out, const Value& value);
};
struct Bytea {
    using Value = Bytes;
    static constexpr std::uint32_t oid = 17;
    static void append(std::string& out, const Value& value);
};
struct UuidValue {
    using Value = Uuid;
    static constexpr std::uint32_t oid = 2950;
    static void append(std::string& out, const Value& value);
};
/// Throws InvalidInput for a time that PostgreSQL cannot store.
struct Time {
    using Value = WallTime;
    static constexpr std::uint32_t oid = 1184;
    static void append(std::string& out, const Value& value);
};

}  // namespace element

/// Builds an array in PostgreSQL's binary form element by element. Reading it costs the server much less than
/// the text of an ArrayParam, which counts where a statement carries many values. REQUIRES: the SQL casts the
/// parameter to exactly this type, e.g. unnest($1::uuid[]) for BinaryArray<element::UuidValue>.
template <typename Element>
class BinaryArray {
  public:
    void add(const typename Element::Value& value) {
        const auto at = elements_.size();
        put_int32(elements_, 0);
        Element::append(elements_, value);
        set_length(elements_, at);
        ++count_;
    }
    void add_null() {
        put_int32(elements_, -1);
        has_null_ = true;
        ++count_;
    }
    void add(const std::optional<typename Element::Value>& value) {
        if (value) {
            add(*value);
        } else {
            add_null();
        }
    }
    std::int32_t count() const { return count_; }
    /// Header, dimension and elements, as array_recv of the server reads them.
    std::string bytes() const {
        std::string out;
        out.reserve(20 + elements_.size());
        put_int32(out, count_ > 0 ? 1 : 0);
        put_int32(out, has_null_ ? 1 : 0);
        put_int32(out, static_cast<std::int32_t>(Element::oid));
        if (count_ == 0) return out;
        put_int32(out, count_);
        put_int32(out, 1);  // the first index
        return out += elements_;
    }

  private:
    static void put_int32(std::string& out, std::int32_t value) { element::Int4::append(out, value); }
    /// Of the element whose length stands at `at` and that ends where the text ends.
    static void set_length(std::string& out, std::size_t at) {
        std::string length;
        put_int32(length, static_cast<std::int32_t>(out.size() - at - 4));
        out.replace(at, 4, length);
    }

    std::string elements_;
    std::int32_t count_ = 0;
    bool has_null_ = false;
};

}  // namespace baton::pg
