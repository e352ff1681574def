#pragma once

#include "baton/base/error.hpp"
#include "baton/codec/value.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace baton::codec {

/// A type text, argument list, value or byte string that the ABI rules refuse. what() is v1.11.0's text
/// (reference/pipeline.md section 17), with ": bad input for task" only where section 17.2 has it.
class AbiError : public InvalidInput {
  public:
    using InvalidInput::InvalidInput;
};

/// A value for which v1.11.0 aborts the task instead of reporting an error (sections 11.2, 17.2): null, a
/// number for `bytes`, a tuple member that is missing. what() is the abort's message without "goroutine
/// panicked ...".
class AbiAbort : public Error {
  public:
    using Error::Error;
};

struct AbiComponent;

/// A Solidity ABI type (https://docs.soliditylang.org/en/latest/abi-spec.html), immutable once built.
struct AbiType {
    enum class Kind {
        signed_integer,
        unsigned_integer,
        boolean,
        address,
        text,
        bytes,
        fixed_bytes,
        function,
        slice,
        array,
        tuple,
    };
    Kind kind = Kind::boolean;
    /// Bits of integers, bytes of fixed_bytes (and 20, 24 for address, function), elements of array;
    /// otherwise 0.
    std::size_t size = 0;
    /// Of slice and array.
    std::shared_ptr<const AbiType> element;
    /// Of tuple, in order.
    std::vector<AbiComponent> components;
    /// As it stands in signatures: the text it was parsed from, tuples as "(uint256,bool)".
    std::string canonical;

    /// Encoded behind the head, where only its offset stands.
    bool is_dynamic() const;
    /// Bytes in the head.
    std::size_t head_size() const;
    /// Element name of a TypedList of this type: "bigint", "address", "bytes32", "bool[2]" ...
    std::string element_name() const;
};

struct AbiComponent {
    std::string name;
    AbiType type;
};

/// Parses a type text by the loose rules of section 17.1: `uint7` and `uint255x` pass, `uint` does not.
/// Components belong to `tuple` and arrays of it; without them a tuple is empty. Throws AbiError
/// ("unsupported arg type: foo").
AbiType parse_abi_type(std::string_view text, const std::vector<AbiComponent>& components = {});

struct AbiArgument {
    std::string name;
    AbiType type;
    bool indexed = false;
};
using AbiArguments = std::vector<AbiArgument>;

struct AbiSignature {
    /// May be empty.
    std::string name;
    AbiArguments arguments;

    /// "name(type,type)", the text whose Keccak-256 gives selector and topic 0.
    std::string canonical() const;
};

/// "uint256 a, address indexed b"; `indexed` is allowed only if is_log. Throws AbiError ("bad ABI
/// specification ...").
AbiArguments parse_abi_arguments(std::string_view text, bool is_log);
/// "name(uint256 a, bytes data)" (section 17.1). Throws AbiError.
AbiSignature parse_abi_signature(std::string_view text, bool is_log);
/// The JSON object of ethabiencode2 (section 19.13). Argument names may be empty. Throws JsonError, AbiError.
AbiSignature parse_abi_json(std::string_view text);

/// A value that does not convert. `from_kind` is the Go kind that v1.11.0 names in "while converting argument
/// 'a' from <from_kind> to ...".
class AbiConversionError : public AbiError {
  public:
    explicit AbiConversionError(const std::string& text, std::string from_kind = "<nil>")
        : AbiError(text), from_kind_(std::move(from_kind)) {}
    const std::string& from_kind() const { return from_kind_; }

  private:
    std::string from_kind_;
};

/// Section 17.2: the value of the kind that `type` encodes: intN and uintN of 8, 16, 32, 64 bits as that
/// integer, others as BigInt, bytesN as FixedBytesValue, uint8[] as Bytes, other lists as TypedList, tuples
/// as Tuple. Throws AbiConversionError, AbiAbort.
Value abi_convert(const Value& value, const AbiType& type);

/// Encodes values that abi_convert returned (or equal kinds built by hand), one per argument, indexed ones
/// included. Integers are taken modulo 2^256. Throws AbiError for another count or a kind that does not fit
/// its type.
Bytes abi_encode(const AbiArguments& arguments, std::span<const Value> values);

/// Decodes the non-indexed arguments, in order (section 17.3). What one call reads is limited to 1,000,000
/// words, so that nested offsets cannot multiply short data. Throws AbiError.
std::vector<Value> abi_decode(const AbiArguments& arguments, BytesView data);
/// The same by name; of equal names the last wins.
Map abi_decode_map(const AbiArguments& arguments, BytesView data);
/// A log: non-indexed arguments from `data` (left out when it is empty), indexed ones from topics[1..]. Topic
/// 0 is not compared with the signature. Throws AbiError ("topic/field count mismatch").
Map abi_decode_log(const AbiArguments& arguments, BytesView data, std::span<const Hash> topics);

}  // namespace baton::codec
