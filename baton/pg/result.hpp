#pragma once

#include "baton/base/big_int.hpp"
#include "baton/base/bytes.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/uuid.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace baton::pg {

/// One row of a Result; valid as long as the Result. Columns by position from 0. The typed readers throw
/// DatabaseError when the text does not fit the type, or when the value is NULL and the reader is not an
/// optional one.
class Row {
  public:
    bool is_null(int column) const;
    std::string_view text(int column) const;
    std::string str(int column) const { return std::string(text(column)); }
    bool boolean(int column) const;
    std::int32_t int32(int column) const;
    std::int64_t int64(int column) const;
    double float64(int column) const;
    BigInt big(int column) const;
    Bytes bytes(int column) const;
    Address address(int column) const;
    Hash hash(int column) const;
    Uuid uuid(int column) const;
    /// timestamptz (the session's time zone is UTC) or timestamp, read as UTC.
    WallTime time(int column) const;
    /// A one-dimensional array of texts, uuids, numbers ...: its elements as text.
    std::vector<std::optional<std::string>> array(int column) const;

    std::optional<std::string> opt_str(int column) const;
    std::optional<std::int64_t> opt_int64(int column) const;
    std::optional<BigInt> opt_big(int column) const;
    std::optional<Bytes> opt_bytes(int column) const;
    std::optional<Uuid> opt_uuid(int column) const;
    std::optional<WallTime> opt_time(int column) const;

  private:
    friend class Result;
    Row(const pg_result* result, int row) : result_(result), row_(row) {}
    const pg_result* result_;
    int row_;
};

/// The answer to one statement. Movable, owns the memory.
class Result {
  public:
    explicit Result(pg_result* taken);
    Result(Result&&) noexcept;
    Result& operator=(Result&&) noexcept;
    ~Result();

    int size() const;
    bool empty() const { return size() == 0; }
    Row operator[](int row) const { return Row(raw_, row); }
    /// Rows that an INSERT, UPDATE or DELETE touched.
    std::int64_t affected() const;
    /// The command as the server names it: "INSERT 0 1", "COMMIT", "ROLLBACK".
    std::string_view command() const;
    /// For this folder only; stays owned by the result.
    const pg_result* raw() const { return raw_; }

    class Iterator {
      public:
        Iterator(const Result* result, int row) : result_(result), row_(row) {}
        Row operator*() const { return (*result_)[row_]; }
        Iterator& operator++() {
            ++row_;
            return *this;
        }
        bool operator!=(const Iterator& other) const { return row_ != other.row_; }

      private:
        const Result* result_;
        int row_;
    };
    Iterator begin() const { return {this, 0}; }
    Iterator end() const { return {this, size()}; }

  private:
    pg_result* raw_;
};

}  // namespace baton::pg
