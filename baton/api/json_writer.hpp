#pragma once

#include "baton/base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baton::api {

/// Writes a JSON document from front to back, without building values first: answers of webhook runs are made
/// thousands of times per second. Members keep the order in which they are written. The caller sees to the
/// nesting.
class JsonWriter {
  public:
    JsonWriter& begin_object() { return open('{'); }
    JsonWriter& end_object() { return close('}'); }
    JsonWriter& begin_array() { return open('['); }
    JsonWriter& end_array() { return close(']'); }
    /// REQUIRES: `name` needs no escaping.
    JsonWriter& key(std::string_view name);

    /// Escaped as Go does.
    JsonWriter& text(std::string_view value);
    JsonWriter& null() { return raw("null"); }
    JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
    JsonWriter& integer(std::int64_t value) { return raw(std::to_string(value)); }
    /// RFC 3339 in UTC.
    JsonWriter& time(WallTime value) { return text(to_rfc3339(value)); }
    /// Text that is JSON already.
    JsonWriter& raw(std::string_view json);

    JsonWriter& text_or_null(const std::optional<std::string>& value) {
        return value ? text(*value) : null();
    }
    JsonWriter& time_or_null(const std::optional<WallTime>& value) { return value ? time(*value) : null(); }

    std::string take() { return std::move(out_); }

  private:
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    void separate();

    std::string out_;
    /// A value of the same object or array stands before the next one.
    bool after_value_ = false;
};

}  // namespace baton::api
