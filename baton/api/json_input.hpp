#pragma once

#include "baton/codec/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baton::api {

/// The JSON body of a request as Go's decoder binds it to a struct (reference/rest-api.md section 1): names
/// match in any case, unknown ones are ignored, what follows the first value is ignored.
class JsonInput {
  public:
    /// `go_type` is the struct's name in error texts, "CreateJobRequest", with its package when that is not
    /// "web". Throws codec::JsonError or
    /// InvalidInput with the decoder's text.
    JsonInput(std::string_view body, std::string go_type);
    /// "" when absent or null. Throws InvalidInput when it is no string.
    std::string text(std::string_view name) const;
    /// 0 when absent or null. Throws InvalidInput for anything but an integer that fits.
    std::uint32_t uint32(std::string_view name) const;
    /// Of a type that reads texts only: nothing when absent or null, `otherwise` is the error for any other
    /// kind.
    std::optional<std::string> quoted(std::string_view name, const std::string& otherwise) const;

  private:
    const codec::Value* find(std::string_view name) const;
    [[noreturn]] void refuse(const std::string& kind, std::string_view name, std::string_view go_kind) const;

    codec::Value value_;
    std::string go_type_;
};

}  // namespace baton::api
