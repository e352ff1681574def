#pragma once

#include "baton/base/big_int.hpp"
#include "baton/base/bytes.hpp"
#include "baton/base/error.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace baton::codec {

/// Recursive length prefix (Ethereum yellow paper, appendix B). The bytes are not RLP, or not in its one
/// canonical form.
class RlpError : public InvalidInput {
  public:
    using InvalidInput::InvalidInput;
};

/// Builds one item. Lists are closed in the order they were opened:
///     RlpWriter rlp; rlp.begin_list(); rlp.integer(nonce); rlp.bytes(data); rlp.end_list();
///     send(rlp.finish());
class RlpWriter {
  public:
    RlpWriter& bytes(BytesView value);
    RlpWriter& text(std::string_view value) { return bytes(as_bytes(value)); }
    /// Big-endian without leading zeros; zero is the empty string. REQUIRES: value >= 0.
    RlpWriter& integer(const BigInt& value);
    RlpWriter& integer(std::uint64_t value);
    /// Bytes that are an item already.
    RlpWriter& raw(BytesView item);
    RlpWriter& begin_list();
    /// REQUIRES: an open list.
    RlpWriter& end_list();
    /// What was written. REQUIRES: no open list. Leaves the writer empty.
    Bytes finish();

  private:
    Bytes out_;
    std::vector<std::size_t> open_;
};

/// One item: views into the bytes that were read, which must outlive it.
class RlpItem {
  public:
    bool is_list() const { return is_list_; }
    /// Content without prefix; of a list its items one after the other.
    BytesView payload() const { return payload_; }
    /// With prefix: the item as it stands in the input.
    BytesView raw() const { return raw_; }

    /// Throws RlpError if it is a list.
    BytesView bytes() const;
    /// Throws RlpError for a list and for leading zeros.
    BigInt integer() const;
    /// As integer(); throws RlpError also when it does not fit.
    std::uint64_t uint64() const;
    /// Throws RlpError if it is no list or an item in it is malformed.
    std::vector<RlpItem> items() const;

    /// Exactly one item. Throws RlpError for anything after it, for lengths that reach beyond the end and for
    /// encodings that are longer than need be.
    static RlpItem read(BytesView input);
    /// The first item of `input`, which is moved behind it. Throws RlpError.
    static RlpItem read_first(BytesView& input);

  private:
    bool is_list_ = false;
    BytesView payload_;
    BytesView raw_;
};

}  // namespace baton::codec
