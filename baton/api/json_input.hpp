#pragma once

#include "baton/codec/value.hpp"

#include <string>
#include <string_view>

namespace baton::api {

/// The JSON body of a request as Go's decoder binds it to a struct (reference/rest-api.md section 1): names
/// match in any case, unknown ones are ignored, what follows the first value is ignored.
class JsonInput {
  public:
    /// `go_type` is the struct's name in error texts, e.g. "CreateJobRequest". Throws codec::JsonError or
    /// InvalidInput with the decoder's text.
    JsonInput(std::string_view body, std::string go_type);
    /// "" when absent or null. Throws InvalidInput when it is no string.
    std::string text(std::string_view name) const;

  private:
    codec::Value value_;
    std::string go_type_;
};

}  // namespace baton::api
