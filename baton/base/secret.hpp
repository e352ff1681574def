#pragma once

#include "baton/base/bytes.hpp"

#include <string>

namespace baton {

/// Text or bytes that must never be printed: wiped when destroyed, no stream operator, no implicit conversion
/// (G7).
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}
    explicit Secret(BytesView value) : value_(value.begin(), value.end()) {}
    Secret(const Secret&) = default;
    Secret(Secret&&) = default;
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other);
    ~Secret();

    bool empty() const { return value_.empty(); }
    /// The only ways to read it; the name makes each place easy to find.
    const std::string& reveal() const { return value_; }
    BytesView reveal_bytes() const { return as_bytes(value_); }

  private:
    std::string value_;
};

/// Overwrites all memory that the value holds and leaves it empty; the compiler cannot leave it out. For
/// secrets that pass through a plain buffer on their way into a Secret.
void wipe(std::string& text);
void wipe(Bytes& bytes);

}  // namespace baton
