#include "baton/pg/result.hpp"

#include "baton/pg/error.hpp"
#include "baton/pg/text_format.hpp"

#include <libpq-fe.h>

#include <charconv>
#include <utility>

namespace baton::pg {

namespace {

[[noreturn]] void unreadable(const pg_result* result, int column, const std::string& as) {
    const char* name = PQfname(result, column);
    // Not the value: it may be a secret.
    throw DatabaseError("column " + std::to_string(column) + " (\"" + (name ? name : "missing") +
                        "\") of a query cannot be read as " + as);
}

template <typename T>
T number(const Row& row, const pg_result* result, int column, const char* as) {
    const auto text = row.text(column);
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) unreadable(result, column, as);
    return value;
}

}  // namespace

bool Row::is_null(int column) const {
    if (column < 0 || column >= PQnfields(result_))
        unreadable(result_, column, "anything, it does not exist");
    return PQgetisnull(result_, row_, column) != 0;
}

std::string_view Row::text(int column) const {
    if (is_null(column)) unreadable(result_, column, "a value, it is NULL");
    return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

bool Row::boolean(int column) const {
    const auto value = text(column);
    if (value != "t" && value != "f") unreadable(result_, column, "a truth value");
    return value == "t";
}

std::int32_t Row::int32(int column) const {
    return number<std::int32_t>(*this, result_, column, "a 32-bit integer");
}
std::int64_t Row::int64(int column) const {
    return number<std::int64_t>(*this, result_, column, "a 64-bit integer");
}
double Row::float64(int column) const {
    return number<double>(*this, result_, column, "a floating-point number");
}

BigInt Row::big(int column) const {
    auto value = parse_decimal_integer(text(column));
    if (!value) unreadable(result_, column, "an integer");
    return std::move(*value);
}

Bytes Row::bytes(int column) const {
    const auto value = text(column);
    auto decoded = value.starts_with("\\x") ? from_hex(value.substr(2)) : std::nullopt;
    if (!decoded) unreadable(result_, column, "bytes");
    return std::move(*decoded);
}

Address Row::address(int column) const {
    const auto value = bytes(column);
    if (value.size() != Address::size()) unreadable(result_, column, "an address");
    return address_from(value);
}

Hash Row::hash(int column) const {
    const auto value = bytes(column);
    if (value.size() != Hash::size()) unreadable(result_, column, "a hash");
    return hash_from(value);
}

Uuid Row::uuid(int column) const {
    const auto value = Uuid::parse(text(column));
    if (!value) unreadable(result_, column, "a UUID");
    return *value;
}

WallTime Row::time(int column) const {
    const auto value = parse_timestamp(text(column));
    if (!value) unreadable(result_, column, "a time");
    return *value;
}

std::vector<std::optional<std::string>> Row::array(int column) const {
    auto value = parse_array(text(column));
    if (!value) unreadable(result_, column, "a one-dimensional array");
    return std::move(*value);
}

std::optional<std::string> Row::opt_str(int column) const {
    return is_null(column) ? std::nullopt : std::optional(str(column));
}
std::optional<std::int64_t> Row::opt_int64(int column) const {
    return is_null(column) ? std::nullopt : std::optional(int64(column));
}
std::optional<BigInt> Row::opt_big(int column) const {
    return is_null(column) ? std::nullopt : std::optional(big(column));
}
std::optional<Bytes> Row::opt_bytes(int column) const {
    return is_null(column) ? std::nullopt : std::optional(bytes(column));
}
std::optional<Uuid> Row::opt_uuid(int column) const {
    return is_null(column) ? std::nullopt : std::optional(uuid(column));
}
std::optional<WallTime> Row::opt_time(int column) const {
    return is_null(column) ? std::nullopt : std::optional(time(column));
}

Result::Result(pg_result* taken) : raw_(taken) {}
Result::Result(Result&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
Result& Result::operator=(Result&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
}
Result::~Result() {
    PQclear(raw_);
}

int Result::size() const {
    return PQntuples(raw_);
}

std::int64_t Result::affected() const {
    const std::string_view count = PQcmdTuples(raw_);
    std::int64_t value = 0;
    std::from_chars(count.data(), count.data() + count.size(), value);
    return value;
}

std::string_view Result::command() const {
    return PQcmdStatus(raw_);
}

}  // namespace baton::pg
