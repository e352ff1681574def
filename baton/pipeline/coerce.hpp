#pragma once

#include "baton/base/decimal.hpp"
#include "baton/codec/value.hpp"
#include "baton/pipeline/failure.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace baton::pipeline {

// Section 5 of reference/pipeline.md: from a value of any kind to what a task's parameter needs. Pure;
// failures carry v1.11.0's texts without the parameter's name.

Result<std::string> to_text(const codec::Value& value);

/// Bytes that are a view of the value where they stand in it as they are.
class BytesParam {
  public:
    BytesParam() = default;
    /// The viewed memory outlives this.
    static BytesParam view_of(BytesView bytes);
    static BytesParam owning(Bytes bytes);

    BytesView view() const { return owned_ ? BytesView(*owned_) : view_; }
    Bytes copy() const { return {view().begin(), view().end()}; }
    /// Came from null: no bytes, and no value either.
    bool is_null() const { return is_null_; }

  private:
    std::optional<Bytes> owned_;
    BytesView view_;
    bool is_null_ = true;
};
/// The value outlives the result.
Result<BytesParam> to_bytes_param(const codec::Value& value);

Result<std::uint64_t> to_uint64(const codec::Value& value);
Result<std::optional<std::uint64_t>> to_maybe_uint64(const codec::Value& value);
Result<std::optional<std::int32_t>> to_maybe_int32(const codec::Value& value);
Result<std::optional<BigInt>> to_maybe_big_int(const codec::Value& value);
Result<bool> to_bool(const codec::Value& value);
Result<Decimal> to_decimal_param(const codec::Value& value);
Result<Address> to_address(const codec::Value& value);
/// Nothing for null.
Result<std::optional<std::vector<Address>>> to_addresses(const codec::Value& value);
Result<std::optional<std::vector<Hash>>> to_hashes(const codec::Value& value);
Result<std::optional<std::vector<std::string>>> to_texts(const codec::Value& value);
Result<std::optional<std::vector<Decimal>>> to_decimals(const codec::Value& value);

/// Shared with the value where that is a map already (the merge task changes it in place); nullptr for null.
Result<std::shared_ptr<codec::Map>> to_map(const codec::Value& value);
Result<std::shared_ptr<codec::List>> to_list(const codec::Value& value);

/// Segments of a JSON path; nothing for null (the whole document).
Result<std::optional<std::vector<std::string>>> to_json_path(const codec::Value& value,
                                                             std::string_view separator);

/// A memo object (section 3.4).
Result<codec::Value> to_memo(const codec::Value& value);

}  // namespace baton::pipeline
