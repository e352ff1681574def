#pragma once

#include "baton/base/error.hpp"

#include <string>
#include <vector>

namespace baton::api {

/// Ends a request with an error document: {"errors":[{"detail":"..."}]}. The only error that knows a status
/// code.
class Problem : public Error {
  public:
    Problem(unsigned status, const std::string& detail) : Error(detail), status_(status) {}
    unsigned status() const { return status_; }

  private:
    unsigned status_;
};

/// A write arrived at an instance that does not lead, and was not done.
class NotLeading : public Error {
  public:
    explicit NotLeading(const std::string& why_not_passed_on = "") : Error(why_not_passed_on) {}
};

}  // namespace baton::api
