#pragma once

#include "baton/base/big_int.hpp"
#include "baton/base/bytes.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/uuid.hpp"
#include "baton/pg/binary_array.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::pg {

/// The values of $1, $2, ... in text form, but for binary arrays; the server infers the types, or the SQL
/// casts them.
class Params {
  public:
    Params() = default;

    Params& add_null();
    Params& add(std::string_view text);
    Params& add(const char* text) { return add(std::string_view(text)); }
    Params& add(const std::string& text) { return add(std::string_view(text)); }
    Params& add(bool value);
    Params& add(std::int32_t value) { return add(static_cast<std::int64_t>(value)); }
    Params& add(std::uint32_t value) { return add(static_cast<std::int64_t>(value)); }
    Params& add(std::int64_t value);
    Params& add(std::uint64_t value);
    Params& add(const BigInt& value);
    /// bytea
    Params& add(BytesView value);
    Params& add(const Bytes& value) { return add(BytesView(value)); }
    Params& add(const Address& value) { return add(value.view()); }
    Params& add(const Hash& value) { return add(value.view()); }
    Params& add(const Uuid& value);
    Params& add(WallTime value);
    template <typename T>
    Params& add(const std::optional<T>& value) {
        return value ? add(*value) : add_null();
    }

    template <typename Element>
    Params& add(const BinaryArray<Element>& array) {
        return add_binary(array.bytes());
    }

    std::size_t size() const { return values_.size(); }
    bool is_binary(std::size_t index) const { return index < binary_.size() && binary_[index]; }
    const std::vector<std::optional<std::string>>& values() const { return values_; }

  private:
    Params& add_binary(std::string bytes);

    std::vector<std::optional<std::string>> values_;
    /// As long as up to the last binary one.
    std::vector<bool> binary_;
};

/// Builds a PostgreSQL array literal element by element ({...}, quoted as needed), for unnest($1::bigint[])
/// and the like.
class ArrayParam {
  public:
    ArrayParam& add_null();
    ArrayParam& add(std::string_view text);
    ArrayParam& add(const std::string& text) { return add(std::string_view(text)); }
    ArrayParam& add(const char* text) { return add(std::string_view(text)); }
    ArrayParam& add(bool value);
    ArrayParam& add(std::int32_t value) { return add(static_cast<std::int64_t>(value)); }
    ArrayParam& add(std::uint32_t value) { return add(static_cast<std::int64_t>(value)); }
    ArrayParam& add(std::int64_t value);
    ArrayParam& add(const BigInt& value);
    ArrayParam& add(BytesView value);
    ArrayParam& add(const Bytes& value) { return add(BytesView(value)); }
    ArrayParam& add(const Address& value) { return add(value.view()); }
    ArrayParam& add(const Hash& value) { return add(value.view()); }
    ArrayParam& add(const Uuid& value);
    ArrayParam& add(WallTime value);
    template <typename T>
    ArrayParam& add(const std::optional<T>& value) {
        return value ? add(*value) : add_null();
    }
    /// The whole literal, e.g. {1,2,NULL}.
    std::string text() const;

  private:
    ArrayParam& add_raw(std::string_view text);
    std::string body_;
};

}  // namespace baton::pg
